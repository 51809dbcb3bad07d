//! The same with the history on a PostgreSQL server, whose connections are cut, too.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use super::{Setting, Undisturbed, calls::Numbers, kills};
use crate::command::{Place, Running};

/// A lease is held for so long after its holder was killed.
const LEASE: Duration = Duration::from_secs(30);

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the server is")]
#[expect(clippy::print_stderr, reason = "a test that could not run says so")]
fn server() -> Option<String> {
    let uri = std::env::var("SAMOKODER_POSTGRES").ok();
    if uri.is_none() {
        eprintln!("left out: SAMOKODER_POSTGRES names no server");
    }
    uri
}

fn undisturbed(uri: String) -> Undisturbed {
    Undisturbed::run(Setting { store: Some(uri), options: &["--sandbox", "none"], ..Setting::default() })
}

/// Goes on as soon as the lease of the one that was killed is over.
fn resume(undisturbed: &Undisturbed, place: &Place) -> Running {
    let end = Instant::now() + 2 * LEASE;
    loop {
        let mut run = Running::start(undisturbed.setting.resume(place));
        if run.line().is_some() {
            return run;
        }
        let ran = run.finish();
        assert!(ran.err.contains("at work") || ran.err.contains("another run"), "{}", ran.err);
        assert!(Instant::now() < end, "the lease of one that was killed never ends: {}", ran.err);
    }
}

#[test]
fn killed_at_any_time_on_postgres() {
    let Some(uri) = server() else { return };
    let undisturbed = undisturbed(uri);
    let mut numbers = Numbers(11);
    // Each waits for a lease to end.
    for kill in 0..kills().div_ceil(25) {
        let place = Place::new();
        let run = undisturbed.start(&place);
        let after = numbers.below(undisturbed.took);
        thread::sleep(after);
        let ran = run.kill();
        if ran.code.is_none() {
            let ran = resume(&undisturbed, &place).finish();
            assert_eq!(ran.code, Some(0), "kill {kill}: {}", ran.err);
        }
        undisturbed.compare(&place, &format!("after {after:?}"));
    }
}

#[test]
fn a_run_outlives_its_connections_on_postgres() {
    let Some(uri) = server() else { return };
    let undisturbed = undisturbed(uri.clone());
    let place = Place::new();
    let mut run = undisturbed.start(&place);
    while run.is_going_on() {
        thread::sleep(undisturbed.took / 10);
        // Whose they are does not matter: all runs of this test have to stand it.
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
        let psql = Command::new("psql").args([&uri, "-qAtc", cut]).output().unwrap();
        assert!(psql.status.success(), "{psql:?}");
    }
    let ran = run.finish();
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    undisturbed.compare(&place, "never, but cut off");
}
