//! The abuse suite on every backend. `cargo test -- abuse --nocapture` shows the tables.

use std::sync::Arc;

use samokoder_core::{sandbox::Sandbox, testing::sandbox::Verdict};
use samokoder_sandbox::suite::{Suite, cases, clauses};

use crate::{owner, support};

/// A broker that lets nobody out has nothing that could be got round.
#[cfg(feature = "remote")]
pub(crate) const NO_HOSTS: &[u8] = &[45];

/// Tries every case: those in `refused` the sandbox refuses, the others hold.
#[expect(clippy::print_stderr, reason = "shown with --nocapture: the table")]
pub(crate) async fn every_case_holds(sandbox: Arc<dyn Sandbox>, backend: &str, refused: &[u8]) {
    let suite = Suite::new(sandbox).owner_process(owner::process(backend));
    let mut wrong = Vec::new();
    for case in cases() {
        let row = suite.judge(case).await;
        let right = match row.verdict {
            Verdict::Pass => !refused.contains(&row.number),
            Verdict::Unsupported(_) => refused.contains(&row.number),
            Verdict::Fail(_) => false,
        };
        eprintln!("{backend} {:>2} {:?} ({:?}) {}", row.number, row.verdict, row.duration, row.name);
        if !right {
            wrong.push(row);
        }
    }
    assert!(wrong.is_empty(), "on {backend}: {wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_on_local() {
    every_case_holds(Arc::new(support::bare_sandbox()), "local", &[]).await;
}

#[cfg(feature = "remote")]
#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_behind_a_broker() {
    let served = crate::remote::Served::start(|broker| broker);
    let socket = served.path().display().to_string();
    every_case_holds(Arc::new(served.sandbox()), &socket, NO_HOSTS).await;
}

#[test]
fn the_documentation_has_every_clause_and_every_case() {
    let Ok(page) = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/sandbox.md")) else {
        // A copy of the tests elsewhere, or run by someone who may not look there.
        return;
    };
    for case in cases() {
        assert!(page.contains(&format!("\n| {} | {} |\n", case.number, case.name)), "{case:?}");
    }
    for clause in clauses() {
        assert!(page.contains(&format!("\n| C{} | {} |", clause.number, clause.name)), "{clause:?}");
    }
}
