//! Accepting connections.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{handle, state::State};

/// Before accepting again after a failure, which is most often too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves connections for ever. They end with this future.
pub(super) async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    connections.spawn(serve(socket, Arc::clone(&state)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(socket: TcpStream, state: Arc<State>) {
    // Else small events would wait for each other.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "a connection is not without delay");
    }
    let service = service_fn(|request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(handle::handle(state, request).await) }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
