//! A connection as frames, in both directions.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::{Buf as _, Bytes, BytesMut};
use samokoder_core::sandbox::{Duplex, OutputStream};
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf, ReadHalf, WriteHalf};

use super::frame::{Frame, MAX_PIECE};

/// How much is read at a time.
const READ: usize = 64 << 10;

/// The receiving half.
#[derive(Debug)]
pub(super) struct Receiver {
    stream: ReadHalf<Box<dyn Duplex + Sync>>,
    received: BytesMut,
}

/// The sending half.
#[derive(Debug)]
pub(super) struct Sender {
    stream: WriteHalf<Box<dyn Duplex + Sync>>,
    buffer: BytesMut,
}

pub(super) fn split(stream: Box<dyn Duplex + Sync>) -> (Receiver, Sender) {
    let (reader, writer) = tokio::io::split(stream);
    (
        Receiver { stream: reader, received: BytesMut::new() },
        Sender { stream: writer, buffer: BytesMut::new() },
    )
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl Receiver {
    /// The next frame; `None` when the peer is gone.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub(super) async fn frame(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = Frame::decode(&mut self.received).map_err(broken)? {
                return Ok(Some(frame));
            }
            self.received.reserve(READ);
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return if self.received.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    /// The next frame, which must be a message. Cancel safe, as [`frame`](Self::frame) is.
    pub(super) async fn message<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        match self.frame().await? {
            Some(Frame::Message(text)) => serde_json::from_slice(&text).map_err(broken),
            Some(_) => Err(broken("a message was expected")),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The next piece without a stream's name, or the end.
    pub(super) async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        match self.frame().await? {
            Some(Frame::Piece(None, bytes)) => Ok(Some(bytes)),
            Some(Frame::End) => Ok(None),
            Some(_) => Err(broken("a piece was expected")),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Content of exactly this size, in pieces.
    pub(super) async fn content(&mut self, size: u64) -> io::Result<Bytes> {
        let mut content = BytesMut::new();
        while (content.len() as u64) < size {
            let piece = self.piece().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            content.extend_from_slice(&piece);
        }
        if content.len() as u64 == size { Ok(content.freeze()) } else { Err(broken("more than announced")) }
    }

    /// Waits until the peer is gone, or breaks the protocol by saying something.
    pub(super) async fn gone(&mut self) {
        let _ = self.frame().await;
    }
}

impl Sender {
    pub(super) async fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        self.buffer.clear();
        frame.encode(&mut self.buffer).map_err(broken)?;
        self.stream.write_all(&self.buffer).await?;
        // What encrypts may hold something back.
        self.stream.flush().await
    }

    pub(super) async fn message(&mut self, message: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_vec(message).map_err(broken)?;
        self.frame(&Frame::Message(text.into())).await
    }

    /// Sends content in pieces; their end is not told.
    pub(super) async fn pieces(&mut self, stream: Option<OutputStream>, content: &Bytes) -> io::Result<()> {
        for start in (0..content.len()).step_by(MAX_PIECE) {
            let end = content.len().min(start + MAX_PIECE);
            self.frame(&Frame::Piece(stream, content.slice(start..end))).await?;
        }
        Ok(())
    }

    /// Sends a message if there is room for it, without waiting.
    pub(super) fn try_message(&mut self, message: &impl Serialize) {
        let mut buffer = BytesMut::new();
        let Ok(text) = serde_json::to_vec(message) else { return };
        if Frame::Message(text.into()).encode(&mut buffer).is_ok() {
            // A peer that is gone knows already.
            let mut context = Context::from_waker(Waker::noop());
            let _ = Pin::new(&mut self.stream).poll_write(&mut context, &buffer);
            let _ = Pin::new(&mut self.stream).poll_flush(&mut context);
        }
    }
}

/// A connection that has become a byte stream.
#[derive(Debug)]
pub(super) struct Raw {
    received: BytesMut,
    reader: ReadHalf<Box<dyn Duplex + Sync>>,
    writer: WriteHalf<Box<dyn Duplex + Sync>>,
}

impl Raw {
    pub(super) fn new(receiver: Receiver, sender: Sender) -> Self {
        Self { received: receiver.received, reader: receiver.stream, writer: sender.stream }
    }
}

impl AsyncRead for Raw {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.received.is_empty() {
            return Pin::new(&mut self.reader).poll_read(context, buffer);
        }
        let count = self.received.len().min(buffer.remaining());
        buffer.put_slice(&self.received[..count]);
        self.received.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Raw {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(context)
    }
}
