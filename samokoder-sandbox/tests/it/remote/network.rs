//! The way out of sessions that a broker holds.

use std::sync::Arc;

use samokoder_core::sandbox::{
    AllowedHost, Control, Enforcement, Network, Sandbox as _, SandboxErrorKind, SessionSpec,
};
use samokoder_sandbox::remote::Broker;

use super::Served;
use crate::{
    proxy::{allowed, reaches_listed_hosts_alone, registry, sandbox_with},
    support::mark,
};

#[tokio::test(flavor = "multi_thread")]
async fn listed_hosts_are_reached_through_the_brokers_proxy_alone() {
    let outside = registry();
    let served = Served::of(Broker::new(Arc::new(sandbox_with(&outside))), |broker| broker.hosts(allowed()));
    let spec = SessionSpec::new(mark()).network(Network::Proxy { allowed: allowed() });
    let session = served.sandbox().open(spec).await.unwrap();
    reaches_listed_hosts_alone(&*session, &outside).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_reaches_more_than_the_broker_lets_it() {
    let closed = Served::start(|broker| broker);
    let open = Served::start(|broker| broker.hosts(vec![AllowedHost::new("*.example.org")]));
    let refusal = async |served: &Served, host: AllowedHost| {
        let spec = SessionSpec::new(mark()).network(Network::Proxy { allowed: vec![host] });
        served.sandbox().open(spec).await.err()
    };
    for (served, host, says) in [
        (&closed, AllowedHost::new("registry.example.org"), "registry.example.org"),
        (&open, AllowedHost::new("registry.example.net"), "registry.example.net"),
        (&open, AllowedHost::new("*.org"), "*.org"),
        (&open, AllowedHost::new("registry.example.org").ports([443, 22]), "registry.example.org:443,22"),
        (&open, AllowedHost::new("169.254.169.254").ports([80]), "169.254.169.254:80"),
    ] {
        let error = refusal(served, host).await.unwrap();
        assert_eq!(error.kind, SandboxErrorKind::Unsupported);
        assert!(error.message.contains(says), "{error}");
    }
    assert_eq!(refusal(&open, AllowedHost::new("registry.example.org")).await, None);
    // And it says so beforehand.
    for (served, lets_out) in [(&closed, false), (&open, true)] {
        let capabilities = served.sandbox().capabilities().await.unwrap();
        let (_, proxy) =
            capabilities.controls.iter().find(|(control, _)| *control == Control::Proxy).unwrap();
        assert_eq!(!matches!(proxy, Enforcement::Unsupported(_)), lets_out, "{proxy:?}");
    }
}
