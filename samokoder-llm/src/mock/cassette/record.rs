//! Writing exchanges down as they end.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use super::Exchange;

/// The file that exchanges are added to.
#[derive(Debug)]
pub(crate) struct Recorder {
    file: Mutex<File>,
}

/// An exchange that is going on.
#[derive(Debug)]
pub(crate) struct Recording {
    recorder: Arc<Recorder>,
    exchange: Exchange,
    response: Vec<u8>,
}

impl Recorder {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// A line is written at once, so that it is there when the client has read the response.
    fn write(&self, exchange: &Exchange) -> io::Result<()> {
        let mut line = serde_json::to_vec(exchange)?;
        line.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }
}

impl Recording {
    pub(crate) fn new(
        recorder: &Arc<Recorder>,
        provider: &str,
        method: &str,
        path: &str,
        request: &str,
    ) -> Self {
        let exchange = Exchange {
            provider: provider.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            request: request.to_owned(),
            ..Exchange::default()
        };
        Self { recorder: Arc::clone(recorder), exchange, response: Vec::new() }
    }

    pub(crate) fn began(&mut self, status: u16, headers: &[(String, String)]) {
        self.exchange.status = status;
        self.exchange.headers =
            headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
        let content_type = self.exchange.headers.get("content-type").cloned().unwrap_or_default();
        self.exchange.sse = content_type.starts_with("text/event-stream");
        self.exchange.content_type = content_type;
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.response.extend_from_slice(bytes);
    }

    /// Writes what was sent, be it all or not. Without a head there is nothing to write.
    pub(crate) fn finish(mut self) {
        if self.exchange.status == 0 {
            return;
        }
        self.exchange.response = String::from_utf8_lossy(&self.response).into_owned();
        if let Err(error) = self.recorder.write(&self.exchange) {
            tracing::error!(%error, "an exchange could not be recorded");
        }
    }
}
