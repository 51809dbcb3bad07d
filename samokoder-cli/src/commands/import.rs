//! `samokoder import`.

use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use samokoder::{
    open, pipeline,
    project::STATE_FOLDER,
    store::{Batch, Branch, Scope, Seq, StateStore},
};

use crate::{
    archive::{Archive, Refused},
    args::ImportArgs,
    chosen::Chosen,
    config::Config,
    failure::{Failure, Outcome},
    folder::{check_free, write_first_card},
    holding::Holding,
    location::{self, from_here, of_its_own, offloaded, open_store, without_password},
    project::Card,
    view,
};

/// What a file is read as.
type Opened = Archive<BufReader<File>>;

/// Records that are stored at a time.
const BATCH: usize = 200;

pub(crate) async fn import(ImportArgs { file, dir, store }: ImportArgs) -> Result<Outcome, Failure> {
    let dir = match dir {
        Some(dir) => dir,
        None => PathBuf::from(file.file_stem().unwrap_or_default()),
    };
    check_free(&dir)?;
    let state = dir.join(STATE_FOLDER);
    if state.join("state.db").exists() {
        let shown = state.display();
        return Err(Failure::usage(format!(
            "{shown} has a history already; choose another folder with --dir"
        )));
    }
    let unreadable = |error: io::Error| Failure::usage(format!("{} can't be read: {error}", file.display()));
    // Opening a pipe waits for whoever writes to it.
    if !fs::metadata(&file).map_err(unreadable)?.is_file() {
        return Err(Failure::usage(format!(
            "{} is no file: write what is in it to one first",
            file.display()
        )));
    }
    let opened = File::open(&file).map_err(unreadable)?;
    let mut archive = Archive::open(BufReader::new(opened)).map_err(|refused| say(&file, refused))?;
    let is_new = !dir.exists();
    let imported = make(&mut archive, &file, &dir, store.as_deref()).await;
    if imported.is_err() {
        // What could not be finished is not left behind as if it were; a folder with something in it stays.
        let _ = fs::remove_dir(&state);
        let _ = is_new.then(|| fs::remove_dir(&dir));
    }
    imported
}

/// Makes the folder: the history in a place of its own, then the card, then the files.
async fn make(
    archive: &mut Opened,
    file: &Path,
    dir: &Path,
    store: Option<&str>,
) -> Result<Outcome, Failure> {
    let state = dir.join(STATE_FOLDER);
    let failed = |error: io::Error| Failure::failed(format!("{} can't be written: {error}", dir.display()));
    fs::create_dir_all(&state).map_err(failed)?;
    let _holding = Holding::take(dir)?;
    let project = archive.manifest.project;
    let branch = Branch { scope: Scope::default(), project, id: archive.manifest.branch };
    let uri = store.map_or_else(|| location::DEFAULT.into(), from_here);
    let blobs = Config::load(Some(dir))?.blobs().as_deref().map(of_its_own);
    let blobs = blobs.as_deref();
    if store.is_some() {
        let store = open_store(dir, &uri, blobs).await?;
        let filled = fill(archive, file, &*store, &branch).await;
        let _ = store.close().await;
        filled?;
    } else {
        // Somewhere else until it is whole: what a crash leaves behind is no history of anything.
        let place = tempfile::Builder::new().prefix("import-").tempdir_in(&state).map_err(failed)?;
        let made = place.path().join("state.db");
        let store = offloaded(open::store(&format!("sqlite:{}", made.display())).await?, blobs)?;
        let filled = fill(archive, file, &*store, &branch).await;
        store.close().await?;
        filled?;
        fs::rename(&made, state.join("state.db")).map_err(failed)?;
    }
    let manifest = &archive.manifest;
    let card = Card {
        store: without_password(&uri),
        blobs: blobs.map(Into::into),
        branch: branch.clone(),
        description: manifest.description.clone(),
        name: manifest.name.clone(),
        chosen: Chosen::default(),
    };
    write_first_card(dir, &card)?;
    let store = open_store(dir, &uri, blobs).await?;
    let published = publish(&store, &branch, dir).await;
    let _ = store.close().await;
    published?;
    let (me, folder) = (view::command(), view::quoted(dir));
    outln!("Imported {} into {folder} (branches: {}).", view::quoted(file), manifest.branches.len());
    outln!("See: {me} log {folder}");
    Ok(Outcome::Done)
}

async fn publish(store: &Arc<dyn StateStore>, branch: &Branch, dir: &Path) -> Result<(), Failure> {
    for path in pipeline::publish(&**store, branch, dir).await? {
        outln!("Left as it is: {path}");
    }
    Ok(())
}

/// Stores all branches, with when each record was stored first.
async fn fill(archive: &mut Opened, file: &Path, store: &dyn StateStore, of: &Branch) -> Result<(), Failure> {
    if store.branches(&of.scope).await?.iter().any(|branch| branch.project == of.project) {
        return Err(Failure::usage("this store has the project already; nothing was changed"));
    }
    let refused = |refused| say(file, refused);
    for entry in archive.manifest.branches.clone() {
        let branch = Branch { id: entry.id, ..of.clone() };
        match entry.parent {
            None => store.create(&branch).await?,
            Some(parent) => {
                let from = Branch { id: parent.branch, ..of.clone() };
                drop(store.fork(&from, parent.at, entry.id, &entry.name).await?);
            }
        }
        let lease = store.acquire(&branch).await?;
        let mut head = entry.parent.map_or(Seq::START, |parent| parent.at);
        let records = archive.records(entry.id).map_err(refused)?;
        for part in records.chunks(BATCH) {
            let mut batch = Batch::default();
            for (at_ms, record) in part {
                for digest in record.contents() {
                    batch.blobs.extend(archive.content(digest).map_err(refused)?.map(Into::into));
                }
                batch.stamps.push(*at_ms);
                batch.records.push(record.clone());
            }
            head = store.append(&lease, head, batch).await?;
        }
        for (id, signal) in archive.signals(entry.id).map_err(refused)? {
            store.post(&branch, id, signal).await?;
        }
        if store.info(&branch).await?.tip != entry.tip {
            return Err(Failure::failed(format!("branch {} did not come out as it was", entry.name)));
        }
    }
    Ok(())
}

fn say(file: &Path, refused: Refused) -> Failure {
    let file = file.display();
    match refused {
        Refused::Newer(what) => Failure::failed(format!(
            "{file} was written by a newer version of samokoder ({what}); update samokoder to import it"
        )),
        Refused::Damaged(what) => Failure::failed(format!(
            "{file} is damaged, or is not a project that `export` wrote ({what}). Nothing was made"
        )),
    }
}
