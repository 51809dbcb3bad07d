//! What a person changed in the folder.

use std::{
    fs::{self, DirEntry, Metadata},
    io,
    path::Path,
};

use bytes::Bytes;

use super::folder::{Folder, FolderError, HUGE, fail, read};
use crate::{
    digest::Digest,
    project::{ProjectState, WorkspacePath},
};

/// A file that a person wrote, changed or deleted since files were published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalEdit {
    /// The file.
    pub path: WorkspacePath,
    /// Its content as it is, `None` when it was deleted.
    pub content: Option<Bytes>,
}

impl LocalEdit {
    /// The hash of the content.
    pub fn digest(&self) -> Option<Digest> {
        self.content.as_ref().map(|content| Digest::of(content))
    }
}

/// A file that a person wrote and that stays outside of the project, as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Its path in the folder, as text: it may be one that a project can't have.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What a person changed in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edits {
    /// What belongs to the project.
    pub files: Vec<LocalEdit>,
    /// New files that don't.
    pub left_out: Vec<LeftOut>,
    /// Files that are, or are gone, as the project has it, which a crash has kept from the folder's own notes.
    pub settled: Vec<LocalEdit>,
}

/// The largest new file that becomes part of a project, in bytes: people write smaller ones, programs write larger ones.
const LARGEST: u64 = 1 << 20;

/// New files, and their bytes, that become part of a project at a time. More were not written by hand: none of them does.
const MOST: usize = 500;
const MOST_BYTES: u64 = 16 << 20;

/// Entries of the folder that are looked at.
const ENTRIES: usize = 20_000;

/// Names that tools make and nobody keeps in a repository. Those that begin with a dot are none of a project's either.
const IGNORED: [&str; 12] = [
    "node_modules",
    "bower_components",
    "target",
    "dist",
    "build",
    "out",
    "coverage",
    "vendor",
    "venv",
    "env",
    "__pycache__",
    "htmlcov",
];

/// Names that mean something in the folder itself: the app's own data, and the configuration.
const IGNORED_AT_THE_TOP: [&str; 2] = ["data", "samokoder.toml"];

/// Ends of names of files that programs leave behind.
const LEFTOVERS: [&str; 10] =
    ["~", ".tmp", ".swp", ".log", ".pid", ".pyc", ".bak", ".orig", ".samokoder-new", ".samokoder"];

impl Folder {
    /// What a person changed since files were published: files that were, and new ones.
    ///
    /// Not looked at are names that begin with a dot, symbolic links, what tools make (`node_modules`, `target`, …), and at the
    /// top `data` and `samokoder.toml`. What is the same in `state` is no edit: a crash kept it from the manifest.
    ///
    /// # Errors
    /// [`FolderError`] when something can't be read.
    pub fn edits(&self, state: &ProjectState) -> Result<Edits, FolderError> {
        let mut edits = Edits::default();
        for (path, published) in self.published() {
            let found = self.look_at(path);
            if let Some(size) = found.as_ref().map(Metadata::len).filter(|size| *size > HUGE) {
                let reason = format!("it has grown to {} MB", size >> 20);
                edits.left_out.push(LeftOut { path: path.to_string(), reason });
                continue;
            }
            // A folder in its place has taken it away.
            let content = if found.is_some_and(|found| found.is_dir()) { None } else { self.read(path)? };
            let edit = LocalEdit { path: path.clone(), content };
            let digest = edit.digest();
            if digest == Some(*published) {
                continue;
            }
            if digest == state.file(path).map(|file| file.content) {
                edits.settled.push(edit);
                continue;
            }
            if digest.is_some() && is_to_be_written(state, path) {
                edits.left_out.push(LeftOut { path: path.to_string(), reason: PLANNED.into() });
            } else {
                edits.files.push(edit);
            }
        }
        for (path, file) in state.files().filter(|(path, _)| !self.has_published(path)) {
            let is_small = self.look_at(path).is_some_and(|found| found.is_file() && found.len() <= HUGE);
            let content = if is_small { self.read(path)? } else { None };
            let edit = LocalEdit { path: path.clone(), content };
            if edit.digest() == Some(file.content) {
                edits.settled.push(edit);
            }
        }
        self.new_files(state, &mut edits)?;
        Ok(edits)
    }

    fn new_files(&self, state: &ProjectState, edits: &mut Edits) -> Result<(), FolderError> {
        let mut search = Search { folder: self, state, found: Vec::new(), bytes: 0, entries: 0 };
        search.beneath(self.root(), "", edits)?;
        let Search { found, bytes, entries, .. } = search;
        if found.len() <= MOST && bytes <= MOST_BYTES && entries <= ENTRIES {
            edits.files.extend(found);
            return Ok(());
        }
        let reason = format!(
            "there are more new files than {MOST}, or more than {} MB of them; put in fewer at a time",
            MOST_BYTES >> 20
        );
        edits.left_out.push(LeftOut { path: format!("{} new files", found.len()), reason });
        Ok(())
    }
}

/// A walk through the folder for files that the project does not have.
struct Search<'a> {
    folder: &'a Folder,
    state: &'a ProjectState,
    found: Vec<LocalEdit>,
    bytes: u64,
    entries: usize,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.found.len() > MOST || self.bytes > MOST_BYTES || self.entries > ENTRIES
    }

    fn beneath(&mut self, folder: &Path, inside: &str, edits: &mut Edits) -> Result<(), FolderError> {
        let failed = |error: io::Error| fail(folder, "can't be read", &error);
        let mut entries: Vec<DirEntry> = match fs::read_dir(folder) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            entries => entries.and_then(Iterator::collect).map_err(failed)?,
        };
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            self.entries += 1;
            if self.is_over() {
                return Ok(());
            }
            let name = entry.file_name();
            let is_text = name.to_str().is_some();
            let name = name.to_string_lossy();
            if is_ignored(&name, inside.is_empty()) {
                continue;
            }
            let (kind, path) = (entry.file_type().map_err(failed)?, entry.path());
            let inside = if inside.is_empty() { name.into_owned() } else { format!("{inside}/{name}") };
            if !is_text {
                edits.left_out.push(LeftOut { path: inside, reason: "its name is no text".into() });
            } else if kind.is_dir() {
                self.beneath(&path, &inside, edits)?;
            } else if kind.is_file() {
                self.file(&path, inside, entry.metadata().map_or(0, |data| data.len()), edits)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, at: &Path, inside: String, size: u64, edits: &mut Edits) -> Result<(), FolderError> {
        let mut leave_out = |path: String, reason: &str| {
            edits.left_out.push(LeftOut { path, reason: reason.into() });
            Ok(())
        };
        let path = match WorkspacePath::parse(&inside) {
            Ok(path) if path.as_str() == inside => path,
            _ => return leave_out(inside, "its name is not one that every system can have"),
        };
        if self.folder.has_published(&path) {
            return Ok(());
        }
        if is_to_be_written(self.state, &path) {
            return leave_out(inside, PLANNED);
        }
        if size > LARGEST {
            return leave_out(inside, "it is larger than 1 MB");
        }
        let Some(content) = read(at)? else { return Ok(()) };
        let edit = LocalEdit { path, content: Some(content) };
        if edit.digest() != self.state.file(&edit.path).map(|file| file.content) {
            self.bytes += size;
            self.found.push(edit);
        }
        Ok(())
    }
}

/// Why a file that the team will want to write is left out.
const PLANNED: &str = "the plan has a file there, or is yet to be made; it stays as it is, and is yours";

/// Whether the team is to write this file, or one in whose place it is. Before there is a plan, that may be any.
fn is_to_be_written(state: &ProjectState, path: &WorkspacePath) -> bool {
    let is_open = |planned: &WorkspacePath| state.file(planned).is_none() && planned.overlaps(path);
    let Some(architecture) = state.architecture() else { return state.file(path).is_none() };
    let mut of_tasks = state.tasks().flat_map(|task| &task.files);
    !state.is_built()
        && (architecture.files.iter().any(|planned| is_open(&planned.path)) || of_tasks.any(is_open))
}

fn is_ignored(name: &str, is_at_the_top: bool) -> bool {
    name.starts_with('.')
        || IGNORED.contains(&name)
        || is_at_the_top && IGNORED_AT_THE_TOP.contains(&name)
        || LEFTOVERS.iter().any(|end| name.ends_with(end))
}
