//! The suite that every sandbox passes.

use super::support::{sandbox, gvisor};

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_in_docker() {
    samokoder_core::testing::sandbox::conformance(&sandbox()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_in_gvisor() {
    samokoder_core::testing::sandbox::conformance(&gvisor()).await;
}
