use std::{fs, path::Path};

use samokoder_core::store::{Seq, StateStore, StoreErrorKind};
use samokoder_store::PostgresStore;
use tokio::task::JoinSet;

use super::fixture::{Database, branch, leased, log, note, notes};

/// The migrations, the oldest first.
fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/postgres/migrations");
    let count = fs::read_dir(&folder).unwrap().count();
    (1..=count).map(|n| fs::read_to_string(folder.join(format!("{n}.sql"))).unwrap()).collect()
}

/// Makes tables of an earlier form.
async fn make(database: &Database, form: usize) {
    if form == 0 {
        return;
    }
    let made = "CREATE TABLE samokoder_form (form BIGINT NOT NULL); INSERT INTO samokoder_form VALUES";
    database.run(&format!("{made} ({form})")).await;
    for migration in &migrations()[..form] {
        database.run(migration).await;
    }
}

#[tokio::test]
async fn every_earlier_form_becomes_the_newest_on_postgres() {
    for form in 0..=migrations().len() {
        let Some(database) = Database::new().await else { return };
        make(&database, form).await;
        let store = database.store().await;
        let newest = i64::try_from(migrations().len()).unwrap();
        assert_eq!(database.number("SELECT form FROM samokoder_form").await, newest);
        let (branch, lease) = leased(&store).await;
        store.append(&lease, Seq::START, notes("a")).await.unwrap();
        assert_eq!(log(&store, &branch).await.unwrap(), [note("a")]);
        assert_eq!(store.project(&branch).await.unwrap().summary.version, Seq(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_new_database_at_once_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let opening: JoinSet<_> = (0..8)
        .map(|_| {
            let database = database.clone();
            async move { database.store().await.create(&branch()).await }
        })
        .collect();
    for opened in opening.join_all().await {
        opened.unwrap();
    }
    assert_eq!(database.number("SELECT count(*) FROM branch").await, 8);
}

#[tokio::test]
async fn a_newer_form_is_refused_on_postgres() {
    let Some(database) = Database::new().await else { return };
    database.store().await;
    database.run("UPDATE samokoder_form SET form = 1000").await;
    let error = PostgresStore::open(&database.0).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::NewerFormat, "{error}");
    assert!(error.message.contains("update samokoder"), "{error}");
    assert_eq!(database.number("SELECT form FROM samokoder_form").await, 1000);
}

#[tokio::test]
async fn tables_of_another_program_are_left_alone_on_postgres() {
    let Some(database) = Database::new().await else { return };
    database.run("CREATE TABLE branch (x INT)").await;
    let error = PostgresStore::open(&database.0).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(error.message.contains("another program"), "{error}");
    // In a schema of its own there is room.
    database.run("CREATE SCHEMA ours").await;
    let url = format!("{}&options=-csearch_path%3Dours", database.0);
    PostgresStore::open(&url).await.unwrap().create(&branch()).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM ours.branch").await, 1);
    assert_eq!(database.number("SELECT count(*) FROM public.branch").await, 0);
}

#[tokio::test]
async fn what_can_not_be_opened_is_said_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let (server, _) = database.0.split_once("/test_").unwrap();
    let (_, parameters) = database.0.split_once('?').unwrap();
    let missing = PostgresStore::open(&format!("{server}/no_such_database?{parameters}")).await.unwrap_err();
    assert_eq!(missing.kind, StoreErrorKind::NotFound, "{missing}");
    database.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0").await;
    let latin = PostgresStore::open(&format!("{server}/latin?{parameters}")).await.unwrap_err();
    assert!(latin.message.contains("LATIN1"), "{latin}");
    database.run("DROP DATABASE latin WITH (FORCE)").await;
}
