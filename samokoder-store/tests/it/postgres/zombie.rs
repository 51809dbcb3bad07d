use std::{path::Path, process::Command};

use samokoder_core::{
    id::{BranchId, ProjectId},
    store::{Branch, Scope, Seq, StateStore},
};
use samokoder_store::PostgresStore;

use super::fixture::{Database, log, note, notes};
use crate::sqlite::child;

const ROUNDS: usize = 5;

/// The same branch in both processes.
fn branch() -> Branch {
    Branch {
        scope: Scope::default(),
        project: ProjectId::derive(["library"]),
        id: BranchId::derive(["main"]),
    }
}

fn signal(name: &str, process: &str) {
    assert!(Command::new("kill").args([name, process]).status().unwrap().success());
}

/// Appends until it may not any more, and says why.
#[tokio::test]
async fn child_appends_until_it_may_not_on_postgres() {
    let Some(url) = child::file() else { return };
    let store = PostgresStore::open(url.to_str().unwrap()).await.unwrap();
    let lease = store.acquire(&branch()).await.unwrap();
    let mut head = store.info(&branch()).await.unwrap().head;
    loop {
        match store.append(&lease, head, notes("the child's")).await {
            Ok(seq) => head = seq,
            Err(error) => return child::say(format_args!("{:?}", error.kind)),
        }
        child::say(std::process::id());
    }
}

#[tokio::test]
async fn a_process_that_was_stopped_and_wakes_after_its_lease_can_not_write_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let store = database.store().await;
    store.create(&branch()).await.unwrap();
    for round in 0..ROUNDS {
        let name = "postgres::zombie::child_appends_until_it_may_not_on_postgres";
        let mut running = child::start(&[], name, Path::new(&database.0));
        let mut process = running.hear().unwrap();
        for _ in 0..round * 3 {
            process = running.hear().unwrap();
        }
        // Somewhere in an append, which may have locked the branch.
        signal("-STOP", &process);
        database.let_leases_run_out().await;
        let lease = store.acquire(&branch()).await.unwrap();
        let head = store.info(&branch()).await.unwrap().head;
        store.append(&lease, head, notes(format!("ours {round}"))).await.unwrap();
        signal("-CONT", &process);
        let mut last = process;
        while let Some(said) = running.hear() {
            last = said;
        }
        assert_eq!(last, "Fenced");
        assert!(running.passed());
        let records = log(&store, &branch()).await.unwrap();
        assert_eq!(records.len() as u64, head.0 + 1, "the child wrote after ours");
        assert_eq!(records.last(), Some(&note(format!("ours {round}"))));
        drop(lease);
        store.close().await.unwrap();
    }
    assert!(store.info(&branch()).await.unwrap().head > Seq(ROUNDS as u64 * 2));
}
