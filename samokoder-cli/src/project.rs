//! An app's folder, and the way from it to the app's history.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use samokoder::{
    id::{BranchId, ProjectId},
    pipeline::History,
    project::STATE_FOLDER,
    store::{Branch, Lease, Scope, Seq, StateStore, StoreErrorKind},
    workspace::Folder,
};
use serde::{Deserialize, Serialize};

use crate::{
    branches::Branches,
    chosen::Chosen,
    failure::Failure,
    folder::{card_path, check_free, check_text, read_text, write_card, write_first_card},
    holding::{self, Holding},
    location::{self, from_here, of_its_own, open_store, without_password},
    view,
};

/// The store that is gone with the process.
const MEMORY: &str = "memory:";

/// What is written down before anything else, so that a run that is killed at any moment can be found again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Card {
    /// Where the history is kept, without a password. A relative path of `sqlite:` is one in the state folder.
    pub(crate) store: String,
    /// Where its large contents are, when they are somewhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) blobs: Option<String>,
    /// The branch in it.
    pub(crate) branch: Branch,
    /// What was typed.
    pub(crate) description: String,
    /// The name that was typed.
    pub(crate) name: Option<String>,
    /// What else was typed and still holds.
    #[serde(flatten)]
    pub(crate) chosen: Chosen,
}

/// An app's folder that has a history.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) card: Card,
    pub(crate) store: Arc<dyn StateStore>,
    /// Where the history is that was opened, without a password: it may have been typed, and not be the card's.
    uri: String,
    /// Whether the folder was made for it.
    is_new: bool,
}

impl Project {
    /// Makes a folder for an app. It must not be there, or be empty.
    pub(crate) async fn create(
        folder: &Path,
        store: Option<&str>,
        blobs: Option<&str>,
        description: &str,
        name: Option<&str>,
        chosen: Chosen,
    ) -> Result<Self, Failure> {
        check_text(folder)?;
        check_free(folder)?;
        let is_new = !folder.exists();
        let uri = store.map_or_else(|| location::DEFAULT.into(), from_here);
        let card = Card {
            store: without_password(&uri),
            blobs: blobs.map(of_its_own),
            branch: Branch { scope: Scope::default(), project: ProjectId::fresh(), id: BranchId::fresh() },
            description: description.into(),
            name: name.map(Into::into),
            chosen,
        };
        if store.is_some() || blobs.is_some() {
            // A wrong URI leaves nothing behind.
            let store = if store.is_some() { &uri } else { MEMORY };
            open_store(folder, store, card.blobs.as_deref()).await?.close().await?;
        }
        write_first_card(folder, &card)?;
        Ok(Self { is_new, ..Self::with_card(folder, card, &uri).await? })
    }

    /// Opens the folder of an app, whose history is where it was when it was made unless `store` says something else.
    async fn open(folder: &Path, store: Option<&str>) -> Result<Self, Failure> {
        check_text(folder)?;
        let path = card_path(folder);
        let text = read_text(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                if folder.join(STATE_FOLDER).join("state.db").exists() {
                    let path = path.display();
                    return Failure::failed(format!(
                        "{path}, which says what is in {STATE_FOLDER}, is gone; put it back from a backup"
                    ));
                }
                let folder = folder.display();
                Failure::usage(format!(
                    "{folder} is not an app that samokoder made: there is no {STATE_FOLDER} in it"
                ))
            }
            _ => Failure::failed(format!("{}: {error}", path.display())),
        })?;
        let card: Card = serde_json::from_str(&text).map_err(|error| {
            let message = format!("{} is damaged ({error}); put it back from a backup", path.display());
            Failure::failed(message)
        })?;
        let uri = store.map_or_else(|| card.store.clone(), from_here);
        Self::with_card(folder, card, &uri).await
    }

    async fn with_card(folder: &Path, card: Card, uri: &str) -> Result<Self, Failure> {
        let store = open_store(folder, uri, card.blobs.as_deref()).await?;
        Ok(Self { folder: folder.into(), card, store, uri: without_password(uri), is_new: false })
    }

    /// Opens the folder of an app, lets `work` have it, and closes it however that ends.
    pub(crate) async fn with<T>(
        folder: &Path,
        store: Option<&str>,
        work: impl AsyncFnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let project = Self::open(folder, store).await?;
        let outcome = work(&project).await;
        project.close().await;
        outcome
    }

    /// As [`with`](Self::with), as the only one that works in the folder.
    pub(crate) async fn alone<T>(
        folder: &Path,
        store: Option<&str>,
        work: impl AsyncFnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // Before the card is read: it says what is checked out, which another one may be about to change.
        let _holding = Holding::take(folder)?;
        Self::with(folder, store, work).await
    }

    /// The right to write to the branch that is checked out.
    pub(crate) async fn lease(&self) -> Result<Lease, Failure> {
        self.lease_on(&self.card.branch).await
    }

    /// The right to write to a branch.
    pub(crate) async fn lease_on(&self, branch: &Branch) -> Result<Lease, Failure> {
        self.store.acquire(branch).await.map_err(|error| match error.kind {
            StoreErrorKind::LeaseHeld => holding::busy(&self.folder),
            _ => error.into(),
        })
    }

    /// Waits for the lease of a run that was killed: on a server it lasts until it has run out. Who works in the folder
    /// is alone there.
    pub(crate) async fn wait_for_lease(&self) -> Result<(), Failure> {
        /// As long as one lasts that is not renewed, and somewhat longer.
        const LONGEST: Duration = Duration::from_secs(33);
        const PAUSE: Duration = Duration::from_millis(500);
        let end = Instant::now() + LONGEST;
        // A file's lease is gone with its holder.
        let (runs_out, mut is_told) = (self.uri.starts_with("postgres"), false);
        loop {
            match self.store.acquire(&self.card.branch).await {
                Err(error) if error.kind == StoreErrorKind::LeaseHeld => {}
                // What else is wrong, whoever goes on is told.
                _ => return Ok(()),
            }
            if !runs_out || Instant::now() > end {
                return Err(holding::busy(&self.folder));
            }
            if !std::mem::replace(&mut is_told, true) {
                errln!(
                    "A run was at work here a moment ago; waiting up to {} s until it counts as gone.",
                    LONGEST.as_secs()
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Writes down what was chosen, if it is not what was chosen before.
    pub(crate) fn keep(&self, chosen: &Chosen) -> Result<(), Failure> {
        if *chosen == self.card.chosen {
            return Ok(());
        }
        let card = Card { chosen: chosen.clone(), ..self.card.clone() };
        write_card(&self.folder, &card).map_err(|error| {
            Failure::failed(format!("{} can't be written: {error}", card_path(&self.folder).display()))
        })
    }

    /// The branches of the project.
    pub(crate) async fn branches(&self) -> Result<Branches, Failure> {
        self.must_have_begun().await?;
        Branches::load(&*self.store, &self.card.branch).await
    }

    /// A version of a branch, which must be there; the latest one when none is named.
    pub(crate) async fn version(&self, branch: &Branch, at: Option<Seq>) -> Result<History, Failure> {
        let latest = History::load(&*self.store, branch).await?;
        let Some(at) = at else { return Ok(latest) };
        let last = latest.state().version();
        let history = History::load_until(&*self.store, branch, at).await?;
        if at <= last && history.state().version() > Seq::START {
            return Ok(history);
        }
        let (me, folder) = (view::command(), view::quoted(&self.folder));
        let log = if *branch == self.card.branch {
            format!("{me} log {folder}")
        } else {
            format!("{me} log {folder} --branch {}", branch.id)
        };
        let message =
            format!("{folder} has no version {at}; the latest is {last}, and `{log}` lists them all");
        Err(Failure::usage(message))
    }

    /// Closes the history, which is one file then.
    pub(crate) async fn close(&self) {
        // Nothing is lost by a log that could not be written back: it stays, and the next one to open the file reads it.
        let _ = self.store.close().await;
    }

    /// Takes back a folder in which nothing was recorded. A store somewhere else stays.
    pub(crate) fn discard(&self) {
        // What can't be removed is empty of anything of worth, and says so when it is resumed.
        let _ = fs::remove_dir_all(self.folder.join(STATE_FOLDER));
        if self.is_new {
            let _ = fs::remove_dir(&self.folder);
        }
    }

    /// Whether anything has been recorded.
    pub(crate) async fn has_begun(&self) -> Result<bool, Failure> {
        let begun = match self.store.read(&self.card.branch, Seq::START, 1).await {
            Ok(records) => !records.is_empty(),
            Err(error) if error.kind == StoreErrorKind::NotFound => false,
            Err(error) => return Err(error.into()),
        };
        if !begun && self.uri != MEMORY && Folder::open(&self.folder)?.is_published() {
            let (folder, store) = (view::quoted(&self.folder), &self.uri);
            let message = format!(
                "the history of {folder} is gone: files were written from it, and it is not in {store} any more; put it \
                 back from a backup, or build the app anew in another folder"
            );
            return Err(Failure::failed(message));
        }
        Ok(begun)
    }

    /// Fails unless something has been recorded.
    pub(crate) async fn must_have_begun(&self) -> Result<(), Failure> {
        if self.has_begun().await? {
            return Ok(());
        }
        let folder = view::quoted(&self.folder);
        let why = match self.uri.as_str() {
            MEMORY => format!("the history of {folder} was kept in memory and is gone; build it again with"),
            _ => format!("nothing has happened in {folder} yet; begin with"),
        };
        Err(Failure::failed(format!("{why}: {} resume {folder}", view::command())))
    }

    /// The history up to a version, or all of it. It must have begun.
    pub(crate) async fn history(&self, until: Option<Seq>) -> Result<History, Failure> {
        self.must_have_begun().await?;
        Ok(History::load_until(&*self.store, &self.card.branch, until.unwrap_or(Seq(u64::MAX))).await?)
    }
}
