//! A project with its whole history as one file.

use std::{
    fs,
    io::{Read as _, Write as _},
    process::Command,
};

use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::command::{Place, QUESTION, SMALL};

/// An app with two branches and an edit.
fn with_branches() -> Place {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    place.write("app/notes.txt", "Mine.\n");
    place.expect(0, &["fork", "app", "--at", "2", "--name", "other"]);
    place.expect(0, &["checkout", "app", "other"]);
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
    place
}

#[test]
fn what_is_exported_imported_and_exported_again_is_the_same_file() {
    let place = with_branches();
    let exported = place.expect(0, &["export", "app", "app.samokoder"]).out;
    assert!(exported.contains("(branches: 2)"), "{exported}");
    let imported = place.expect(0, &["import", "app.samokoder", "--dir", "copy"]).out;
    assert!(imported.contains("(branches: 2)") && imported.contains("log copy"), "{imported}");
    place.expect(0, &["export", "copy", "again.samokoder"]);
    let read = |name: &str| fs::read(place.path(name)).unwrap();
    assert!(read("app.samokoder") == read("again.samokoder"));
    assert!(place.app("app") == place.app("copy"), "the folder has the files of what is checked out");
    for command in [&["log"][..], &["branches"], &["show"], &["log", "--calls", "--full"]] {
        let [name, rest @ ..] = command else { unreachable!() };
        let of = |folder| place.expect(0, &[&[*name, folder][..], rest].concat()).out.replace("copy", "app");
        assert_eq!(of("app"), of("copy"), "{command:?}");
    }
    place.expect(0, &["checkout", "copy", "main"]);
    assert_eq!(fs::read_to_string(place.path("copy/notes.txt")).unwrap(), "Mine.\n");
    place.expect(0, &["resume", "copy", "--sandbox", "none"]);
}

#[test]
fn an_answer_that_no_run_has_heard_comes_along_on_node() {
    let place = Place::new();
    place.expect(4, &["new", QUESTION, "--dir", "app"]);
    place.expect(0, &["answer", "app", "raw, ripe"]);
    place.expect(0, &["export", "app", "app.samokoder"]);
    place.expect(0, &["import", "app.samokoder", "--dir", "copy"]);
    place.expect(0, &["resume", "copy"]);
    assert!(place.expect(0, &["show", "copy"]).out.contains("enumeration: raw, ripe"));
}

#[test]
fn calls_that_were_collected_stay_so() {
    let place = with_branches();
    place.expect(0, &["gc", "app", "--keep-calls", "0"]);
    place.expect(0, &["export", "app", "app.samokoder"]);
    place.expect(0, &["import", "app.samokoder", "--dir", "copy"]);
    place.expect(0, &["export", "copy", "again.samokoder"]);
    let read = |name: &str| fs::read(place.path(name)).unwrap();
    assert!(read("app.samokoder") == read("again.samokoder"));
}

#[test]
fn a_damaged_or_cut_file_is_refused_before_anything_is_made() {
    let place = with_branches();
    place.expect(0, &["export", "app", "app.samokoder"]);
    let whole = fs::read(place.path("app.samokoder")).unwrap();
    let refused = |content: &[u8], what: &str| {
        fs::write(place.path("broken.samokoder"), content).unwrap();
        let refused = place.run(&["import", "broken.samokoder"]);
        assert!(!place.path("broken").exists(), "{what} left a folder behind");
        refused
    };
    for part in [0, 1, 100, whole.len() / 2, whole.len() - 1] {
        let ran = refused(&whole[..part], "a cut file");
        assert!(ran.code == Some(1) && ran.err.contains("is damaged"), "{part}: {ran:?}");
    }
    // What is flipped is found, or is nothing that says anything: a date in the archive's own directory, say.
    for place_in_file in (0..whole.len()).step_by(whole.len() / 20) {
        let mut flipped = whole.clone();
        flipped[place_in_file] ^= 0x10;
        fs::write(place.path("flipped.samokoder"), flipped).unwrap();
        let ran = place.run(&["import", "flipped.samokoder"]);
        if ran.code == Some(0) {
            place.expect(0, &["export", "flipped", "flipped-again.samokoder"]);
            assert!(fs::read(place.path("flipped-again.samokoder")).unwrap() == whole, "{place_in_file}");
            fs::remove_dir_all(place.path("flipped")).unwrap();
            fs::remove_file(place.path("flipped-again.samokoder")).unwrap();
        } else {
            assert!(ran.err.contains("is damaged") || ran.err.contains("newer version"), "{ran:?}");
            assert!(!place.path("flipped").exists(), "{place_in_file} left a folder behind");
        }
    }
}

#[test]
fn nothing_is_written_over() {
    let place = with_branches();
    place.expect(0, &["export", "app", "app.samokoder"]);
    let before = place.everything();
    for (arguments, why) in [
        (&["export", "app", "app.samokoder"][..], "is there already"),
        (&["export", "app", "app.txt"], "FILE.zip for the app's files, FILE.samokoder for"),
        (&["import", "app.samokoder"], "app is an app already"),
        (&["import", "app.samokoder", "--dir", "."], "is not empty"),
        (&["import", "nothing.samokoder"], "nothing.samokoder can't be read"),
        (
            &["import", "app.samokoder", "--dir", "copy", "--store", "sqlite:app/.samokoder/state.db"],
            "has the project already",
        ),
    ] {
        let refused = place.expect(2, arguments);
        assert!(refused.err.contains(why), "{arguments:?}: {}", refused.err);
        place.is_as_before(&before, &arguments.join(" "));
        assert!(!place.path("copy").exists());
    }
}

/// Case 29 of docs/sandbox.md.
#[test]
fn an_archive_whose_entries_lead_out_is_refused_and_writes_nothing() {
    let place = with_branches();
    place.expect(0, &["export", "app", "app.samokoder"]);
    for name in ["../../evil.txt", "/tmp/evil.txt", "files/../../evil.txt", "link"] {
        fs::copy(place.path("app.samokoder"), place.path("evil.samokoder")).unwrap();
        let file = fs::File::options().read(true).write(true).open(place.path("evil.samokoder")).unwrap();
        let mut zip = ZipWriter::new_append(file).unwrap();
        let options = SimpleFileOptions::default();
        if name == "link" {
            zip.add_symlink(name, "../../..", options).unwrap();
        } else {
            zip.start_file(name, options).unwrap();
            zip.write_all(b"evil").unwrap();
        }
        zip.finish().unwrap();
        let before = place.everything();
        let ran = place.expect(1, &["import", "evil.samokoder", "--dir", "copy"]);
        assert!(
            ran.err.contains("is damaged") && ran.err.contains("its entries are not those"),
            "{name}: {ran:?}"
        );
        place.is_as_before(&before, name);
    }
}

/// The entries of a file, rewritten.
fn rewritten(place: &Place, change: impl Fn(&mut Vec<(String, Vec<u8>)>)) {
    let mut archive = ZipArchive::new(fs::File::open(place.path("app.samokoder")).unwrap()).unwrap();
    let mut entries: Vec<(String, Vec<u8>)> = (0..archive.len())
        .map(|at| {
            let mut entry = archive.by_index(at).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect();
    change(&mut entries);
    let mut zip = ZipWriter::new(fs::File::create(place.path("changed.samokoder")).unwrap());
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn a_file_whose_manifest_or_order_was_changed_is_refused() {
    let place = with_branches();
    place.expect(0, &["export", "app", "app.samokoder"]);
    let refused = |why: &str| {
        let refused = place.expect(1, &["import", "changed.samokoder"]);
        assert!(refused.err.contains("is damaged") && refused.err.contains(why), "{}", refused.err);
        assert!(!place.path("changed").exists());
    };
    let say = |from: &str, to: &str| {
        rewritten(&place, |entries| {
            let manifest = String::from_utf8(entries[0].1.clone()).unwrap();
            entries[0].1 = manifest.replace(from, to).into_bytes();
            assert_ne!(entries[0].1, manifest.into_bytes());
        });
    };
    say(SMALL, "Something else");
    refused("not begun with the description");
    say("\"name\": null", "\"name\": \"Other\"");
    refused("not begun with the description");
    rewritten(&place, |entries| entries.swap(1, 2));
    refused("in their order");
    rewritten(&place, |_| {});
    place.expect(0, &["import", "changed.samokoder"]);
}

#[test]
fn a_pipe_is_no_file() {
    let place = Place::new();
    assert!(Command::new("mkfifo").arg(place.path("pipe.samokoder")).status().unwrap().success());
    let refused = place.expect(2, &["import", "pipe.samokoder"]);
    assert!(refused.err.contains("pipe.samokoder is no file"), "{}", refused.err);
}
