//! Ways out: the network, sockets of the host, round the proxy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use samokoder_core::{
    sandbox::{AllowedHost, Control, Enforcement, Network, SessionSpec},
    testing::sandbox::Finding,
};

use super::{
    Abuse, abuse,
    bench::{Bench, tight, words},
    fresh,
};

pub(super) const CASES: &[Abuse] = &[
    abuse!(
        41,
        "no socket reaches past the network: raw, packet, netlink, virtual machines, ciphers",
        sockets
    ),
    abuse!(42, "neither the host's services nor metadata, IPv6 or name servers are reached", reached),
    abuse!(43, "a socket of the host without a file is not reached", abstract_socket),
    abuse!(44, "a socket of the host that has a file is not reached", named_socket),
    abuse!(
        45,
        "nothing gets round the proxy: addresses, other names and ports, private hosts",
        round_the_proxy
    ),
];

/// Addresses that are nobody's (RFC 5737, RFC 3849), and where clouds tell secrets.
const NOWHERE: [&str; 5] =
    ["192.0.2.1:80", "192.0.2.1:443", "169.254.169.254:80", "[fd00:ec2::254]:80", "[2001:db8::1]:80"];

/// Where name servers are: nobody's, a system's own, an engine's.
const NAME_SERVERS: [&str; 4] = ["192.0.2.1:53", "127.0.0.53:53", "127.0.0.11:53", "[2001:db8::1]:53"];

async fn sockets(bench: Bench<'_>) -> Finding {
    bench.session().await?.holds(&["calls", "sockets"]).await
}

/// Services of this machine, on its loopback and on the address that others reach it by.
struct Services {
    addresses: Vec<SocketAddr>,
    _streams: Vec<TcpListener>,
    datagrams: Vec<UdpSocket>,
}

impl Services {
    fn start() -> Result<Self, String> {
        let mut hosts: Vec<IpAddr> = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        // Nothing is sent by that.
        let outer = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
            socket.connect("192.0.2.1:9")?;
            socket.local_addr()
        });
        hosts.extend(outer.map(|address| address.ip()));
        // Where cloud machines have a service for their secrets, if this is one.
        let streams: Vec<_> = hosts.iter().filter_map(|host| TcpListener::bind((*host, 0)).ok()).collect();
        let datagrams: Vec<_> = hosts.iter().filter_map(|host| UdpSocket::bind((*host, 0)).ok()).collect();
        for socket in &datagrams {
            socket.set_nonblocking(true).map_err(|error| error.to_string())?;
        }
        let addresses = streams.iter().filter_map(|listener| listener.local_addr().ok());
        let addresses =
            addresses.chain(datagrams.iter().filter_map(|socket| socket.local_addr().ok())).collect();
        Ok(Self { addresses, _streams: streams, datagrams })
    }
}

async fn reached(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let services = Services::start()?;
    let texts: Vec<String> = services.addresses.iter().map(ToString::to_string).collect();
    let own: Vec<&str> = texts.iter().map(String::as_str).collect();
    probed.holds(&[&["reach"][..], &own, &NOWHERE].concat()).await?;
    probed.holds(&[&["datagrams"][..], &own, &NAME_SERVERS].concat()).await?;
    let heard = services.datagrams.iter().any(|socket| socket.recv(&mut [0; 64]).is_ok());
    if heard { Err("a datagram arrived at the host".into()) } else { Ok(()) }
}

#[cfg(target_os = "linux")]
async fn abstract_socket(bench: Bench<'_>) -> Finding {
    use std::os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixListener},
    };
    let (probed, name) = (bench.session().await?, fresh("abstract"));
    let address = SocketAddr::from_abstract_name(&name);
    let _listener =
        address.and_then(|address| UnixListener::bind_addr(&address)).map_err(|error| error.to_string())?;
    probed.holds(&["abstract-socket", &name]).await
}

#[cfg(not(target_os = "linux"))]
async fn abstract_socket(bench: Bench<'_>) -> Finding {
    bench.session().await.map(drop)
}

/// What whoever reaches it could own the machine by.
const POWERFUL: [&str; 8] = [
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/run/dbus/system_bus_socket",
    "/run/systemd/private",
    "/run/snapd.socket",
];

#[cfg(unix)]
async fn named_socket(bench: Bench<'_>) -> Finding {
    use std::os::unix::net::UnixListener;
    let probed = bench.session().await?;
    let path = std::env::temp_dir().join(fresh("socket"));
    let listener = UnixListener::bind(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let own = path.display().to_string();
    let found = probed.holds(&[&["sockets", &own][..], &POWERFUL].concat()).await;
    drop(listener);
    let _ = std::fs::remove_file(&path);
    found
}

#[cfg(not(unix))]
async fn named_socket(bench: Bench<'_>) -> Finding {
    bench.session().await?.holds(&[&["sockets"][..], &POWERFUL].concat()).await
}

/// A name that nobody has (RFC 6761).
const ALLOWED: &str = "allowed.samokoder.invalid";

async fn round_the_proxy(bench: Bench<'_>) -> Finding {
    let services = Services::start()?;
    let port = services.addresses.first().map_or(0, SocketAddr::port);
    // That it is on the list opens nothing that is private.
    let private = ["localhost", "127.0.0.1", "169.254.169.254", "10.0.0.1"];
    let allowed = private.map(|name| AllowedHost::new(name).ports([80, port]));
    let allowed = allowed.into_iter().chain([AllowedHost::new(ALLOWED).ports([443])]).collect();
    let spec = SessionSpec::new(fresh("proxy")).limits(tight()).network(Network::Proxy { allowed });
    let how = bench.enforcement(Control::Proxy).await?;
    let probed = match bench.open(spec).await {
        Err(refusal) => return Err(refusal),
        Ok(_) if matches!(how, Enforcement::Unsupported(_)) => {
            return Err("it is said to be unsupported, and was not refused".into());
        }
        Ok(probed) => probed,
    };
    let targets = [
        format!("CONNECT 127.0.0.1:{port}"),
        format!("CONNECT localhost:{port}"),
        format!("CONNECT [::1]:{port}"),
        format!("CONNECT [::ffff:127.0.0.1]:{port}"),
        format!("CONNECT 2130706433:{port}"),
        format!("CONNECT 0x7f.1:{port}"),
        format!("GET http://127.0.0.1:{port}/"),
        "CONNECT 169.254.169.254:80".into(),
        "GET http://169.254.169.254/latest/meta-data/".into(),
        "CONNECT 10.0.0.1:80".into(),
        "CONNECT other.samokoder.invalid:443".into(),
        format!("CONNECT {ALLOWED}:22"),
        format!("CONNECT evil-{ALLOWED}:443"),
        format!("CONNECT {ALLOWED}.evil.invalid:443"),
        format!("GET http://other.samokoder.invalid/ {ALLOWED}"),
        format!("GET http://{ALLOWED}/ other.samokoder.invalid"),
    ];
    let arguments: Vec<&str> =
        ["round-the-proxy"].into_iter().chain(targets.iter().map(String::as_str)).collect();
    let found = probed.holds(&arguments).await;
    probed.session.close().await.map_err(words)?;
    found
}
