//! The abuse suite in containers, and in containers behind a broker.

use std::sync::Arc;

use super::support;
use crate::abuse::every_case_holds;

/// There is no way out, and so none round the proxy.
const REFUSED: &[u8] = &[45];

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_in_docker() {
    let Some(sandbox) = support::docker() else { return };
    every_case_holds(Arc::new(sandbox), "docker", REFUSED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_in_gvisor() {
    let Some(sandbox) = support::gvisor() else { return };
    every_case_holds(Arc::new(sandbox), "gvisor", REFUSED).await;
}

#[cfg(feature = "remote")]
#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_behind_a_broker_in_docker() {
    let Some(sandbox) = support::docker() else { return };
    let served = crate::remote::Served::with(Arc::new(sandbox), |broker| broker);
    let socket = served.path().display().to_string();
    every_case_holds(Arc::new(served.sandbox()), &socket, REFUSED).await;
}
