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

#[test]
fn a_history_that_is_gone_is_missed_and_nothing_is_built_anew_in_its_place_on_node() {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    let file = place.path("app/.samokoder/state.db");
    let whole = fs::read(&file).unwrap();
    place.write("app/mine.txt", "mine");
    fs::remove_file(&file).unwrap();
    for command in [&["resume", "app"][..], &["log", "app"], &["show", "app"]] {
        let ran = place.expect(1, command);
        assert!(ran.err.contains("the history of app is gone"), "{command:?}: {}", ran.err);
    }
    fs::write(&file, &whole).unwrap();
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
    // An older one, put back: what it does not know is a person's.
    fs::write(&file, &whole).unwrap();
    for log in ["-wal", "-shm"] {
        let _ = fs::remove_file(place.path(&format!("app/.samokoder/state.db{log}")));
    }
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
    assert_eq!(fs::read_to_string(place.path("app/mine.txt")).unwrap(), "mine");
}

#[test]
fn a_folder_whose_name_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    let mut command = place.command(&["new", SMALL, "--dir"]);
    command.arg(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("give the folder another name"));
    assert!(place.everything().is_empty());
}

#[test]
fn a_card_that_is_gone_is_missed() {
    let place = Place::new();
    place.expect(4, &["new", QUESTION, "--dir", "app"]);
    let card = place.path("app/.samokoder/project.json");
    fs::rename(&card, place.path("backup")).unwrap();
    for command in COMMANDS {
        let failed = place.expect(1, command);
        assert!(failed.err.contains("project.json") && failed.err.contains("backup"), "{}", failed.err);
    }
    fs::rename(place.path("backup"), &card).unwrap();
    place.expect(4, &["resume", "app"]);
}

#[test]
fn a_history_that_is_removed_during_a_run_ends_it_with_an_error_on_node() {
    let place = Place::new();
    let mut run = place.start(&["new", QUESTION, "--dir", "app", "--sandbox", "none", "--json"]);
    run.until("question_asked");
    fs::rename(place.path("app/.samokoder"), place.path("elsewhere")).unwrap();
    run.say(r#"{"answer": "raw, ripe"}"#);
    let ran = run.finish();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("removed or replaced while it was in use"), "{}", ran.err);
    // What was recorded until then goes on.
    fs::rename(place.path("elsewhere"), place.path("app/.samokoder")).unwrap();
    place.expect(4, &["resume", "app", "--sandbox", "none"]);
}
