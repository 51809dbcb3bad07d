//! The client that requests are sent with.

use std::{sync::Arc, time::Duration};

use rustls_platform_verifier::BuilderVerifierExt;
use samokoder_core::llm::{LlmError, LlmErrorKind};

/// Makes a client fit for long answers: it gives up on a connection that is not made in time but never on an answer,
/// follows no redirect, as that would carry a key elsewhere, and reads no setting from the environment.
///
/// Connections are encrypted by rustls with ring, and certificates are checked against the system's own.
///
/// # Errors
/// [`LlmErrorKind::Connection`] when the system's certificates can't be read.
pub fn client() -> Result<reqwest::Client, LlmError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| unusable(&error))?
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(Duration::from_secs(15))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tcp_nodelay(true)
        .user_agent(concat!("samokoder/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| unusable(&error))
}

fn unusable(error: &dyn std::error::Error) -> LlmError {
    let message =
        format!("encrypted connections can't be made here: {error}; is the package `ca-certificates` there?");
    LlmError::new(LlmErrorKind::Connection, message)
}
