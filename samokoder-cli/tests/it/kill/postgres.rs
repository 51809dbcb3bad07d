//! The same with the history on a PostgreSQL server, whose connections are cut, too.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use super::{Setting, Undisturbed, calls::Numbers, kills};
use crate::command::Place;

/// How many runs are killed at the same time.
const AT_ONCE: u32 = 24;

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

#[test]
fn killed_at_any_time_on_postgres() {
    let Some(uri) = server() else { return };
    let undisturbed = undisturbed(uri);
    let next = AtomicU32::new(0);
    // Each waits for a lease to end: some wait at the same time.
    thread::scope(|scope| {
        for seed in 0..AT_ONCE.min(kills().div_ceil(25)) {
            let (undisturbed, next) = (&undisturbed, &next);
            scope.spawn(move || {
                let mut numbers = Numbers(u64::from(seed));
                while next.fetch_add(1, Ordering::Relaxed) < kills().div_ceil(25) {
                    // One that was faster than the signal was not killed.
                    while !is_killed(undisturbed, numbers.below(undisturbed.took)) {}
                }
            });
        }
    });
}

/// A run that is killed so long after it has begun, and goes on, ends as an undisturbed one. Whether it was.
fn is_killed(undisturbed: &Undisturbed, after: Duration) -> bool {
    let place = Place::new();
    let mut run = undisturbed.start(&place);
    run.line().unwrap();
    thread::sleep(after);
    let killed = run.kill();
    // The lease of the one that was killed is waited for.
    undisturbed.resume(&place, &killed, &format!("after {after:?}"));
    killed.code.is_none()
}

#[test]
fn a_run_outlives_its_connections_on_postgres() {
    let Some(uri) = server() else { return };
    let undisturbed = undisturbed(uri.clone());
    let mut cuts = 0;
    while cuts < kills().div_ceil(25) {
        let place = Place::new();
        let mut run = undisturbed.start(&place);
        while run.is_going_on() {
            thread::sleep(undisturbed.took / 10);
            // Whose they are does not matter: all runs of this test have to stand it.
            let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
            let psql = Command::new("psql").args([&uri, "-qAtc", cut]).output().unwrap();
            assert!(psql.status.success(), "{psql:?}");
            cuts += 1;
        }
        let ran = run.finish();
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        undisturbed.compare(&place, "never, but cut off");
    }
}
