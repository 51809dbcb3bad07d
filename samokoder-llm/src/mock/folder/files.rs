//! The files of one request.

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio::{fs, io::AsyncWriteExt as _};

use super::super::Reply;

/// The files of one request. Dropped before it is closed, they are marked as abandoned.
#[derive(Debug)]
pub(super) struct Slot {
    folder: PathBuf,
    name: String,
    is_closed: bool,
}

/// An answer as it is in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    is_json: bool,
    text: String,
}

impl Slot {
    /// Takes the next number, and keeps it by writing the request as it was sent.
    pub(super) async fn claim(folder: &Path, request: &[u8]) -> io::Result<Self> {
        let mut number = last_number(folder).await? + 1;
        loop {
            let name = format!("{number:04}");
            match keep(folder, &name, request).await {
                Ok(()) => return Ok(Self { folder: folder.to_owned(), name, is_closed: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes one of its files, whole or not at all.
    pub(super) async fn write(&self, what: &str, text: &str) -> io::Result<()> {
        let temporary = self.folder.join(format!(".{}-{what}", self.name));
        fs::write(&temporary, text).await?;
        fs::rename(&temporary, self.file(what)).await
    }

    /// The answer, if there is one. An empty file is not one yet.
    pub(super) async fn answer(&self) -> io::Result<Option<Answer>> {
        for (what, is_json) in [("answer.json", true), ("answer.md", false)] {
            match fs::read_to_string(self.file(what)).await {
                Ok(text) if !text.trim().is_empty() => return Ok(Some(Answer { is_json, text })),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The request is answered.
    pub(super) fn close(mut self) {
        self.is_closed = true;
    }

    fn file(&self, what: &str) -> PathBuf {
        self.folder.join(format!("{}-{what}", self.name))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.is_closed {
            return;
        }
        let text = "The client went away before this request was answered.\n";
        if let Err(error) = std::fs::write(self.file("abandoned.md"), text) {
            tracing::warn!(%error, request = self.name, "a request could not be marked as abandoned");
        }
    }
}

impl Answer {
    /// The reply that it means. The line break that editors put at the end of a file is not part of a text.
    ///
    /// # Errors
    /// In words, when it is not a reply.
    pub(super) fn reply(&self) -> Result<Reply, String> {
        if self.is_json {
            return serde_json::from_str(&self.text).map_err(|error| error.to_string());
        }
        Ok(Reply::text(self.text.strip_suffix('\n').unwrap_or(&self.text)))
    }
}

/// Writes the request of a number, whole or not at all, unless the number is another's: of this server or of another that
/// works in the folder.
async fn keep(folder: &Path, name: &str, request: &[u8]) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}-request.json"));
    // A second one who is about to take the number fails here, one who comes later at the link.
    let mut file = fs::File::create_new(&temporary).await?;
    file.write_all(request).await?;
    file.flush().await?;
    let linked = fs::hard_link(&temporary, folder.join(format!("{name}-request.json"))).await;
    fs::remove_file(&temporary).await?;
    linked
}

/// The highest number of a request in a folder; 0 if there is none.
async fn last_number(folder: &Path) -> io::Result<u32> {
    let mut entries = fs::read_dir(folder).await?;
    let mut last = 0;
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix("-request.json")?.parse().ok());
        last = last.max(number.unwrap_or(0));
    }
    Ok(last)
}
