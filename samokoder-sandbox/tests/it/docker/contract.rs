//! The suite that every sandbox passes.

use super::support;

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_in_docker() {
    let Some(sandbox) = support::docker() else { return };
    samokoder_core::testing::sandbox::conformance(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_in_gvisor() {
    let Some(sandbox) = support::gvisor() else { return };
    samokoder_core::testing::sandbox::conformance(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_in_podman() {
    let Some(sandbox) = support::podman() else { return };
    samokoder_core::testing::sandbox::conformance(&sandbox).await;
}
