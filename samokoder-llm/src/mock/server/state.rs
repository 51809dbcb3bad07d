//! What all connections share.

use std::{io, sync::Arc};

use super::super::{
    Folder, Latency, Reply,
    cassette::{Recorder, Replay},
    question::Question,
    script::{Access, Choice},
    stats::Ledger,
};

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) answers: Answers,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) recorder: Option<Arc<Recorder>>,
    pub(crate) latency: Latency,
}

/// Where answers come from, and how far that is used up.
#[derive(Debug)]
pub(crate) enum Answers {
    Script(Choice),
    Folder(Folder),
    Replay(Replay),
}

impl State {
    /// Which keys and models are accepted.
    pub(crate) fn access(&self) -> &Access {
        static ANY: Access = Access { keys: Vec::new(), models: Vec::new() };
        match &self.answers {
            Answers::Script(choice) => &choice.script().access,
            Answers::Folder(_) | Answers::Replay(_) => &ANY,
        }
    }

    /// The reply to a request; an error if the folder is gone.
    pub(crate) async fn reply(&self, question: &Question, request: &[u8]) -> io::Result<Reply> {
        match &self.answers {
            Answers::Script(choice) => Ok(choice.reply(question)),
            Answers::Folder(folder) => folder.ask(question, request).await,
            Answers::Replay(_) => Err(io::Error::other("a recording answers whole requests")),
        }
    }
}
