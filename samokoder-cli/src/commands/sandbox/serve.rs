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

    let (uri, sandbox) = super::chosen(args.backend.clone())?;
    // What this machine can't give is said now, and not to the first who asks.
    sandbox.capabilities().await?;
    let quota = Quota::new(sandbox, args.sessions_per_tenant, args.sessions);
    let (listener, name) = listen(&args).await?;
    outln!("Serving {uri} as {name}. Ctrl-C stops it, and ends every session.");
    tokio::select! {
        () = Broker::new(Arc::new(quota)).hosts(args.allow).serve(listener) => {}
        _ = interrupted() => {}
    }
    if let Some(socket) = &args.socket {
        let _ = std::fs::remove_file(socket);
    }
    outln!("Stopped.");
    Ok(Outcome::Done)
}

/// Where clients connect, and how they name it.
#[cfg(unix)]
async fn listen(args: &ServeArgs) -> Result<(samokoder::open::remote::Listener, String), Failure> {
    use samokoder::open::remote::{Broker, Credentials, Listener};

    use crate::view;

    let failed = |place: &dyn std::fmt::Display, error: std::io::Error| {
        Failure::usage(format!("{place} can't be listened at: {error}"))
    };
    match (&args.socket, &args.tls, &args.certificate, &args.key, &args.authority) {
        (Some(socket), ..) => {
            let socket = std::path::absolute(socket).map_err(|error| Failure::usage(error.to_string()))?;
            let listener = Broker::listen(&socket).map_err(|error| failed(&socket.display(), error))?;
            Ok((listener.into(), format!("remote:unix:{}", view::quoted(&socket))))
        }
        (None, Some(address), Some(certificate), Some(key), Some(authority)) => {
            let credentials = Credentials {
                certificate: certificate.clone(),
                key: key.clone(),
                authority: authority.clone(),
            };
            let listener =
                Listener::tls(address, &credentials).await.map_err(|error| failed(address, error))?;
            let address = listener.address().map_or_else(|| address.clone(), |found| found.to_string());
            Ok((listener, format!("remote:tls://{address}")))
        }
        _ => Err(Failure::usage("give a --socket, or --tls with --certificate, --key and --authority")),
    }
}

#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "where there are such sockets, it waits")]
pub(super) async fn serve(args: ServeArgs) -> Result<Outcome, Failure> {
    drop(args);
    Err(Failure::usage("a broker needs a Unix system"))
}
