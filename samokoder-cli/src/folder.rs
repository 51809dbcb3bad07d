//! An app's folder: what is in it, and what says whose it is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use samokoder::{
    project::{ProjectState, STATE_FOLDER, WorkspacePath},
    sandbox::CheckoutFile,
};

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
        return Err(Failure::usage(format!(
            "{shown} is an app already. Changing a finished app is not possible yet; \
             `samokoder resume` goes on with an unfinished one. Nothing was touched"
        )));
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

/// Writes the card down, whole or not at all.
pub(crate) fn write_card(folder: &Path, card: &Card) -> io::Result<()> {
    let path = card_path(folder);
    fs::create_dir_all(folder.join(STATE_FOLDER))?;
    let temporary = path.with_extension("new");
    fs::write(&temporary, serde_json::to_vec_pretty(card)?)?;
    fs::File::open(&temporary)?.sync_all()?;
    fs::rename(&temporary, &path)
}
