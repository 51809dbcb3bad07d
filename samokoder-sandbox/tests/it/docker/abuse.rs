//! The abuse suite in containers, and in containers behind a broker.

use std::sync::Arc;

#[cfg(feature = "remote")]
use samokoder_sandbox::remote::Broker;

use super::support;
#[cfg(feature = "remote")]
use crate::abuse::NO_HOSTS;
use crate::abuse::every_case_holds;

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_in_docker() {
    let Some(sandbox) = support::docker() else { return };
    every_case_holds(Arc::new(sandbox), "docker", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_in_gvisor() {
    let Some(sandbox) = support::gvisor() else { return };
    every_case_holds(Arc::new(sandbox), "gvisor", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_in_podman() {
    let Some(sandbox) = support::podman() else { return };
    every_case_holds(Arc::new(sandbox), "podman", &[]).await;
}

#[cfg(feature = "remote")]
#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_behind_a_broker_in_docker() {
    let Some(sandbox) = support::docker() else { return };
    let served = crate::remote::Served::of(Broker::new(Arc::new(sandbox)), |broker| broker);
    let socket = served.path().display().to_string();
    every_case_holds(Arc::new(served.sandbox()), &socket, NO_HOSTS).await;
}
