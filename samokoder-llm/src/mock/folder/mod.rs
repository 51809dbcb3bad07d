//! A folder in which a person or a program plays the model.
//!
//! Each request is a pair of files, `0001-request.md` to read and `0001-request.json` as it was sent. Its answer is
//! awaited as `0001-answer.md`, text, or `0001-answer.json`, a [`Reply`]. An answer that is not one gets
//! `0001-problem.md`, a request whose client went away `0001-abandoned.md`.

mod files;
mod page;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Reply, question::Question};
use files::Slot;

/// How often answers are looked for: unnoticed by a person, and no load.
const INTERVAL: Duration = Duration::from_millis(100);

/// A folder in which a person or a program plays the model.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    interval: Duration,
}

impl Folder {
    /// A folder; it is made if it is not there. Numbers go on after those of the requests in it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), interval: INTERVAL }
    }

    /// Sets how often answers are looked for.
    #[must_use]
    pub fn polled_every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a request into the folder and waits for its answer.
    ///
    /// # Cancel safety
    /// Dropped, the request is marked as abandoned.
    pub(crate) async fn ask(&self, question: &Question, request: &[u8]) -> io::Result<Reply> {
        let slot = Slot::claim(&self.path, request).await?;
        slot.write("request.md", &page::page(question, slot.name())).await?;
        let (mut last, mut refused) = (None, None);
        loop {
            let found = slot.answer().await?.filter(|answer| refused.as_ref() != Some(answer));
            // A file that is still being written changes between two looks.
            if let Some(answer) = found.as_ref().filter(|_| found == last) {
                match answer.reply() {
                    Ok(reply) => {
                        slot.close();
                        return Ok(reply);
                    }
                    Err(why) => {
                        let name = slot.name();
                        let text = format!("{name}-answer.json is not a reply: {why}. Write it again.\n");
                        slot.write("problem.md", &text).await?;
                        refused = found.clone();
                    }
                }
            }
            last = found;
            tokio::time::sleep(self.interval).await;
        }
    }
}
