//! A byte stream to a port of the session.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use samokoder_core::sandbox::Duplex;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf},
    runtime::Handle,
    sync::{Semaphore, oneshot},
};

use super::{
    agent::{Kind, PIECE, WINDOW},
    link::Route,
    running::{credit, feed},
};

/// How long what was said last may take to arrive.
const PATIENCE: Duration = Duration::from_secs(1);

/// A connection to something that listens in the session. Dropping it ends the connection, after what was said on it.
#[derive(Debug)]
struct Port {
    stream: DuplexStream,
    /// Half a connection can be closed on purpose; this is closed with the whole.
    _whole: oneshot::Sender<Infallible>,
}

/// The stream of a connection that the agent has made. It ends with the session.
pub(super) fn stream(route: Route) -> Box<dyn Duplex> {
    let (ours, theirs) = tokio::io::duplex(2 * PIECE);
    let (whole, dropped) = oneshot::channel();
    Handle::current().spawn(pass(route, theirs, dropped));
    Box::new(Port { stream: ours, _whole: whole })
}

impl AsyncRead for Port {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Port {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Passes on what is said until the other side ends, or this one was dropped and all that it had said is there.
async fn pass(mut route: Route, stream: DuplexStream, dropped: oneshot::Receiver<Infallible>) {
    let room = Arc::new(Semaphore::new(WINDOW as usize));
    let (reader, mut writer) = tokio::io::split(stream);
    let sender = route.sender();
    let sending = async {
        let sent = feed(reader, sender, Arc::clone(&room));
        tokio::pin!(sent, dropped);
        let is_sent = tokio::select! {
            () = &mut sent => true,
            _ = &mut dropped => false,
        };
        if is_sent {
            // Half of it is closed; what comes is still read.
            let _ = dropped.await;
        }
        let rest = async {
            if !is_sent {
                sent.await;
            }
            // When as much may be sent as at the beginning, all of it has been taken.
            let _ = room.acquire_many(WINDOW).await;
        };
        let _ = tokio::time::timeout(PATIENCE, rest).await;
    };
    let receiving = async {
        while let Ok(frame) = route.next().await {
            match frame.kind {
                Kind::Data => {
                    // What nobody reads any more gets no credit.
                    if writer.write_all(&frame.payload).await.is_ok() {
                        route.credit(frame.payload.len());
                    }
                }
                Kind::Credit => room.add_permits(credit(&frame)),
                Kind::End => drop(writer.shutdown().await),
                _ => return,
            }
        }
    };
    tokio::select! {
        () = receiving => {}
        () = sending => {}
    }
}
