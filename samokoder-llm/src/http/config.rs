//! How a provider is reached.

use std::{sync::Arc, time::Duration};

use samokoder_core::llm::ModelCapabilities;
use secrecy::{ExposeSecret as _, SecretString};

use super::address;
use crate::{
    catalogue::Catalogue,
    credentials::{Credentials, Keys},
};

/// How a provider is reached. Everything has a default but the key. Its `Debug` form shows no key, no header's value,
/// and of the address neither password nor query.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpConfig {
    /// Where it is, in its vendor's convention; the vendor's own place when absent. A query, such as `?api-version=…`,
    /// is sent with every request.
    pub base_url: Option<String>,
    /// Where keys come from.
    pub credentials: Arc<dyn Credentials>,
    /// The client that requests are sent with; one of our own when absent. One that follows redirects may carry a key
    /// in a header of its vendor's to whoever it is sent to.
    pub client: Option<reqwest::Client>,
    /// How long nothing at all may come, not even a sign of life, before the answer counts as lost. Models that think
    /// send nothing for minutes with some providers.
    pub idle_timeout: Duration,
    /// What is known of models.
    pub catalogue: Arc<Catalogue>,
    /// What a model can do of which the catalogue knows nothing; the vendor's assumption when absent.
    pub unknown: Option<ModelCapabilities>,
    /// Whether server-sent events are cut by the `eventsource-stream` crate and not by our own framer.
    #[cfg(feature = "sse-eventsource")]
    pub eventsource: bool,
    /// Headers that are sent with every request, such as an organisation's id.
    pub headers: Vec<(String, SecretString)>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            base_url: None,
            credentials: Arc::new(Keys::default()),
            client: None,
            idle_timeout: Duration::from_mins(5),
            catalogue: Arc::new(Catalogue::builtin()),
            unknown: None,
            #[cfg(feature = "sse-eventsource")]
            eventsource: false,
            headers: vec![],
        }
    }
}

impl HttpConfig {
    /// Sets where the provider is.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets one key that is always used, that of whoever the run is for.
    #[must_use]
    pub fn key(self, provider: &str, key: impl Into<SecretString>) -> Self {
        self.credentials(Arc::new(Keys::new().own(provider, key)))
    }

    /// Sets where keys come from.
    #[must_use]
    pub fn credentials(mut self, credentials: Arc<dyn Credentials>) -> Self {
        self.credentials = credentials;
        self
    }

    /// Sets the client that requests are sent with.
    #[must_use]
    pub fn client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Sets how long nothing at all may come.
    #[must_use]
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = time;
        self
    }

    /// Sets what is known of models.
    #[must_use]
    pub fn catalogue(mut self, catalogue: Arc<Catalogue>) -> Self {
        self.catalogue = catalogue;
        self
    }

    /// Adds a header to every request.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// What of it may be a secret beside the key: a header may hold one, after a word such as `Basic`.
    pub(super) fn secrets(&self) -> impl Iterator<Item = String> {
        self.headers.iter().flat_map(|(_, value)| {
            let value = value.expose_secret();
            let last = value.rsplit(' ').next().filter(|last| *last != value);
            [Some(value), last].into_iter().flatten().map(ToOwned::to_owned)
        })
    }
}

impl std::fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("HttpConfig")
            .field("base_url", &self.base_url.as_deref().map(address::shown))
            .field("credentials", &self.credentials)
            .field("idle_timeout", &self.idle_timeout)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}
