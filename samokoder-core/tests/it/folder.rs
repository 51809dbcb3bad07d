//! What a person changes in the folder becomes a commit of theirs, within bounds.

use std::{fs, path::Path};

use samokoder_core::{
    pipeline,
    project::{ProjectState, WorkspacePath},
    store::{Branch, MemoryStore, StateStore},
    workspace::{Edits, Folder},
};
use tempfile::TempDir;

use crate::script::{self, build, good_model, options, state};

struct App {
    folder: TempDir,
    store: std::sync::Arc<MemoryStore>,
    branch: Branch,
}

impl App {
    async fn built() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, pipeline) = script::pipeline();
        let (branch, _) = build(&pipeline, options(&good_model()).folder(folder.path())).await;
        Self { folder, store, branch }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    async fn edits(&self) -> Edits {
        Folder::open(self.path()).unwrap().edits(&state(&self.store, &self.branch).await).unwrap()
    }

    async fn record(&self) -> Edits {
        let lease = self.store.acquire(&self.branch).await.unwrap();
        pipeline::record_edits(&*self.store, &lease, self.path(), None).await.unwrap()
    }

    async fn has(&self, path: &str) -> bool {
        state(&self.store, &self.branch).await.file(&WorkspacePath::parse(path).unwrap()).is_some()
    }
}

fn paths(edits: &Edits) -> Vec<&str> {
    edits.files.iter().map(|edit| edit.path.as_str()).collect()
}

#[tokio::test]
async fn changed_deleted_and_new_files_are_one_commit_and_then_no_edits_any_more() {
    let app = App::built().await;
    assert!(app.edits().await.files.is_empty(), "the team's own files are no edits");
    app.write("src/a.mjs", "mine");
    app.write("notes/deep/mine.txt", "mine too");
    fs::remove_file(app.path().join("src/b.mjs")).unwrap();
    let before = state(&app.store, &app.branch).await.version();
    assert_eq!(paths(&app.record().await), ["src/a.mjs", "src/b.mjs", "notes/deep/mine.txt"]);
    assert!(state(&app.store, &app.branch).await.version() > before);
    assert!(app.has("notes/deep/mine.txt").await && !app.has("src/b.mjs").await);
    assert!(app.edits().await.files.is_empty());
}

#[tokio::test]
async fn what_tools_and_the_app_itself_write_is_no_ones_edit() {
    let app = App::built().await;
    for path in [
        "node_modules/x/index.js",
        "src/__pycache__/a.pyc",
        "target/debug/x",
        ".env",
        ".git/config",
        "src/.hidden/x",
        "data/app.db",
        "samokoder.toml",
        "debug.log",
        "a.mjs~",
    ] {
        app.write(path, "x");
    }
    std::os::unix::fs::symlink("/etc/hostname", app.path().join("link")).unwrap();
    assert_eq!(app.edits().await, Edits::default());
    app.write("src/data/cities.json", "[]");
    assert_eq!(paths(&app.edits().await), ["src/data/cities.json"], "only at the top is it the app's own");
}

#[tokio::test]
async fn what_is_too_much_or_can_have_no_place_is_left_out_and_said() {
    let app = App::built().await;
    app.write("large.bin", vec![0; (1 << 20) + 1]);
    app.write("odd:name", "x");
    let edits = app.edits().await;
    assert!(edits.files.is_empty());
    let said: Vec<_> = edits.left_out.iter().map(|left| (left.path.as_str(), left.reason.as_str())).collect();
    assert_eq!(said[0], ("large.bin", "it is larger than 1 MB"));
    assert_eq!(said[1].0, "odd:name");
    for number in 0..501 {
        app.write(&format!("unpacked/{number}"), "x");
    }
    let edits = app.edits().await;
    assert!(edits.files.is_empty(), "all or none");
    assert!(edits.left_out.last().unwrap().reason.contains("more new files than 500"));
}

#[tokio::test]
async fn a_folder_gets_the_files_of_a_branch_and_keeps_what_no_history_has() {
    let app = App::built().await;
    let first = state(&app.store, &app.branch).await;
    app.write("src/a.mjs", "mine");
    app.record().await;
    let id = samokoder_core::id::BranchId::fresh();
    let other = pipeline::fork(&*app.store, &app.branch, first.version(), id, "back").await.unwrap();
    app.write("src/b.mjs", "not recorded");
    let left = pipeline::publish(&*app.store, &other, app.path()).await.unwrap();
    assert!(left.is_empty(), "it has not to be another one there");
    let read = |path: &str| fs::read_to_string(app.path().join(path)).unwrap();
    assert_eq!((read("src/a.mjs").as_str(), read("src/b.mjs").as_str()), ("// src/a.mjs\n", "not recorded"));
    app.write("src/a.mjs", "not recorded");
    let left = pipeline::publish(&*app.store, &app.branch, app.path()).await.unwrap();
    assert_eq!(left.iter().map(WorkspacePath::as_str).collect::<Vec<_>>(), ["src/a.mjs"]);
    assert_eq!(read("src/a.mjs"), "not recorded");
}

#[tokio::test]
async fn nothing_is_read_written_or_removed_through_a_link() {
    let app = App::built().await;
    let outside = tempfile::tempdir().unwrap();
    let there = outside.path().join("a.mjs");
    fs::write(&there, fs::read(app.path().join("src/a.mjs")).unwrap()).unwrap();
    fs::remove_dir_all(app.path().join("src")).unwrap();
    std::os::unix::fs::symlink(outside.path(), app.path().join("src")).unwrap();
    assert!(
        app.edits().await.files.iter().all(|edit| edit.content.is_none()),
        "what a link leads to is not there"
    );
    app.record().await;
    pipeline::publish(&*app.store, &app.branch, app.path()).await.unwrap();
    assert!(there.exists(), "nothing outside is removed");
    let path = WorkspacePath::parse("src/new.mjs").unwrap();
    let error = Folder::open(app.path()).unwrap().publish(&path, Some("x".into())).unwrap_err();
    assert!(error.to_string().contains("is a link"), "{error}");
    assert!(!outside.path().join("new.mjs").exists());
}

#[tokio::test]
async fn what_an_older_history_does_not_know_is_a_persons_and_stays() {
    let app = App::built().await;
    let older = state(&app.store, &app.branch).await;
    app.write("src/a.mjs", "mine");
    app.write("notes.txt", "mine too");
    let lines = fs::read_to_string(app.path().join(".samokoder/published.jsonl")).unwrap();
    app.record().await;
    // As with a history that was put back: the manifest knows what no content is there for.
    let (store, pipeline) = script::pipeline();
    let (branch, _) = build(&pipeline, options(&good_model())).await;
    assert!(fs::read_to_string(app.path().join(".samokoder/published.jsonl")).unwrap().len() > lines.len());
    let folder = pipeline::open_folder(&*store, &branch.scope, app.path(), &older).await.unwrap();
    assert_eq!(paths(&folder.edits(&older).unwrap()), ["notes.txt", "src/a.mjs"]);
    pipeline::publish(&*store, &branch, app.path()).await.unwrap();
    assert_eq!(fs::read_to_string(app.path().join("src/a.mjs")).unwrap(), "mine");
    assert!(app.path().join("notes.txt").exists());
}

#[tokio::test]
async fn names_that_are_no_text_are_left_out_and_what_may_be_run_stays_so() {
    use std::os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _};
    let app = App::built().await;
    for name in [&b"a\xff.txt"[..], b"a\xfe.txt"] {
        fs::write(app.path().join(std::ffi::OsStr::from_bytes(name)), "x").unwrap();
    }
    let edits = app.edits().await;
    assert!(edits.files.is_empty());
    assert_eq!(edits.left_out.iter().filter(|left| left.reason == "its name is no text").count(), 2);
    let script = app.path().join("src/a.mjs");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let path = WorkspacePath::parse("src/a.mjs").unwrap();
    Folder::open(app.path()).unwrap().publish(&path, Some("new".into())).unwrap();
    assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o777, 0o755);
}

#[tokio::test]
async fn before_there_is_a_plan_no_file_is_taken_that_it_may_want() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let edits = Folder::open(folder.path()).unwrap().edits(&ProjectState::default()).unwrap();
    assert!(edits.files.is_empty());
    assert!(edits.left_out[0].reason.contains("yet to be made"));
}

#[tokio::test]
async fn a_file_in_whose_place_a_folder_is_now_was_taken_away() {
    let app = App::built().await;
    fs::remove_file(app.path().join("src/a.mjs")).unwrap();
    app.write("src/a.mjs/part.txt", "part");
    assert_eq!(paths(&app.record().await), ["src/a.mjs", "src/a.mjs/part.txt"]);
    assert!(app.has("src/a.mjs/part.txt").await && !app.has("src/a.mjs").await);
    assert_eq!(app.edits().await, Edits::default());
}

#[tokio::test]
async fn a_file_that_has_grown_beyond_what_people_write_is_left_out_unread() {
    let app = App::built().await;
    fs::File::create(app.path().join("src/a.mjs")).unwrap().set_len(300 << 20).unwrap();
    let edits = app.record().await;
    assert!(edits.files.is_empty());
    assert_eq!(edits.left_out[0].path, "src/a.mjs");
    assert_eq!(edits.left_out[0].reason, "it has grown to 300 MB");
}
