//! The suite that every sandbox passes.

use crate::support;

#[tokio::test(flavor = "multi_thread")]
async fn local_keeps_the_contract() {
    samokoder_core::testing::sandbox::conformance(&support::sandbox()).await;
}
