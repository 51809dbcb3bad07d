//! Killed after what is seen, and at any time.

use std::{thread, time::Duration};

use super::{Setting, Undisturbed, calls::Numbers, kills};
use crate::command::{Place, Running};

#[test]
fn killed_after_any_event_on_node() {
    let undisturbed = Undisturbed::run(Setting::default());
    for kill in 0..kills() {
        let place = Place::new();
        let mut run = undisturbed.start(&place);
        let events = 1 + kill * (undisturbed.events - 1) / kills();
        for _ in 0..events {
            run.line().unwrap();
        }
        undisturbed.resume(&place, &run.kill(), &format!("after {events} events"));
    }
}

#[test]
fn killed_at_any_time_on_node() {
    let undisturbed = Undisturbed::run(Setting::default());
    let count = kills().div_ceil(3);
    let (mut numbers, mut kill) = (Numbers(3), 0);
    while kill < count {
        let place = Place::new();
        let run = undisturbed.start(&place);
        let after = numbers.below(undisturbed.took);
        thread::sleep(after);
        let killed = run.kill();
        undisturbed.resume(&place, &killed, &format!("after {after:?}"));
        // One that was faster than the signal was not killed.
        kill += u32::from(killed.code.is_none());
    }
}

#[test]
fn killed_while_the_apps_own_tests_run_on_node() {
    let undisturbed = Undisturbed::run(Setting::default());
    for delay in [0, 50, 200] {
        let place = Place::new();
        let mut run = undisturbed.start(&place);
        run.until(r#""kind":"exec""#);
        thread::sleep(Duration::from_millis(delay));
        undisturbed.resume(&place, &run.kill(), &format!("{delay} ms into the tests"));
    }
}

#[test]
fn killed_again_and_again_on_node() {
    let undisturbed = Undisturbed::run(Setting::default());
    let place = Place::new();
    let mut run = undisturbed.start(&place);
    // Far enough apart that each attempt gets somewhere: one that never does is begun afresh.
    while (0..40).all(|_| run.line().is_some()) {
        assert_eq!(run.kill().code, None);
        run = Running::start(undisturbed.setting.resume(&place));
    }
    assert_eq!(run.finish().code, Some(0));
    undisturbed.compare(&place, "again and again");
}
