//! The way out of containers, which have no network.

use std::time::{Duration, Instant};

use samokoder_core::sandbox::{Command, Network, Sandbox as _, SessionSpec};
use samokoder_sandbox::docker::DockerSandbox;

use super::support;
use crate::{
    proxy::{Outside, allowed, reaches_listed_hosts_alone, registry},
    support::mark,
};

fn sandbox(runtime: &str, outside: &Outside) -> Option<DockerSandbox> {
    Some(DockerSandbox::with_resolver(support::config()?.runtime(runtime), outside.clone()))
}

fn with_a_way_out(owner: &str) -> SessionSpec {
    SessionSpec::new(owner).network(Network::Proxy { allowed: allowed() })
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_hosts_are_reached_through_the_proxy_alone_in_docker() {
    let outside = registry();
    let Some(sandbox) = sandbox("runc", &outside) else { return };
    let session = sandbox.open(with_a_way_out(&mark())).await.unwrap();
    reaches_listed_hosts_alone(&*session, &outside).await;
    session.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_hosts_are_reached_through_the_proxy_alone_in_gvisor() {
    let outside = registry();
    let Some(sandbox) = sandbox("runsc", &outside) else { return };
    let session = sandbox.open(with_a_way_out(&mark())).await.unwrap();
    reaches_listed_hosts_alone(&*session, &outside).await;
    session.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_adopts_a_session_holds_its_proxy_in_docker() {
    let (first, second) = (registry(), registry());
    let (Some(opener), Some(adopter)) = (sandbox("runc", &first), sandbox("runc", &second)) else { return };
    let opened = opener.open(with_a_way_out(&mark())).await.unwrap();
    let adopted = adopter.adopt(opened.id()).await.unwrap();
    let is_served = async || {
        let script = "import os, socket
host, port = os.environ['HTTP_PROXY'].removeprefix('http://').split(':')
with socket.create_connection((host, int(port)), timeout=20) as connection:
    connection.sendall(b'GET http://registry.example.org/x HTTP/1.1\\r\\nHost: registry.example.org\\r\\n\\r\\n')
    print(b''.join(iter(lambda: connection.recv(4096), b'')))
";
        let outcome = opened.exec(Command::new(["python3", "-c", script])).await.unwrap();
        outcome.stdout.text.contains("host got: GET /x").then_some(()).ok_or(outcome)
    };
    is_served().await.unwrap();
    assert_eq!((first.connected().len(), second.connected().len()), (0, 1));
    drop((adopted, adopter));
    // The one who is left has it again, once the agent knows that the other one is gone.
    let deadline = Instant::now() + Duration::from_mins(1);
    while is_served().await.is_err() {
        assert!(Instant::now() < deadline, "nobody serves it");
    }
    assert_eq!((first.connected().len(), second.connected().len()), (1, 1));
    opened.close().await.unwrap();
}
