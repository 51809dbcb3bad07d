//! How a provider is reached.

use std::{sync::Arc, time::Duration};

use samokoder_core::llm::ModelCapabilities;
use secrecy::SecretString;

use crate::{
    catalogue::Catalogue,
    credentials::{Credentials, Keys},
};

/// How a provider is reached. Everything has a default but the key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpConfig {
    /// Where it is, in its vendor's convention; the vendor's own place when absent.
    pub base_url: Option<String>,
    /// Where keys come from.
    pub credentials: Arc<dyn Credentials>,
    /// The client that requests are sent with; one of our own when absent.
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
    pub headers: Vec<(String, String)>,
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
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
