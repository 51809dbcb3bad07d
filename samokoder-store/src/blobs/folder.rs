//! Contents as files.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    store::{Scope, StoreError, StoreErrorKind},
};

use super::{BlobInfo, BlobStore, folder_of, not_found, pack, unpack};

/// Contents as files: `SCOPE/ab/cdef…`, where `SCOPE` is the hash of the scope's name and the rest that of the content.
///
/// A file is written beside its place, synced and renamed, and its folder synced: whoever sees it sees all of it.
#[derive(Debug, Clone)]
pub struct FolderBlobs {
    root: PathBuf,
}

impl FolderBlobs {
    /// Contents beneath this folder, which is made when something is stored.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, scope: &Scope, digest: Digest) -> PathBuf {
        let digits = digest.to_string();
        let (first, rest) = digits.split_at(2);
        self.root.join(folder_of(scope)).join(first).join(rest)
    }
}

#[async_trait]
impl BlobStore for FolderBlobs {
    async fn put(&self, scope: &Scope, digest: Digest, content: Bytes) -> Result<(), StoreError> {
        let path = self.path(scope, digest);
        blocking("append", path.clone(), move || write(&path, &pack(&content))).await
    }

    async fn get(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        let path = self.path(scope, digest);
        let packed = blocking("blob", path.clone(), move || match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        });
        unpack(packed.await?.ok_or_else(|| not_found(digest))?, digest)
    }

    async fn list(&self, scope: &Scope) -> Result<Vec<BlobInfo>, StoreError> {
        let folder = self.root.join(folder_of(scope));
        blocking("collect", folder.clone(), move || list(&folder)).await
    }

    async fn remove(&self, scope: &Scope, digest: Digest, stored_before_ms: u64) -> Result<bool, StoreError> {
        let path = self.path(scope, digest);
        blocking("collect", path.clone(), move || {
            let is_old = match fs::metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                metadata => stamp(&metadata?)? < stored_before_ms,
            };
            if is_old {
                fs::remove_file(&path)?;
            }
            Ok(is_old)
        })
        .await
    }
}

/// Runs what waits for a disk where it keeps nobody from working.
async fn blocking<T: Send + 'static>(
    operation: &'static str,
    path: PathBuf,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let failed = |error: io::Error| {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreErrorKind::Full,
            _ => StoreErrorKind::Unavailable,
        };
        StoreError::new(kind, operation, format!("{}: {error}", path.display())).caused_by(error)
    };
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(failed)
}

fn write(path: &Path, packed: &[u8]) -> io::Result<()> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    match File::options().write(true).open(path) {
        // As new: who collects what nobody needs must not take it away from whoever needs it from now on.
        Ok(file) => return file.set_modified(now()).and_then(|()| file.sync_all()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // A name that nobody else writes to: the same content may be stored twice at once.
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{number}.new", std::process::id()));
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(packed)?;
        // The file system's own stamp can be some milliseconds old.
        file.set_modified(now())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        // Half of a content is of use to nobody.
        let _ = fs::remove_file(&temporary);
    })?;
    // The name is durable when its folder is, and that one's when the folder above is.
    for folder in folder.ancestors().take(3).filter(|folder| folder.is_dir()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn list(folder: &Path) -> io::Result<Vec<BlobInfo>> {
    let mut found = Vec::new();
    for first in entries(folder)? {
        let first = first?;
        if !first.file_type()?.is_dir() {
            continue;
        }
        for rest in entries(&first.path())? {
            let rest = rest?;
            let name = [first.file_name(), rest.file_name()].map(|name| name.to_string_lossy().into_owned());
            // What was being written when a process was killed is no content.
            if let Ok(digest) = name.concat().parse() {
                let metadata = rest.metadata()?;
                found.push(BlobInfo::new(digest, metadata.len(), stamp(&metadata)?));
            }
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<Box<dyn Iterator<Item = io::Result<fs::DirEntry>>>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Box::new(entries)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Box::new(std::iter::empty())),
        Err(error) => Err(error),
    }
}

fn stamp(metadata: &fs::Metadata) -> io::Result<u64> {
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[expect(
    clippy::disallowed_methods,
    reason = "says when a content was stored; nothing in a run depends on it"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
