//! What a person changes in the folder stays, and becomes a commit of theirs.

use std::fs;

use crate::command::{Place, SMALL};

/// Stops a run in the middle: some files are written, others are not.
fn half_an_app() -> Place {
    let place = Place::new();
    place.write("samokoder.toml", "[limits]\ncalls = 20\n");
    let stopped = place.expect(3, &["new", SMALL, "--dir", "app", "--max-parallel", "1"]);
    assert!(stopped.out.contains("Stopped by the limit on calls"), "{}", stopped.out);
    assert!(
        stopped.out.contains("0 are left of 20") && stopped.out.contains("resume app"),
        "{}",
        stopped.out
    );
    assert!(place.app("app").len() > 5, "what was finished is there");
    place
}

#[test]
fn a_spent_budget_stops_the_run_and_a_higher_one_carries_it_on_on_node() {
    let place = half_an_app();
    let before = place.app("app");
    place.expect(3, &["resume", "app"]);
    assert!(place.app("app") == before, "without more to spend there is no more");
    place.write("samokoder.toml", "[limits]\ncalls = 100\n");
    place.expect(0, &["resume", "app"]);
    let after = place.app("app");
    assert!(after.len() > before.len());
    assert!(before.iter().all(|(path, content)| after[path] == *content), "nothing is written again");
}

#[test]
fn edits_survive_and_are_commits_of_their_own_on_node() {
    let place = half_an_app();
    let edited = place.path("app/src/static.mjs");
    let mine = fs::read_to_string(&edited).unwrap() + "// Mine.\n";
    fs::write(&edited, &mine).unwrap();
    // A file of the app's that is not written yet, and one that the app knows nothing of.
    place.write("app/notes/mine.txt", "mine too");
    fs::rename(place.path("samokoder.toml"), place.path("app/samokoder.toml")).unwrap();
    place.write("app/samokoder.toml", "[limits]\ncalls = 100\n");

    let resumed = place.expect(0, &["resume", "app"]);
    assert!(resumed.out.contains("its own tests pass"), "with the edit: {}", resumed.out);
    assert_eq!(fs::read_to_string(&edited).unwrap(), mine);
    assert_eq!(fs::read_to_string(place.path("app/notes/mine.txt")).unwrap(), "mine too");
    let log = place.expect(0, &["log", "app"]).out;
    assert!(log.lines().any(|line| line.contains(" you ") && line.contains("src/static.mjs")), "{log}");

    // On a finished app as well: its tests are run again on what it is now.
    fs::write(place.path("app/README.md"), "Mine.\n").unwrap();
    fs::remove_file(place.path("app/AGENTS.md")).unwrap();
    let resumed = place.expect(0, &["resume", "app"]);
    assert!(resumed.out.contains("the app's tests pass"), "{}", resumed.out);
    assert_eq!(fs::read_to_string(place.path("app/README.md")).unwrap(), "Mine.\n");
    assert!(!place.path("app/AGENTS.md").exists(), "what a person deleted does not come back");
    let log = place.expect(0, &["log", "app"]).out;
    assert!(log.contains("AGENTS.md deleted"), "{log}");
}

#[test]
fn a_person_who_was_there_first_keeps_what_they_wrote_on_node() {
    let place = half_an_app();
    place.write("app/README.md", "I wrote this before the team did.\n");
    place.write("samokoder.toml", "[limits]\ncalls = 100\n");
    place.expect(0, &["resume", "app"]);
    assert_eq!(
        fs::read_to_string(place.path("app/README.md")).unwrap(),
        "I wrote this before the team did.\n",
        "a file is never written over"
    );
}

#[test]
fn a_folder_that_cant_be_written_is_an_error_and_not_a_silence_on_node() {
    let place = half_an_app();
    place.write("app/README.md/in-the-way", "");
    place.write("samokoder.toml", "[limits]\ncalls = 100\n");
    let failed = place.expect(1, &["resume", "app"]);
    assert!(failed.err.contains("README.md: is not a regular file; move it away"), "{}", failed.err);
    fs::remove_dir_all(place.path("app/README.md")).unwrap();
    place.expect(0, &["resume", "app"]);
    assert!(place.path("app/README.md").is_file());
}
