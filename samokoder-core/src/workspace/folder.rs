//! Writing the files of a project to a folder, and finding what a person changed there.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Edits;
use crate::{
    digest::Digest,
    project::{ProjectState, STATE_FOLDER, WorkspacePath},
};

/// A folder that the files of a project are published to.
///
/// A manifest beside the state says what was written last. A file that differs from it was changed by a person, and is
/// never written over: it is found by [`edits`](Self::edits) and becomes a commit of its own.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    published: BTreeMap<WorkspacePath, Digest>,
    manifest: Option<File>,
}

/// A folder that can't be read or written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {message}", path.display())]
pub struct FolderError {
    path: PathBuf,
    message: String,
}

/// No file that was published is larger than this, in bytes, unless a model wrote it so.
pub(super) const HUGE: u64 = 16 << 20;

/// A line of the manifest: what a file holds from now on. Later lines count.
#[derive(Serialize, Deserialize)]
struct Line {
    path: WorkspacePath,
    content: Option<Digest>,
}

impl Folder {
    /// The folder at this path, with what is known of it. It is made when something is written.
    ///
    /// # Errors
    /// [`FolderError`] when the manifest can't be read.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let root = root.into();
        let mut folder = Self { root, published: BTreeMap::new(), manifest: None };
        let path = folder.manifest_path();
        let text = read(&path)?.unwrap_or_default();
        // A crash can cut the last line off: the file it stood for then looks edited, to what it is in the state.
        for line in text.split(|byte| *byte == b'\n') {
            if let Ok(Line { path, content }) = serde_json::from_slice(line) {
                folder.know(path, content);
            }
        }
        Ok(folder)
    }

    /// The files that are not published as they are in `state`.
    pub fn outdated(&self, state: &ProjectState) -> Vec<WorkspacePath> {
        let changed = state.files().filter(|(path, file)| self.published.get(*path) != Some(&file.content));
        let gone = self.published.keys().filter(|path| state.file(path).is_none());
        changed.map(|(path, _)| path).chain(gone).cloned().collect()
    }

    /// Makes a file hold `content`, or removes it. A file that a person changed is left as it is: the answer is `false`.
    ///
    /// # Errors
    /// [`FolderError`] when something can't be read or written. Publishing again goes on where this stopped.
    pub fn publish(&mut self, path: &WorkspacePath, content: Option<Bytes>) -> Result<bool, FolderError> {
        let target = self.root.join(path.as_str());
        let wanted = content.as_ref().map(|content| Digest::of(content));
        let length = content.as_ref().map_or(0, Bytes::len) as u64;
        if self.look_at(path).is_some_and(|found| found.is_file() && found.len() > HUGE.max(length)) {
            // A person's, whatever is in it.
            return Ok(false);
        }
        let on_disk = self.read(path)?.map(|content| Digest::of(&content));
        if on_disk != wanted {
            if on_disk.is_some() && on_disk.as_ref() != self.published.get(path) {
                return Ok(false);
            }
            if let Some(content) = content {
                if let Some(link) = self.link_above(path) {
                    let message = "is a link, through which nothing is written; move it away";
                    return Err(FolderError { path: link, message: message.into() });
                }
                write(&target, &content)?;
            } else {
                fs::remove_file(&target).map_err(|error| fail(&target, "can't be removed", &error))?;
                remove_empty(&self.root, &target);
            }
        }
        self.note(path, wanted)?;
        Ok(true)
    }

    /// Forgets that this file was written by us: it counts as a person's.
    pub(crate) fn disown(&mut self, path: &WorkspacePath) {
        self.published.remove(path);
    }

    /// What was written to this file last, if it is known.
    pub(crate) fn last_written(&self, path: &WorkspacePath) -> Option<Digest> {
        self.published.get(path).copied()
    }

    /// Whether anything was ever written.
    pub fn is_published(&self) -> bool {
        !self.published.is_empty()
    }

    /// The content of a regular file; `None` when there is none, or only one that a link leads to.
    pub(super) fn read(&self, path: &WorkspacePath) -> Result<Option<Bytes>, FolderError> {
        if self.link_above(path).is_some() { Ok(None) } else { read(&self.root.join(path.as_str())) }
    }

    /// What is in the place of a file, unless a link leads there.
    pub(super) fn look_at(&self, path: &WorkspacePath) -> Option<Metadata> {
        if self.link_above(path).is_some() {
            return None;
        }
        fs::symlink_metadata(self.root.join(path.as_str())).ok()
    }

    /// The first of the folders above a file that is a symbolic link, which may lead anywhere.
    fn link_above(&self, path: &WorkspacePath) -> Option<PathBuf> {
        let names = path.as_str().split('/');
        let mut folder = self.root.clone();
        for name in names.clone().take(names.count() - 1) {
            folder.push(name);
            if fs::symlink_metadata(&folder).is_ok_and(|found| found.is_symlink()) {
                return Some(folder);
            }
        }
        None
    }

    /// Where it is.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether it wrote this file.
    pub(super) fn has_published(&self, path: &WorkspacePath) -> bool {
        self.published.contains_key(path)
    }

    /// What was written last, as far as it is known.
    pub(super) fn published(&self) -> impl Iterator<Item = (&WorkspacePath, &Digest)> {
        self.published.iter()
    }

    /// Takes note that `edits` are part of the project, so that they count as published, and of what a crash kept from the
    /// notes: what is gone was taken away then, and is not missed on a branch that has it.
    ///
    /// # Errors
    /// [`FolderError`] when the manifest can't be written.
    pub fn accept(&mut self, edits: &Edits) -> Result<(), FolderError> {
        let mut all = edits.settled.iter().chain(&edits.files);
        all.try_for_each(|edit| self.note(&edit.path, edit.digest()))
    }

    /// Adds a line to the manifest. It costs the line, however many files there are.
    fn note(&mut self, path: &WorkspacePath, content: Option<Digest>) -> Result<(), FolderError> {
        let manifest = self.manifest_path();
        let failed = |error: io::Error| fail(&manifest, "can't be written", &error);
        if self.manifest.is_none() {
            if let Some(parent) = manifest.parent() {
                fs::create_dir_all(parent).map_err(failed)?;
            }
            let mut file = File::options().create(true).append(true).open(&manifest).map_err(failed)?;
            // Ends a line that a crash cut off.
            file.write_all(b"\n").map_err(failed)?;
            self.manifest = Some(file);
        }
        if let Some(file) = &mut self.manifest {
            let line =
                serde_json::to_string(&Line { path: path.clone(), content }).unwrap_or_default() + "\n";
            file.write_all(line.as_bytes()).map_err(failed)?;
        }
        self.know(path.clone(), content);
        Ok(())
    }

    fn know(&mut self, path: WorkspacePath, content: Option<Digest>) {
        match content {
            Some(content) => self.published.insert(path, content),
            None => self.published.remove(&path),
        };
    }

    fn manifest_path(&self) -> PathBuf {
        self.root.join(STATE_FOLDER).join("published.jsonl")
    }
}

pub(super) fn fail(path: &Path, what: &str, error: &io::Error) -> FolderError {
    FolderError { path: path.into(), message: format!("{what}: {error}") }
}

/// The content of a regular file; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<Bytes>, FolderError> {
    match fs::symlink_metadata(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(fail(path, "can't be read", &error)),
        Ok(kind) if !kind.is_file() => {
            Err(FolderError { path: path.into(), message: "is not a regular file; move it away".into() })
        }
        Ok(_) => {
            fs::read(path).map(|content| Some(content.into())).map_err(|e| fail(path, "can't be read", &e))
        }
    }
}

/// Removes the folders that held nothing but a file that is gone.
fn remove_empty(root: &Path, file: &Path) {
    for folder in file.ancestors().skip(1).take_while(|folder| *folder != root) {
        // One that holds something else can't be removed, and is not to be.
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// Replaces a file as a whole: whoever reads it sees the old content or the new one.
fn write(path: &Path, content: &[u8]) -> Result<(), FolderError> {
    let failed = |error: io::Error| fail(path, "can't be written", &error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| {
            let in_the_way = parent.ancestors().find(|above| above.exists() && !above.is_dir());
            match in_the_way {
                Some(above) => {
                    FolderError { path: above.into(), message: "is not a folder; move it away".into() }
                }
                None => fail(parent, "can't be made", &error),
            }
        })?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".samokoder-new");
    let temporary = path.with_file_name(name);
    fs::write(&temporary, content).map_err(failed)?;
    if let Ok(before) = fs::metadata(path) {
        // Who may read and run it is a person's to say.
        fs::set_permissions(&temporary, before.permissions()).map_err(failed)?;
    }
    fs::rename(&temporary, path).map_err(failed)
}
