//! How a server is started.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use tokio::{net::TcpListener, task::JoinSet};

use super::{
    super::{
        Cassette, Folder, Latency, Script,
        cassette::{Recorder, Replay},
        script::Choice,
        stats::Ledger,
    },
    MockServer, connections,
    state::{Answers, State},
};

/// Where answers come from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Source {
    /// A script.
    Script(Script),
    /// A folder, in which a person or a program answers.
    Folder(Folder),
    /// A recording, which also says what must be asked.
    Cassette(Cassette),
}

/// The settings of a server.
#[derive(Debug)]
#[must_use = "a server starts with `start`"]
pub struct MockServerBuilder {
    source: Source,
    address: SocketAddr,
    record: Option<PathBuf>,
    latency: Latency,
}

impl MockServerBuilder {
    pub(super) fn new(source: Source) -> Self {
        let latency = match &source {
            Source::Script(script) => script.latency,
            _ => Latency::default(),
        };
        Self { source, address: (Ipv4Addr::LOCALHOST, 0).into(), record: None, latency }
    }

    /// Sets the address to listen on, in place of a free port of 127.0.0.1.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Adds each exchange to the end of a file, in the form that [`Cassette`] reads.
    pub fn record(mut self, path: impl Into<PathBuf>) -> Self {
        self.record = Some(path.into());
        self
    }

    /// Sets how slow answers are that say nothing about it.
    pub fn latency(mut self, latency: Latency) -> Self {
        self.latency = latency;
        self
    }

    /// Starts the server on the runtime of the caller.
    ///
    /// # Errors
    /// When the address is taken, or the folder or the file to record into can't be made.
    pub async fn start(self) -> io::Result<MockServer> {
        let answers = match self.source {
            Source::Script(script) => Answers::Script(Choice::new(script)),
            Source::Folder(folder) => {
                tokio::fs::create_dir_all(folder.path()).await?;
                Answers::Folder(folder)
            }
            Source::Cassette(cassette) => Answers::Replay(Replay::new(cassette)),
        };
        let recorder = self.record.map(|path| Recorder::open(&path)).transpose()?;
        let listener = TcpListener::bind(self.address).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            answers,
            ledger: Ledger::new(),
            recorder: recorder.map(Arc::new),
            latency: self.latency,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(connections::accept(listener, Arc::clone(&state)));
        Ok(MockServer { address, state, tasks })
    }
}
