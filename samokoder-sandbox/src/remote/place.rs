//! Where a broker listens, and the way there.

use std::{fmt, io, path::PathBuf};

use samokoder_core::sandbox::{Duplex, SandboxError, SandboxErrorKind};
use tokio::net::UnixStream;

#[cfg(feature = "remote-tls")]
use super::tls;
use super::{
    connection::{Receiver, Sender, split},
    message::{Answer, Hello, Request, Word},
};

/// Where a broker listens.
#[derive(Debug)]
pub(super) enum Place {
    Unix(PathBuf),
    #[cfg(feature = "remote-tls")]
    Tls(tls::Connector),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            #[cfg(feature = "remote-tls")]
            Self::Tls(connector) => f.write_str(&connector.address),
        }
    }
}

impl Place {
    async fn connect(&self) -> io::Result<Box<dyn Duplex + Sync>> {
        match self {
            Self::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
            #[cfg(feature = "remote-tls")]
            Self::Tls(connector) => connector.connect().await,
        }
    }

    /// Connects and asks.
    pub(super) async fn ask(&self, operation: &str, request: &Request) -> Result<Asked, SandboxError> {
        let stream = self.connect().await.map_err(|error| {
            // Nothing is wrong with the way there: who is there can't show who it is.
            let kind = match error.kind() {
                io::ErrorKind::InvalidData => SandboxErrorKind::InvalidRequest,
                _ => SandboxErrorKind::Infrastructure,
            };
            SandboxError::new(kind, operation, format!("no sandbox can be reached at {self}: {error}"))
        })?;
        let (receiver, sender) = split(stream);
        let mut asked = Asked { receiver, sender, operation: operation.into() };
        let said = async {
            asked.sender.message(&Hello::current()).await?;
            asked.sender.message(request).await
        };
        let said = said.await;
        // A broker that turned us away has said why, even if it no longer listens.
        let greeted = asked.receiver.message::<Hello>().await;
        let greeted = match (said, greeted) {
            (Err(error), Ok(_)) => Err(error),
            (_, greeted) => greeted,
        };
        match greeted {
            Ok(hello) if hello == Hello::current() => Ok(asked),
            Ok(hello) => {
                let (theirs, ours) = (hello.version, Hello::current().version);
                let message = format!(
                    "the broker speaks version {theirs} of the protocol, and this side version {ours}"
                );
                Err(SandboxError::unsupported(operation, message))
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let message = format!("the broker at {self} refuses: {error}");
                Err(SandboxError::new(SandboxErrorKind::InvalidRequest, operation, message))
            }
            Err(error) => Err(asked.lost(&error)),
        }
    }
}

/// A connection on which something was asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) receiver: Receiver,
    pub(super) sender: Sender,
    pub(super) operation: String,
}

impl Asked {
    /// The next answer; a refusal is an error. Cancel safe.
    pub(super) async fn answer(&mut self) -> Result<Answer, SandboxError> {
        match self.receiver.message().await {
            Ok(Answer::Failed(error)) => Err(error),
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.lost(&error)),
        }
    }

    /// The answer of a request that has none but that it is done.
    pub(super) async fn done(&mut self) -> Result<(), SandboxError> {
        match self.answer().await? {
            Answer::Done => Ok(()),
            _ => Err(self.nonsense()),
        }
    }

    pub(super) async fn tell(&mut self, word: &Word) -> Result<(), SandboxError> {
        let told = self.sender.message(word).await;
        told.map_err(|error| self.lost(&error))
    }

    pub(super) fn lost(&self, error: &io::Error) -> SandboxError {
        let message = format!("the broker is gone: {error}");
        SandboxError::new(SandboxErrorKind::Infrastructure, &self.operation, message)
    }

    pub(super) fn nonsense(&self) -> SandboxError {
        let message = "the broker answers something else than it was asked";
        SandboxError::new(SandboxErrorKind::Infrastructure, &self.operation, message)
    }
}
