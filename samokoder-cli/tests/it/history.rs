//! What can be seen and taken out of an app's history.

use std::{fs, io::Read as _};

use zip::ZipArchive;

use crate::command::{Place, QUESTION, SMALL};

fn built(sandbox: &str) -> Place {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", sandbox]);
    place
}

#[test]
fn without_a_sandbox_the_app_is_written_and_said_to_be_unverified() {
    let place = Place::new();
    let ran = place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    assert!(ran.out.contains("Done, unverified"), "{}", ran.out);
    assert!(ran.out.contains("resume app --sandbox local"), "how to make up for it: {}", ran.out);
    assert!(place.expect(0, &["show", "app"]).out.contains("Unverified"));
}

#[test]
fn the_log_lists_every_version_and_who_made_it() {
    let place = built("none");
    let log = place.expect(0, &["log", "app"]).out;
    let rows: Vec<Vec<&str>> = log.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    let versions: Vec<u64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert!(versions.is_sorted() && versions.len() > 10, "{log}");
    for who in ["you", "spec-writer", "architect", "tech-lead", "developer", "code-monkey", "executor"] {
        assert!(rows.iter().any(|row| row[1] == who), "{who}: {log}");
    }
    assert!(rows.iter().any(|row| row[1] == "code-monkey" && row[3] == "README.md"), "{log}");
    assert!(rows.iter().all(|row| ["-", "$0"].contains(&row[2])), "what each cost: {log}");
    assert!(rows.iter().all(|row| row.len() > 3), "what changed: {log}");
    assert!(log.lines().nth(1).unwrap().ends_with(&format!("describes: {SMALL}")), "{log}");
}

#[test]
fn after_each_command_the_history_is_one_file_that_can_be_copied() {
    let place = Place::new();
    let commands: [(i32, &[&str]); 9] = [
        (4, &["new", QUESTION, "--dir", "app", "--sandbox", "none"]),
        (4, &["answer", "app"]),
        (2, &["show", "app", "--at", "0"]),
        (2, &["cancel", "app"]),
        (0, &["answer", "app", "raw, ripe"]),
        (0, &["resume", "app", "--sandbox", "none"]),
        (0, &["log", "app"]),
        (0, &["show", "app"]),
        (0, &["export", "app", "app.zip"]),
    ];
    for (code, command) in commands {
        place.expect(code, command);
        for left in ["state.db-wal", "state.db-shm"] {
            assert!(!place.path("app/.samokoder").join(left).exists(), "{left} after {command:?}");
        }
    }
    let log = place.expect(0, &["log", "app"]).out;
    for file in ["project.json", "state.db"] {
        let copy = place.path("copy/.samokoder").join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(place.path("app/.samokoder").join(file), copy).unwrap();
    }
    assert_eq!(place.expect(0, &["log", "copy"]).out, log);
}

#[test]
fn a_history_in_memory_is_said_to_be_gone() {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none", "--store", "memory:"]);
    for command in ["log", "show", "run", "cancel"] {
        let failed = place.expect(1, &[command, "app"]);
        assert!(failed.err.contains("was kept in memory and is gone") && failed.out.is_empty(), "{failed:?}");
    }
}

#[test]
fn an_app_that_is_not_finished_is_not_run_and_exported_with_a_word() {
    let place = Place::new();
    place.write("samokoder.toml", "[limits]\ncalls = 20\n");
    place.expect(3, &["new", SMALL, "--dir", "app"]);
    let failed = place.expect(1, &["run", "app"]);
    assert!(failed.err.contains("the app is not finished; go on with: "), "{}", failed.err);
    let exported = place.expect(0, &["export", "app", "app.zip"]);
    assert!(exported.out.contains("The app is not finished"), "{}", exported.out);
}

#[test]
fn any_version_can_be_shown() {
    let place = built("none");
    let now = place.expect(0, &["show", "app"]).out;
    for part in [
        "DESCRIPTION",
        SMALL,
        "SPECIFICATION: Jar",
        "Coin (coins)",
        "year",
        "PLAN",
        "[x]",
        "FILES",
        "README.md",
    ] {
        assert!(now.contains(part), "{part}: {now}");
    }
    let log = place.expect(0, &["log", "app"]).out;
    let planned = log.lines().find(|line| line.contains("tech-lead")).unwrap();
    let version = planned.split_whitespace().next().unwrap();
    for version in [version, &format!("v{version}")] {
        let then = place.expect(0, &["show", "app", "--at", version]).out;
        assert!(then.contains("[ ]") && !then.contains("[x]") && !then.contains("README.md"), "{then}");
    }
    assert!(place.expect(2, &["show", "app", "--at", "first"]).err.contains("as `log` lists them"));
}

#[test]
fn an_export_holds_the_files_of_the_folder() {
    let place = built("none");
    fs::write(place.path("app/README.md"), "Mine.\n").unwrap();
    place.expect(0, &["export", "app", "app.zip"]);
    let files = place.app("app");
    let mut archive = ZipArchive::new(fs::File::open(place.path("app.zip")).unwrap()).unwrap();
    assert_eq!(archive.len(), files.len());
    for (path, content) in &files {
        let mut exported = Vec::new();
        archive.by_name(&format!("jar/{path}")).unwrap().read_to_end(&mut exported).unwrap();
        assert!(exported == *content, "{path}");
    }
}

#[test]
fn an_export_never_writes_over_anything() {
    let place = built("none");
    place.write("app.zip", "something else");
    let refused = place.expect(2, &["export", "app", "app.zip"]);
    assert!(refused.err.contains("app.zip is there already"), "{}", refused.err);
    assert_eq!(fs::read_to_string(place.path("app.zip")).unwrap(), "something else");
    fs::remove_file(place.path("app/server.mjs")).unwrap();
    let failed = place.expect(1, &["export", "app", "other.zip"]);
    assert!(failed.err.contains("app/server.mjs can't be read"), "{}", failed.err);
    assert!(failed.err.contains("resume app` records that it is gone"), "{}", failed.err);
    assert!(!place.path("other.zip").exists(), "half an archive is none");
}

#[test]
fn the_same_description_gives_the_same_app_wherever_and_whenever() {
    let (one, other) = (built("none"), Place::new());
    other.expect(0, &["new", SMALL, "--dir", "some where/else", "--sandbox", "none", "--max-parallel", "1"]);
    assert!(one.app("app") == other.app("some where/else"));
}

#[test]
fn an_export_does_not_become_a_part_of_the_app() {
    let place = built("none");
    let refused = place.expect(2, &["export", "app", "app/src/app.zip"]);
    assert!(refused.err.contains("outside of app"), "{}", refused.err);
    assert!(!place.path("app/src/app.zip").exists());
    place.expect(0, &["export", "app", "app/app.samokoder"]);
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
    assert!(!place.expect(0, &["log", "app"]).out.contains("app.samokoder"), "which is no edit");
}

#[test]
fn what_a_call_answered_that_was_collected_is_asked_again_after_a_rewind_on_node() {
    let place = Place::new();
    place.expect(4, &["new", QUESTION, "--dir", "app", "--sandbox", "none"]);
    place.expect(0, &["answer", "app", "raw, ripe"]);
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
    place.expect(0, &["gc", "app", "--keep-calls", "0"]);
    place.expect(0, &["rewind", "app", "--to", "2"]);
    place.expect(4, &["resume", "app", "--sandbox", "none"]);
    place.expect(0, &["answer", "app", "raw, ripe, rotten"]);
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
    assert!(place.expect(0, &["show", "app"]).out.contains("enumeration: raw, ripe, rotten"));
}
