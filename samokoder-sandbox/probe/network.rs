//! Ways out.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream, UdpSocket},
    time::Duration,
};

/// How long an answer may take; whoever is there answers at once.
const PATIENCE: Duration = Duration::from_millis(700);

/// None of these addresses takes a connection.
pub fn reach(addresses: &[&str]) -> Vec<String> {
    let parsed = addresses.iter().filter_map(|address| address.parse::<SocketAddr>().ok());
    let reached = parsed.filter(|address| TcpStream::connect_timeout(address, PATIENCE).is_ok());
    reached.map(|address| format!("{address} was reached")).collect()
}

/// Sends a datagram, such as a question to a name server, to each of these addresses, and waits for an answer.
pub fn datagrams(addresses: &[&str]) -> Vec<String> {
    let mut breaches = Vec::new();
    for address in addresses.iter().filter_map(|address| address.parse::<SocketAddr>().ok()) {
        let from = if address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
        let Ok(socket) = UdpSocket::bind(from) else { continue };
        let _ = socket.set_read_timeout(Some(Duration::from_millis(100)));
        // What is sent to one's own loopback goes nowhere; whoever else it goes to says so, or was sent something.
        if socket.send_to(b"samokoder-datagram", address).is_ok() && !address.ip().is_loopback() {
            breaches.push(format!("a datagram was sent to {address}"));
        }
        if socket.recv(&mut [0; 16]).is_ok() {
            breaches.push(format!("{address} answered"));
        }
    }
    breaches
}

/// Asks the proxy for each of these, `METHOD TARGET` or `METHOD TARGET HOST`; it lets none through. What does not ask it
/// gets nowhere.
pub fn round_the_proxy(targets: &[&str]) -> Vec<String> {
    let Some(proxy) = std::env::var_os("HTTP_PROXY").and_then(|proxy| proxy.into_string().ok()) else {
        return vec!["no proxy is named".to_owned()];
    };
    let proxy = proxy.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut breaches = reach(&["192.0.2.1:443", "192.0.2.1:80", "169.254.169.254:80", "[2001:db8::1]:443"]);
    breaches.extend(datagrams(&["192.0.2.1:53"]));
    for target in targets {
        let mut words = target.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let host = words.next().unwrap_or(target.trim_start_matches("http://").trim_end_matches('/'));
        let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        match ask(&proxy, &request) {
            Some(answer) if answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5") => {}
            other => breaches.push(format!("{method} {target}: {other:?}")),
        }
    }
    breaches
}

/// The first line of an answer.
fn ask(proxy: &str, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(proxy).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = [0; 256];
    let count = stream.read(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer[..count]).lines().next().unwrap_or_default().to_owned())
}
