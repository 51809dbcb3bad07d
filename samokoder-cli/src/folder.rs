//! An app's folder: what is in it, and what says whose it is.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use samokoder::{
    project::{ProjectState, STATE_FOLDER, WorkspacePath},
    sandbox::CheckoutFile,
};
use tempfile::NamedTempFile;

use crate::{config, failure::Failure, project::Card, view};

/// The app's files as they are in the folder, a person's edits included.
pub(crate) fn read_files(folder: &Path, state: &ProjectState) -> Result<Vec<CheckoutFile>, Failure> {
    let read = |path: PathBuf| {
        fs::read(&path).map_err(|error| {
            let path = path.display();
            let what_to_do = match error.kind() {
                io::ErrorKind::NotFound => {
                    let (me, folder) = (view::command(), view::quoted(folder));
                    format!("; put it back, or `{me} resume {folder}` records that it is gone")
                }
                _ => String::new(),
            };
            Failure::failed(format!("{path} can't be read: {error}{what_to_do}"))
        })
    };
    let file = |path: &WorkspacePath| {
        Ok(CheckoutFile { path: path.clone(), content: read(folder.join(path.as_str()))?.into() })
    };
    state.files().map(|(path, _)| file(path)).collect()
}

/// The text of a file: opening a pipe would wait for whoever writes to it.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file; move it away"));
    }
    fs::read_to_string(path)
}

/// A folder whose path is a text: a history is found by it.
pub(crate) fn check_text(folder: &Path) -> Result<(), Failure> {
    if folder.to_str().is_some() {
        return Ok(());
    }
    Err(Failure::usage(format!("{} is no UTF-8; give the folder another name", folder.display())))
}

/// A folder that can be filled: not there, or empty but for its configuration and a state folder in which nothing was ever
/// written down.
pub(crate) fn check_free(folder: &Path) -> Result<(), Failure> {
    let shown = folder.display();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::usage(format!(
                "{shown} can't be used: {error}; choose another folder with --dir"
            )));
        }
        Ok(entries) => entries,
    };
    if card_path(folder).exists() {
        return Err(is_taken(folder));
    }
    let others = entries
        .flatten()
        .any(|entry| ![STATE_FOLDER, config::NAME].iter().any(|name| entry.file_name() == *name));
    if others {
        return Err(Failure::usage(format!(
            "{shown} is not empty; choose another folder with --dir. Nothing was touched"
        )));
    }
    Ok(())
}

/// Where the card is.
pub(crate) fn card_path(folder: &Path) -> PathBuf {
    folder.join(STATE_FOLDER).join("project.json")
}

/// Writes the first card of a folder, whole or not at all. Of two that do it at once, one is told that the folder is taken.
pub(crate) fn write_first_card(folder: &Path, card: &Card) -> Result<(), Failure> {
    let unwritable = |error: io::Error| {
        let folder = folder.display();
        Failure::failed(format!("{folder} can't be written: {error}; choose another folder with --dir"))
    };
    let kept = aside(folder, card).map_err(unwritable)?.persist_noclobber(card_path(folder));
    kept.map(drop).map_err(|failed| match failed.error.kind() {
        io::ErrorKind::AlreadyExists => is_taken(folder),
        _ => unwritable(failed.error),
    })
}

/// Writes another card, whole or not at all.
pub(crate) fn write_card(folder: &Path, card: &Card) -> io::Result<()> {
    aside(folder, card)?.persist(card_path(folder)).map(drop).map_err(|failed| failed.error)
}

/// A card in a file that has no name of its own yet.
fn aside(folder: &Path, card: &Card) -> io::Result<NamedTempFile> {
    let state = folder.join(STATE_FOLDER);
    fs::create_dir_all(&state)?;
    let mut file = files_as_usual().prefix("project-").tempfile_in(state)?;
    file.write_all(&serde_json::to_vec_pretty(card)?)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Temporary files that those may read who may read any other.
pub(crate) fn files_as_usual() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

fn is_taken(folder: &Path) -> Failure {
    let shown = folder.display();
    Failure::usage(format!(
        "{shown} is an app already. Changing a finished app is not possible yet; \
         `samokoder resume` goes on with an unfinished one. Nothing was touched"
    ))
}
