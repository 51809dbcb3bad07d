//! The proxy lets through what is on its list, and nothing that only looks like it.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use samokoder_core::sandbox::{
    AllowedHost, Command, Control, Duplex, Enforcement, Network, Sandbox as _, SandboxSession, SessionSpec,
};
use samokoder_sandbox::{
    local::{LocalConfig, LocalSandbox},
    proxy::{Proxy, Resolve},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use crate::support::mark;

/// Names as a test wants them, and hosts that answer with what they were sent, after their name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outside {
    names: Arc<Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>>,
    connected: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Outside {
    /// The answers of the names' servers, one after the other; the last one stays.
    fn with(answers: &[(&str, &[&[&str]])]) -> Self {
        let outside = Self::default();
        for (name, answers) in answers {
            let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
            outside.names.lock().unwrap().insert((*name).to_owned(), answers.iter().map(parse).collect());
        }
        outside
    }

    pub(crate) fn connected(&self) -> Vec<String> {
        self.connected.lock().unwrap().iter().map(ToString::to_string).collect()
    }
}

#[async_trait]
impl Resolve for Outside {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut names = self.names.lock().unwrap();
        let answers = names.get_mut(name).ok_or_else(|| io::Error::other("no such name"))?;
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<Box<dyn Duplex>> {
        self.connected.lock().unwrap().push(address);
        let (ours, theirs) = duplex(1 << 20);
        echo(theirs);
        Ok(Box::new(ours))
    }
}

/// Answers with what comes, until nothing came for a moment.
#[expect(clippy::disallowed_methods, reason = "the far end of a test's connection")]
fn echo(mut stream: DuplexStream) {
    tokio::spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length) = stream.read(&mut buffer).await {
            if length == 0 || stream.write_all(&[b"host got: ", &buffer[..length]].concat()).await.is_err() {
                return;
            }
            if buffer.starts_with(b"GET") || buffer.starts_with(b"POST") {
                return;
            }
        }
    });
}

const PUBLIC: &str = "93.184.215.14";

pub(crate) fn registry() -> Outside {
    Outside::with(&[("registry.example.org", &[&[PUBLIC]])])
}

pub(crate) fn allowed() -> Vec<AllowedHost> {
    vec![AllowedHost::new("registry.example.org").ports([443, 80]), AllowedHost::new("*.cdn.example.org")]
}

/// What a client gets that sends these pieces and then waits.
async fn ask(outside: &Outside, allowed: Vec<AllowedHost>, pieces: &[&[u8]]) -> (String, Proxy) {
    let proxy = Proxy::new(allowed, Arc::new(outside.clone()));
    let (mut client, theirs) = duplex(1 << 20);
    let conversation = async {
        for piece in pieces {
            // The proxy may have hung up.
            let _ = client.write_all(piece).await;
            tokio::task::yield_now().await;
        }
        let mut answer = Vec::new();
        // Nothing more is sent: what is only waiting for more ends when the clock has run.
        let _ = tokio::time::timeout(Duration::from_mins(10), client.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    let (answer, ()) = tokio::join!(conversation, proxy.serve(theirs));
    (answer, proxy)
}

async fn connect(outside: &Outside, target: &str) -> String {
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    ask(outside, allowed(), &[request.as_bytes(), &hello(&["registry.example.org"])]).await.0
}

/// A hello of TLS with these extensions of server names.
fn hello(names: &[&str]) -> Vec<u8> {
    let mut extensions = vec![0, 43, 0, 3, 2, 3, 4];
    for name in names {
        let entry = [&[0][..], &length(name.len()), name.as_bytes()].concat();
        let list = [&length(entry.len())[..], &entry].concat();
        extensions.extend([&[0, 0][..], &length(list.len()), &list].concat());
    }
    message(&extensions)
}

fn length(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap().to_be_bytes()
}

fn message(extensions: &[u8]) -> Vec<u8> {
    let body = [&[3, 3][..], &[7; 32], &[0], &[0, 2, 19, 1], &[1, 0], &length(extensions.len()), extensions]
        .concat();
    let message = [&[1, 0][..], &length(body.len()), &body].concat();
    [&[22, 3, 1][..], &length(message.len()), &message].concat()
}

/// The same hello in records of a few bytes each.
fn fragmented(hello: &[u8]) -> Vec<u8> {
    hello[5..].chunks(7).flat_map(|chunk| [&[22, 3, 1][..], &length(chunk.len()), chunk].concat()).collect()
}

#[track_caller]
fn is_refused(answer: &str, rule: &str) {
    assert!(
        answer.starts_with("HTTP/1.1 403 Forbidden\r\n") && answer.contains(&format!("`{rule}`")),
        "{rule}: {answer}"
    );
}

const ALERT: &str = "HTTP/1.1 200 Connection established\r\n\r\n\u{15}\u{3}\u{3}\0\u{2}\u{2}p";

#[tokio::test(start_paused = true)]
async fn a_listed_host_is_reached_at_the_address_that_was_checked() {
    let outside = registry();
    let answer = connect(&outside, "Registry.Example.org:443").await;
    assert!(answer.contains("200 Connection established\r\n\r\nhost got: \u{16}"), "{answer}");
    assert_eq!(outside.connected(), [format!("{PUBLIC}:443")]);
}

#[tokio::test(start_paused = true)]
async fn hosts_and_ports_that_are_not_listed_are_refused_by_name_of_the_rule() {
    let outside = Outside::with(&[("registry.example.org", &[&[PUBLIC]]), ("evil.example", &[&[PUBLIC]])]);
    for (target, rule) in [
        ("evil.example:443", "host-not-listed"),
        ("registry.example.org.evil.example:443", "host-not-listed"),
        ("cdn.example.org:443", "host-not-listed"),
        ("registry.example.org:22", "port-not-listed"),
        ("a.cdn.example.org:80", "port-not-listed"),
        ("93.184.215.14:443", "address-not-listed"),
        ("[2606:4700::1111]:443", "address-not-listed"),
        ("127.0.0.1:443", "address-not-listed"),
    ] {
        is_refused(&connect(&outside, target).await, rule);
    }
    assert!(outside.connected().is_empty());
}

#[tokio::test(start_paused = true)]
async fn other_spellings_of_an_address_are_no_names() {
    for target in [
        "2130706433:443",
        "127.1:443",
        "0x7f.1:443",
        "1.2.3.4.:443",
        "[::1%lo]:443",
        "a b:443",
        "x:0",
        "x:+443",
        "x",
    ] {
        let answer = connect(&registry(), target).await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{target}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_listed_name_that_leads_to_a_special_address_is_refused() {
    for address in [
        "127.0.0.1",
        "10.0.0.7",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "fd00::1",
    ] {
        for answers in [&[&[address][..]][..], &[&[PUBLIC, address]]] {
            let outside = Outside::with(&[("registry.example.org", answers)]);
            is_refused(&connect(&outside, "registry.example.org:443").await, "special-address");
            assert!(outside.connected().is_empty(), "{address}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_listed_address_is_reached_only_if_it_is_on_the_internet() {
    let listed = vec![AllowedHost::new(PUBLIC), AllowedHost::new("169.254.169.254").ports([80])];
    let request = format!("CONNECT {PUBLIC}:443 HTTP/1.1\r\n\r\n");
    let (answer, _) = ask(&registry(), listed.clone(), &[request.as_bytes(), &hello(&[])]).await;
    assert!(answer.contains("host got"), "{answer}");
    let request = b"GET http://169.254.169.254/latest/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n";
    let (answer, _) = ask(&registry(), listed, &[request]).await;
    is_refused(&answer, "special-address");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_changes_its_address_is_checked_each_time_and_looked_up_once() {
    let outside = Outside::with(&[("registry.example.org", &[&[PUBLIC], &["127.0.0.1"]])]);
    assert!(connect(&outside, "registry.example.org:443").await.contains("host got"));
    assert_eq!(outside.connected(), [format!("{PUBLIC}:443")], "no second answer is used");
    is_refused(&connect(&outside, "registry.example.org:443").await, "special-address");
    assert_eq!(outside.connected().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_name_in_tls_must_be_that_of_the_tunnel() {
    let request: &[u8] = b"CONNECT registry.example.org:443 HTTP/1.1\r\n\r\n";
    let good = hello(&["registry.example.org"]);
    let hidden = message(&[0xfe, 0x0d, 0, 1, 0]);
    for (sent, is_good) in [
        (hello(&["registry.example.org"]), true),
        (hello(&["REGISTRY.example.org"]), true),
        (fragmented(&good), true),
        (hello(&["evil.example"]), false),
        (fragmented(&hello(&["evil.example"])), false),
        (hello(&[]), false),
        (hello(&["registry.example.org", "evil.example"]), false),
        (hidden, false),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_vec(), false),
        (b"SSH-2.0-x\r\n".to_vec(), false),
        (vec![22, 3, 1, 0, 0], false),
        (vec![22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff], false),
    ] {
        let (answer, proxy) = ask(&registry(), allowed(), &[request, &sent]).await;
        assert_eq!(answer.contains("host got"), is_good, "{sent:?}: {answer}");
        assert_eq!(answer == ALERT, !is_good, "{sent:?}: {answer}");
        assert_eq!(proxy.traffic().refused, u64::from(!is_good));
        assert_eq!(proxy.traffic().sent, if is_good { sent.len() as u64 } else { 0 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_hello_that_comes_byte_by_byte_is_put_together() {
    let bytes =
        [&b"CONNECT registry.example.org:443 HTTP/1.1\r\n\r\n"[..], &hello(&["registry.example.org"])]
            .concat();
    let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
    let (answer, _) = ask(&registry(), allowed(), &pieces).await;
    assert!(answer.contains("host got"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_plain_request_goes_to_its_host_without_what_is_the_proxys() {
    let outside = registry();
    let request = b"GET http://registry.example.org/left-pad?x HTTP/1.1\r\nHost: registry.example.org\r\nProxy-Authorization: Basic x\r\n\
                    Connection: keep-alive\r\nAccept: */*\r\n\r\nGET http://registry.example.org/2 HTTP/1.1\r\nHost: other.example\r\n\r\n";
    let (answer, _) = ask(&outside, allowed(), &[request]).await;
    let wanted = "host got: GET /left-pad?x HTTP/1.1\r\nHost: registry.example.org\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    assert_eq!(answer, wanted, "what follows the request is another one, and goes nowhere");
    assert_eq!(outside.connected(), [format!("{PUBLIC}:80")]);
}

#[tokio::test(start_paused = true)]
async fn a_host_header_that_means_another_host_is_refused() {
    for request in [
        "GET http://registry.example.org/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET http://registry.example.org/ HTTP/1.1\r\nHost: registry.example.org\r\nHost: evil.example\r\n\r\n",
        "GET http://registry.example.org/ HTTP/1.1\r\nHost: registry.example.org:8080\r\n\r\n",
        "GET http://registry.example.org/ HTTP/1.1\r\n\r\n",
        "CONNECT registry.example.org:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    ] {
        let (answer, _) = ask(&registry(), allowed(), &[request.as_bytes()]).await;
        is_refused(&answer, "host-mismatch");
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_be_read_in_two_ways_is_refused() {
    let start = "POST http://registry.example.org/ HTTP/1.1\r\nHost: registry.example.org\r\n";
    for rest in [
        "Transfer-Encoding: chunked\r\n\r\n",
        "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "Content-Length: +1\r\n\r\n",
        "Content-Length : 1\r\n\r\n",
        "X: 1\r\n folded: 2\r\n\r\n",
        "X: 1\nHost: evil.example\r\n\r\n",
        "X: 1\rHost: evil.example\r\n\r\n",
    ] {
        let outside = registry();
        let (answer, _) = ask(&outside, allowed(), &[format!("{start}{rest}").as_bytes()]).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{rest:?}: {answer}");
        assert!(outside.connected().is_empty(), "{rest:?}");
    }
    for line in [
        "GET / HTTP/1.1\r\nHost: registry.example.org\r\n\r\n",
        "GET https://registry.example.org/ HTTP/1.1\r\n\r\n",
        "GET http://registry.example.org@evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET http://registry.example.org HTTP/2.0\r\n\r\n",
        "GET\thttp://registry.example.org/ HTTP/1.1\r\n\r\n",
    ] {
        let (answer, _) = ask(&registry(), allowed(), &[line.as_bytes()]).await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{line:?}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_goes_along_to_its_length_and_no_further() {
    let request = b"POST http://registry.example.org/ HTTP/1.1\r\nHost: registry.example.org\r\nContent-Length: 4\r\n\r\nbody and more";
    let (answer, _) = ask(&registry(), allowed(), &[request]).await;
    assert!(answer.ends_with("\r\n\r\nbody"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn whoever_says_too_much_or_nothing_is_sent_away() {
    let long = format!("GET http://registry.example.org/ HTTP/1.1\r\nX: {}", "x".repeat(20_000));
    let (answer, _) = ask(&registry(), allowed(), &[long.as_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let (answer, _) = ask(&registry(), allowed(), &[b"GET http"]).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let tunnel: &[u8] = b"CONNECT registry.example.org:443 HTTP/1.1\r\n\r\n";
    let (answer, _) = ask(&registry(), allowed(), &[tunnel]).await;
    assert_eq!(answer, ALERT);
}

#[tokio::test]
async fn it_serves_on_a_unix_socket_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proxy");
    let proxy = Proxy::new(allowed(), Arc::new(registry()));
    let listening = proxy.listen(tokio::net::UnixListener::bind(&path).unwrap());
    let mut client = tokio::net::UnixStream::connect(&path).await.unwrap();
    client.write_all(b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    is_refused(&answer, "host-not-listed");
    let mut client = tokio::net::UnixStream::connect(&path).await.unwrap();
    drop(listening);
    let end = client.read(&mut [0; 1]).await;
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}

/// A sandbox that finds programs where this test's caller does, and whose proxies find these hosts.
pub(crate) fn sandbox_with(outside: &Outside) -> LocalSandbox {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let config = LocalConfig::default().search_path(std::env::split_paths(&path));
    LocalSandbox::with_resolver(config, outside.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_a_session_reaches_listed_hosts_through_the_proxy_alone() {
    let outside = registry();
    let sandbox = sandbox_with(&outside);
    let spec = SessionSpec::new(mark()).network(Network::Proxy { allowed: allowed() });
    let session = sandbox.open(spec).await.unwrap();
    let capabilities = sandbox.capabilities().await.unwrap();
    let proxy = capabilities.controls.iter().find(|(control, _)| *control == Control::Proxy).unwrap();
    assert!(matches!(proxy.1, Enforcement::Supervised(_)), "{proxy:?}");
    reaches_listed_hosts_alone(&*session, &outside).await;
    session.close().await.unwrap();
}

/// Fails unless a command of the session, which has a way out, reaches [`registry`] through the proxy and nothing else.
pub(crate) async fn reaches_listed_hosts_alone(session: &dyn SandboxSession, outside: &Outside) {
    let ask = r#"
import os, socket, urllib.request, urllib.error
def get(url):
    try:
        return urllib.request.urlopen(url, timeout=20).read()
    except urllib.error.HTTPError as error:
        return (error.code, error.read())
    except Exception as error:
        return repr(error)
host, port = os.environ["HTTP_PROXY"].removeprefix("http://").split(":")
def raw(text):
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(text.encode())
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode()
print("listed", raw("GET http://registry.example.org/x HTTP/1.1\r\nHost: registry.example.org\r\n\r\n"))
print("unlisted", get("http://evil.example/"))
for target in [("93.184.215.14", 80), ("169.254.169.254", 80), ("10.0.0.1", 443), ("2606:4700::1111", 443)]:
    try:
        socket.create_connection(target, timeout=5)
        print("LEAK", target)
    except OSError as error:
        print("no way", target, error)
try:
    print("LEAK", socket.getaddrinfo("registry.example.org", 443))
except OSError as error:
    print("no name", error)
"#;
    let outcome = session.exec(Command::new(["python3", "-c", ask])).await.unwrap();
    let text = &outcome.stdout.text;
    assert!(outcome.success(), "{outcome:#?}");
    assert!(text.contains("listed host got: GET /x HTTP/1.1"), "{text}");
    assert!(text.contains("403") && text.contains("host-not-listed"), "{text}");
    assert!(!text.contains("LEAK") && text.contains("no name"), "{text}");
    assert_eq!(outside.connected(), [format!("{PUBLIC}:80")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_a_way_out_is_told_of_none() {
    let sandbox = crate::support::bare_sandbox();
    let session = sandbox.open(SessionSpec::new(mark())).await.unwrap();
    let outcome = session.exec(Command::new(["env"])).await.unwrap();
    assert!(outcome.success() && !outcome.stdout.text.to_lowercase().contains("proxy"), "{outcome:?}");
}
