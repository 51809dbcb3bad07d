//! A state that is damaged is said to be, and left for whoever can mend it.

use std::fs;

use crate::command::{Place, QUESTION, SMALL};

const COMMANDS: [&[&str]; 5] =
    [&["resume", "app"], &["log", "app"], &["show", "app"], &["run", "app"], &["export", "app", "app.zip"]];

/// Damages a file of an app's state and types every command that reads it.
fn is_refused(place: &Place, file: &str, damaged: &[u8]) {
    fs::write(place.path(file), damaged).unwrap();
    let before = place.everything();
    for command in COMMANDS {
        let ran = place.expect(1, command);
        assert!(ran.err.starts_with("error: ") && ran.err.contains("damaged"), "{command:?}: {}", ran.err);
        place.is_as_before(&before, command[0]);
    }
    let again = place.expect(2, &["new", SMALL, "--dir", "app"]);
    assert!(again.err.contains("Nothing was touched"), "{}", again.err);
    place.is_as_before(&before, "new");
}

#[test]
fn a_damaged_history_is_refused_and_not_touched() {
    let place = Place::new();
    place.expect(4, &["new", QUESTION, "--dir", "app"]);
    let file = "app/.samokoder/state.db";
    let whole = fs::read(place.path(file)).unwrap();
    is_refused(&place, file, b"This is no history. ");
    is_refused(&place, file, &vec![0xA5; whole.len()]);
    is_refused(&place, file, &whole[..whole.len() / 2]);
    let mut overwritten = whole.clone();
    overwritten[whole.len() / 3..].fill(b'!');
    is_refused(&place, file, &overwritten);
    fs::write(place.path(file), whole).unwrap();
    place.expect(4, &["resume", "app"]);
}

#[test]
fn a_damaged_card_is_refused_and_not_touched() {
    let place = Place::new();
    place.expect(4, &["new", QUESTION, "--dir", "app"]);
    let file = "app/.samokoder/project.json";
    let whole = fs::read(place.path(file)).unwrap();
    is_refused(&place, file, b"");
    is_refused(&place, file, &whole[..whole.len() / 2]);
    fs::write(place.path(file), whole).unwrap();
    place.expect(4, &["resume", "app"]);
}
