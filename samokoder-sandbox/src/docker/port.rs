//! A byte stream to a port of the session.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
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

/// A connection to something that listens in the session. Dropping it ends the connection.
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
    // It ends when either side does.
    Handle::current().spawn(async move {
        tokio::select! {
            () = pass(route, theirs) => {}
            _ = dropped => {}
        }
    });
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

async fn pass(mut route: Route, stream: DuplexStream) {
    let room = Arc::new(Semaphore::new(WINDOW as usize));
    let (reader, mut writer) = tokio::io::split(stream);
    let sending = feed(reader, route.sender(), Arc::clone(&room));
    let receiving = async {
        while let Ok(frame) = route.next().await {
            match frame.kind {
                Kind::Data => {
                    if writer.write_all(&frame.payload).await.is_err() {
                        return;
                    }
                    route.credit(frame.payload.len());
                }
                Kind::Credit => room.add_permits(credit(&frame)),
                Kind::End => drop(writer.shutdown().await),
                _ => return,
            }
        }
    };
    tokio::select! {
        () = receiving => {}
        never = sending => match never {},
    }
}
