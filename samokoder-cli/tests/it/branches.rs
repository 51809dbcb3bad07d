//! Going back in an app's history, and having several at a time.

use std::fs;

use crate::command::{Place, QUESTION, Running, SMALL};

fn built() -> Place {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    place
}

/// The version of the first line of the log with this in it.
fn version(place: &Place, what: &str) -> String {
    let log = place.expect(0, &["log", "app"]).out;
    let line = log.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {log}"));
    line.split_whitespace().next().unwrap().to_owned()
}

/// A version in the middle: the first file is written, the last one is not.
fn middle(place: &Place) -> String {
    version(place, "code-monkey")
}

#[test]
fn a_rewind_gives_the_folder_the_files_of_the_version_and_the_way_back_gives_them_all() {
    let place = built();
    let whole = place.app("app");
    let to = middle(&place);
    let rewound = place.expect(0, &["rewind", "app", "--to", &to]).out;
    for word in [&*format!("On rewind-to-{to}"), "Nothing was removed", "checkout app main", "resume app"] {
        assert!(rewound.contains(word), "{word}: {rewound}");
    }
    let then = place.app("app");
    assert_eq!(then.len(), 1, "{:?}", then.keys());
    assert!(place.expect(0, &["show", "app"]).out.starts_with(&format!("Version {to} of ")));

    place.expect(0, &["checkout", "app", "main"]);
    assert!(place.app("app") == whole, "what was there is there again");
    assert!(place.expect(0, &["checkout", "app", "main"]).out.contains("checked out already"));
}

#[test]
fn a_run_goes_on_from_where_it_was_rewound_to() {
    let place = built();
    let whole = place.app("app");
    place.expect(0, &["rewind", "app", "--to", &middle(&place)]);
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
    assert!(place.app("app") == whole, "the same team writes the same app");
    let log = place.expect(0, &["log", "app"]).out;
    assert!(log.contains("from here on, not main"), "{log}");
    let main = place.expect(0, &["log", "app", "--branch", "main"]).out;
    assert!(main.contains("rewind-to-") && main.contains("begins here"), "{main}");
}

#[test]
fn edits_become_a_version_before_the_folder_changes() {
    let place = built();
    let to = middle(&place);
    place.write("app/README.md", "Mine.\n");
    place.write("app/notes/mine.txt", "Mine too.\n");
    let rewound = place.expect(0, &["rewind", "app", "--to", &to]).out;
    assert!(rewound.contains("What you changed in 2 files is version"), "{rewound}");
    assert!(!place.path("app/notes").exists());
    // On the other branch as well.
    let first = place.app("app").into_keys().next().unwrap();
    place.write(&format!("app/{first}"), "Changed on the branch.\n");
    place.expect(0, &["checkout", "app", "main"]);
    assert_eq!(fs::read_to_string(place.path("app/README.md")).unwrap(), "Mine.\n");
    assert_eq!(fs::read_to_string(place.path("app/notes/mine.txt")).unwrap(), "Mine too.\n");
    place.expect(0, &["checkout", "app", &format!("rewind-to-{to}")]);
    let text = fs::read_to_string(place.path("app").join(first)).unwrap();
    assert_eq!(text, "Changed on the branch.\n");
}

#[test]
fn what_no_history_has_is_never_written_over() {
    let place = built();
    place.write("app/README.md", "My key: AKIAIOSFODNN7EXAMPLE\n");
    let rewound = place.expect(0, &["rewind", "app", "--to", &middle(&place)]).out;
    assert!(rewound.contains("Left out of the history: README.md"), "{rewound}");
    assert!(rewound.contains("Left as it is") && rewound.contains("README.md"), "{rewound}");
    assert_eq!(fs::read_to_string(place.path("app/README.md")).unwrap(), "My key: AKIAIOSFODNN7EXAMPLE\n");
    let leaked = place.everything().into_iter().any(|(path, content)| {
        path.contains(".samokoder") && content.windows(20).any(|bytes| bytes == b"AKIAIOSFODNN7EXAMPLE")
    });
    assert!(!leaked, "it is in the history");
}

#[test]
fn branches_are_listed_with_where_they_begin_and_which_is_checked_out() {
    let place = built();
    let at = middle(&place);
    let forked = place.expect(0, &["fork", "app", "--at", &at, "--name", "simpler"]).out;
    assert!(forked.contains("not checked out") && forked.contains("checkout app simpler"), "{forked}");
    let list = place.expect(0, &["branches", "app"]).out;
    let rows: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1][..2], ["*", "main"], "{list}");
    assert_eq!((rows[2][0], rows[2][2]), ("simpler", at.as_str()), "{list}");
    assert!(list.lines().nth(2).unwrap().ends_with(&format!("version {at} of main")), "{list}");
    let id = rows[2][1];
    assert!(place.expect(0, &["checkout", "app", id]).out.contains("On simpler"));
    assert!(place.expect(0, &["branches", "app"]).out.contains("* simpler"));
    place.expect(0, &["rewind", "app", "--to", &at]);
    assert!(place.expect(0, &["branches", "app"]).out.contains(&format!("* rewind-to-{at}")));
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let place = built();
    let before = place.everything();
    for (arguments, why) in [
        (&["rewind", "app", "--to", "9999"][..], "app has no version 9999; the latest is "),
        (&["rewind", "app", "--to", "0"], "app has no version 0"),
        (&["fork", "app", "--at", "9999", "--name", "x"], "app has no version 9999"),
        (&["fork", "app", "--name", "main"], "there is a branch \"main\" already"),
        (&["fork", "app", "--name", "12"], "it is a version"),
        (&["fork", "app", "--name", "a b"], "can't be the name of a branch"),
        (&["checkout", "app", "nothing"], "there is no branch \"nothing\"; there is main ("),
        (&["log", "app", "--branch", "nothing"], "there is no branch \"nothing\"; there is main ("),
        (&["diff", "app", "2", "nothing"], "there is no branch \"nothing\"; there is main ("),
        (&["diff", "app", "9999"], "app has no version 9999"),
        (&["branches", "nowhere"], "nowhere is not an app"),
    ] {
        let refused = place.expect(2, arguments);
        assert!(refused.err.contains(why), "{arguments:?}: {}", refused.err);
        place.is_as_before(&before, &arguments.join(" "));
    }
}

#[test]
fn while_a_run_works_nothing_is_changed_under_it() {
    let place = Place::new();
    let mut running = place.start(&["new", QUESTION, "--dir", "app", "--json"]);
    running.until("question_asked");
    for arguments in [
        &["rewind", "app", "--to", "2"][..],
        &["fork", "app", "--name", "x"],
        &["checkout", "app", "main"],
        &["gc", "app"],
    ] {
        let refused = place.expect(1, arguments);
        assert!(refused.err.contains("another run is working on this project"), "{}", refused.err);
        assert!(refused.err.contains("cancel app"), "what to do about it: {}", refused.err);
    }
    place.expect(0, &["branches", "app"]);
}

#[test]
fn a_question_can_be_answered_in_another_way_on_a_branch_that_goes_back_to_it_on_node() {
    let place = Place::new();
    place.expect(4, &["new", QUESTION, "--dir", "app"]);
    let asked = version(&place, "asks: Which values");
    place.expect(0, &["answer", "app", "raw, ripe"]);
    place.expect(0, &["resume", "app"]);

    place.expect(0, &["rewind", "app", "--to", &asked]);
    place.expect(4, &["resume", "app"]);
    let answered = place.expect(0, &["answer", "app", "green, red"]);
    assert!(answered.out.contains("resume app"), "{}", answered.out);
    place.expect(0, &["resume", "app"]);
    assert!(place.expect(0, &["show", "app"]).out.contains("enumeration: green, red"));
    let diff = place.expect(0, &["diff", "app", "main", &format!("rewind-to-{asked}")]).out;
    assert!(diff.contains("- question: ") && diff.contains("answer: raw, ripe"), "{diff}");
    place.expect(0, &["checkout", "app", "main"]);
    assert!(place.expect(0, &["show", "app"]).out.contains("enumeration: raw, ripe"));
}

/// A checkout that was killed after it had taken files away and before it had taken note of it, as its notes show.
#[test]
fn a_checkout_that_was_cut_off_makes_no_commit_that_nobody_made_and_is_finished_by_the_next() {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    place.expect(0, &["fork", "app", "--at", "2", "--name", "old"]);
    let (whole, notes) = (place.app("app"), "app/.samokoder/published.jsonl");
    let before = fs::read(place.path(notes)).unwrap();
    place.expect(0, &["checkout", "app", "old"]);
    fs::write(place.path(notes), &before).unwrap();
    place.expect(0, &["checkout", "app", "main"]);
    assert!(place.app("app") == whole, "what was taken away is back");
    let log = place.expect(0, &["log", "app"]).out;
    assert!(!log.contains("deleted"), "{log}");
    // And the other way: files were written, and nothing noted.
    place.expect(0, &["checkout", "app", "old"]);
    let before = fs::read(place.path(notes)).unwrap();
    place.expect(0, &["checkout", "app", "main"]);
    fs::write(place.path(notes), &before).unwrap();
    place.expect(0, &["checkout", "app", "old"]);
    assert!(place.app("app").is_empty(), "they are the app's, and no one's edits");
    // Cut off halfway: the same checkout finishes it.
    place.expect(0, &["checkout", "app", "main"]);
    fs::remove_file(place.path("app/README.md")).unwrap();
    let noted = String::from_utf8(fs::read(place.path(notes)).unwrap()).unwrap();
    let last = noted.lines().rfind(|line| line.contains("README.md")).unwrap();
    fs::write(place.path(notes), noted.replace(&format!("{last}\n"), "")).unwrap();
    let again = place.expect(0, &["checkout", "app", "main"]).out;
    assert!(again.contains("checked out already"), "{again}");
    assert!(place.app("app") == whole);
}

#[test]
fn a_name_with_a_secret_in_it_is_no_branchs() {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    for name in ["password=x8Kq2mZp9LwT4vRb", "AKIAIOSFODNN7EXAMPLE"] {
        let refused = place.expect(2, &["fork", "app", "--name", name]);
        assert!(refused.err.contains("key or a password"), "{}", refused.err);
    }
    // Nor one with what stands in the environment.
    for arguments in [
        &["fork", "app", "--name", "Zk84mPq1xY"][..],
        &["rewind", "app", "--to", "2", "--name", "Zk84mPq1xY"],
    ] {
        let mut command = place.command(arguments);
        command.env("STRIPE_TOKEN", "Zk84mPq1xY");
        let refused = Running::start(command).finish();
        assert_eq!(refused.code, Some(2), "{refused:#?}");
        assert!(refused.err.contains("key or a password"), "{}", refused.err);
    }
}

#[test]
fn something_in_the_way_of_a_checkout_is_named_with_what_to_do() {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    place.expect(0, &["fork", "app", "--at", "2", "--name", "old"]);
    let whole = place.app("app");
    place.expect(0, &["checkout", "app", "old"]);
    place.write("app/.src", "");
    std::os::unix::fs::symlink(".src", place.path("app/src")).unwrap();
    let failed = place.expect(1, &["checkout", "app", "main"]);
    assert!(
        failed.err.contains("move it away. main is checked out") && failed.err.contains("checkout app main"),
        "{}",
        failed.err
    );
    fs::remove_file(place.path("app/src")).unwrap();
    fs::remove_file(place.path("app/.src")).unwrap();
    place.expect(0, &["checkout", "app", "main"]);
    assert!(place.app("app") == whole);
}
