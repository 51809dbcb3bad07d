//! `samokoder sandbox serve`.

use crate::{
    args::ServeArgs,
    failure::{Failure, Outcome},
};

#[cfg(unix)]
pub(super) async fn serve(args: ServeArgs) -> Result<Outcome, Failure> {
    use std::sync::Arc;

    use samokoder::open::{Quota, remote::Broker};

    use super::run::interrupted;
    use crate::view;

    let (uri, sandbox) = super::chosen(args.backend)?;
    // What this machine can't give is said now, and not to the first who asks.
    sandbox.capabilities().await?;
    let quota = Quota::new(sandbox, args.sessions_per_tenant, args.sessions);
    let socket = std::path::absolute(&args.socket).map_err(|error| Failure::usage(error.to_string()))?;
    let listener = Broker::listen(&socket)
        .map_err(|error| Failure::usage(format!("{} can't be listened at: {error}", socket.display())))?;
    outln!(
        "Serving {uri} as remote:unix:{}. Ctrl-C stops it, and ends every session.",
        view::quoted(&socket)
    );
    tokio::select! {
        () = Broker::new(Arc::new(quota)).serve(listener) => {}
        _ = interrupted() => {}
    }
    let _ = std::fs::remove_file(&socket);
    outln!("Stopped.");
    Ok(Outcome::Done)
}

#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "where there are such sockets, it waits")]
pub(super) async fn serve(args: ServeArgs) -> Result<Outcome, Failure> {
    let socket = args.socket.display();
    Err(Failure::usage(format!("{socket}: there are no Unix sockets on this system")))
}
