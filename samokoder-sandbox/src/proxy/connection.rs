//! One connection of a client.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use samokoder_core::sandbox::{AllowedHost, Duplex};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, split},
    time::timeout,
};

use super::{
    Shared,
    address::special,
    hello::server_name,
    refusal::{Refusal, Status},
    relay::{carry, idle},
    request::{Host, Request, Target, head_length},
};

/// How long a client may take to say what it wants.
const HEAD: Duration = Duration::from_secs(15);
/// How long a name may take to be looked up, and a host to answer.
const CONNECT: Duration = Duration::from_secs(15);
/// How long nothing may go through.
const IDLE: Duration = Duration::from_mins(2);
/// Addresses of a name that are tried.
const ADDRESSES: usize = 4;
/// A fatal alert of TLS, `unrecognized_name`: what a client shows for a tunnel that is refused.
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// Serves one connection to its end.
pub(super) async fn serve(shared: &Shared, mut client: impl Duplex) {
    let refused = match timeout(HEAD, head(&mut client)).await {
        Ok(Ok(Some((head, rest)))) => match converse(shared, &mut client, &head, rest).await {
            Ok(()) => return,
            Err(refused) => refused,
        },
        Ok(Ok(None)) => return,
        Ok(Err(refusal)) => Refused::Request(refusal),
        Err(_) => {
            let reason = format!("there was no whole request after {HEAD:?}");
            Refused::Request(Refusal { status: Status::Timeout, rule: "timeout", reason })
        }
    };
    shared.count.refused.fetch_add(1, Ordering::Relaxed);
    refused.note();
    // Whoever asked may be gone.
    let _ = client.write_all(&refused.answer()).await;
    let _ = client.shutdown().await;
}

/// What was refused decides how the client is told.
enum Refused {
    Request(Refusal),
    /// The tunnel is there already, so that only TLS understands.
    Tunnel(Refusal),
}

impl Refused {
    fn note(&self) {
        let (Self::Request(refusal) | Self::Tunnel(refusal)) = self;
        tracing::warn!(rule = refusal.rule, reason = refusal.reason, "request to the network refused");
    }

    fn answer(&self) -> Vec<u8> {
        match self {
            Self::Request(refusal) => refusal.response().into_bytes(),
            Self::Tunnel(_) => UNRECOGNIZED_NAME.to_vec(),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Request(refusal)
    }
}

/// Reads a head, and what came after it. `None` if the client went away.
async fn head(client: &mut impl Duplex) -> Result<Option<(Vec<u8>, Vec<u8>)>, Refusal> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = head_length(&bytes)? {
            let rest = bytes.split_off(end);
            return Ok(Some((bytes, rest)));
        }
        match client.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(_) => {}
        }
    }
}

async fn converse(
    shared: &Shared,
    client: &mut impl Duplex,
    head: &[u8],
    rest: Vec<u8>,
) -> Result<(), Refused> {
    match Request::parse(head)? {
        Request::Connect(target) => {
            let host = reach(shared, &target).await?;
            let established = b"HTTP/1.1 200 Connection established\r\n\r\n";
            if client.write_all(established).await.is_err() {
                return Ok(());
            }
            let hello = timeout(HEAD, hello(client, &target, rest)).await;
            let reason = || format!("there was no hello of TLS after {HEAD:?}");
            let hello = hello
                .unwrap_or_else(|_| Err(Refusal::forbidden("timeout", reason())))
                .map_err(Refused::Tunnel)?;
            relay(shared, client, host, &hello, Upload::All).await;
        }
        Request::Plain { target, head, body } => {
            let host = reach(shared, &target).await?;
            // What comes after the body would be another request, which nobody looked at.
            let early = rest.len().min(usize::try_from(body).unwrap_or(usize::MAX));
            let first = [head.as_bytes(), &rest[..early]].concat();
            relay(shared, client, host, &first, Upload::Body(body - early as u64)).await;
        }
    }
    Ok(())
}

/// Reads a client's hello and checks that it means the host the tunnel is for. Empty if the client went away.
async fn hello(client: &mut impl Duplex, target: &Target, mut bytes: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    loop {
        let named = match (server_name(&bytes), &target.host) {
            // An address has no name that a client could send.
            (Err(refusal), Host::Address(_)) if refusal.rule == "no-server-name" => return Ok(bytes),
            (named, _) => named?,
        };
        if let Some(name) = named {
            if name.strip_suffix('.').unwrap_or(&name) == target.host.to_string() {
                return Ok(bytes);
            }
            let reason = format!("TLS asks for {name:.100?} in a tunnel to {}", target.host);
            return Err(Refusal::forbidden("server-name-mismatch", reason));
        }
        if !matches!(client.read_buf(&mut bytes).await, Ok(1..)) {
            return Ok(Vec::new());
        }
    }
}

/// What a client sends beside what was read already.
#[derive(Debug, Clone, Copy)]
enum Upload {
    /// Whatever comes, and its end.
    All,
    /// So many bytes. What comes after them nobody reads.
    Body(u64),
}

/// Sends what was read already, then carries bytes until one side ends or nothing moves.
async fn relay(
    shared: &Shared,
    client: &mut impl Duplex,
    mut host: Box<dyn Duplex>,
    first: &[u8],
    upload: Upload,
) {
    if first.is_empty() || host.write_all(first).await.is_err() {
        return;
    }
    shared.count.sent.fetch_add(first.len() as u64, Ordering::Relaxed);
    let (sent, received) = (AtomicU64::new(0), AtomicU64::new(0));
    let (from_client, mut to_client) = split(client);
    let (from_host, mut to_host) = split(host);
    let up = async {
        match upload {
            Upload::All => {
                carry(from_client, &mut to_host, u64::MAX, &sent).await?;
                to_host.shutdown().await
            }
            Upload::Body(length) => carry(from_client, &mut to_host, length, &sent).await,
        }
    };
    let down = async {
        carry(from_host, &mut to_client, u64::MAX, &received).await?;
        to_client.shutdown().await
    };
    tokio::select! {
        ended = both(up, down) => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection through the proxy broke");
            }
        }
        () = idle([&sent, &received], IDLE) => tracing::debug!("a connection through the proxy was idle"),
    }
    shared.count.sent.fetch_add(sent.into_inner(), Ordering::Relaxed);
    shared.count.received.fetch_add(received.into_inner(), Ordering::Relaxed);
}

/// Until the host has said everything, or one direction breaks.
async fn both(
    up: impl Future<Output = io::Result<()>>,
    down: impl Future<Output = io::Result<()>>,
) -> io::Result<()> {
    let mut up = std::pin::pin!(up);
    let mut down = std::pin::pin!(down);
    tokio::select! {
        ended = &mut up => {
            ended?;
            down.await
        }
        ended = &mut down => ended,
    }
}

/// Connects to a host that is on the list, at an address that was checked.
async fn reach(shared: &Shared, target: &Target) -> Result<Box<dyn Duplex>, Refusal> {
    admit(shared, target)?;
    let unreachable = |reason: String| Refusal { status: Status::BadGateway, rule: "unreachable", reason };
    let Target { host, port } = target;
    let addresses = match host {
        Host::Address(address) => vec![*address],
        Host::Name(name) => match timeout(CONNECT, shared.resolver.resolve(name)).await {
            Ok(Ok(addresses)) => addresses,
            Ok(Err(error)) => return Err(unreachable(format!("{host} can't be looked up: {error}"))),
            Err(_) => return Err(unreachable(format!("{host} was not found within {CONNECT:?}"))),
        },
    };
    // One that is special among others is a sign of someone who plays with names.
    if let Some((address, kind)) = addresses.iter().find_map(|address| Some((address, special(*address)?))) {
        let reason = format!(
            "{host} is at {address}, an address that is {kind}; only hosts on the internet are reached"
        );
        return Err(Refusal::forbidden("special-address", reason));
    }
    let mut last = "it has no address".to_owned();
    for address in addresses.into_iter().take(ADDRESSES) {
        match timeout(CONNECT, shared.resolver.connect(SocketAddr::new(address, *port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => last = format!("no answer within {CONNECT:?}"),
        }
    }
    Err(unreachable(format!("{host} can't be reached: {last}")))
}

/// Whether a host and a port are on the list.
fn admit(shared: &Shared, Target { host, port }: &Target) -> Result<(), Refusal> {
    // An address must be listed as such: patterns are for names.
    let listed = |allowed: &AllowedHost, port| match host {
        Host::Name(name) => allowed.admits(name, port),
        Host::Address(address) => {
            allowed.name.parse::<IpAddr>().is_ok_and(|listed| listed == *address)
                && allowed.admits(&allowed.name, port)
        }
    };
    if shared.allowed.iter().any(|allowed| listed(allowed, *port)) {
        return Ok(());
    }
    let at_its_own_port =
        |allowed: &AllowedHost| listed(allowed, allowed.ports.first().copied().unwrap_or(443));
    Err(match host {
        _ if shared.allowed.iter().any(at_its_own_port) => {
            Refusal::forbidden("port-not-listed", format!("{host} may be reached, but not at port {port}"))
        }
        Host::Name(_) => Refusal::forbidden(
            "host-not-listed",
            format!("{host} is not among the hosts that may be reached"),
        ),
        Host::Address(_) => Refusal::forbidden(
            "address-not-listed",
            format!("{host} is an address; hosts are asked for by their names"),
        ),
    })
}
