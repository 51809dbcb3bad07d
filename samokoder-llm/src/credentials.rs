//! Whose key a call is made with.

use std::{collections::BTreeMap, fmt::Debug};

use async_trait::async_trait;
use samokoder_core::llm::{CallContext, LlmError, LlmErrorKind, Payer};
use secrecy::SecretString;

/// The environment variables in which the keys of providers usually are, the usual one first. They are for programs:
/// this library reads no environment.
pub const VARIABLES: [(&str, &[&str]); 6] = [
    ("anthropic", &["ANTHROPIC_API_KEY"]),
    ("compatible", &["COMPATIBLE_API_KEY"]),
    ("gemini", &["GEMINI_API_KEY", "GOOGLE_API_KEY"]),
    ("groq", &["GROQ_API_KEY"]),
    ("openai", &["OPENAI_API_KEY"]),
    ("openrouter", &["OPENROUTER_API_KEY"]),
];

/// The environment variables in which a provider's key usually is. Empty for one that is not known.
pub fn variables(provider: &str) -> &'static [&'static str] {
    VARIABLES.iter().find(|(name, _)| *name == provider).map_or(&[], |(_, variables)| variables)
}

/// Where keys come from: one's own vault, a user's settings, the platform's configuration.
#[async_trait]
pub trait Credentials: Debug + Send + Sync {
    /// The key for a call to `provider`, which is the part of a model's id before the colon.
    ///
    /// # Errors
    /// [`LlmErrorKind::Authentication`] when there is none; the message says which one and how to set it.
    async fn resolve(&self, provider: &str, call: &CallContext) -> Result<Credential, LlmError>;
}

/// What a call is made with. Its `Debug` form does not show the key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Credential {
    /// The key. `None` for a provider that asks for none.
    pub key: Option<SecretString>,
    /// Whose it is.
    pub payer: Payer,
}

impl Credential {
    /// This key, paid for by `payer`.
    pub fn new(key: impl Into<SecretString>, payer: Payer) -> Self {
        Self { key: Some(key.into()), payer }
    }

    /// No key, for a provider that asks for none.
    pub fn keyless() -> Self {
        Self { key: None, payer: Payer::Own }
    }
}

/// Keys that are held in memory: those of whoever the run is for, and those of the platform, for the rest.
///
/// ```
/// use samokoder_core::llm::{CallContext, Payer};
/// use samokoder_llm::credentials::{Credentials as _, Keys};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), samokoder_core::llm::LlmError> {
/// let keys = Keys::new().platform("openai", "sk-platform").own("openai", "sk-own").keyless("ollama");
/// let call = CallContext::default();
/// assert_eq!(keys.resolve("openai", &call).await?.payer, Payer::Own);
/// assert!(keys.resolve("ollama", &call).await?.key.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Keys {
    own: BTreeMap<String, Credential>,
    platform: BTreeMap<String, Credential>,
}

impl Keys {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key of whoever the run is for. It is preferred.
    #[must_use]
    pub fn own(mut self, provider: impl Into<String>, key: impl Into<SecretString>) -> Self {
        self.own.insert(provider.into(), Credential::new(key, Payer::Own));
        self
    }

    /// Sets a key of whoever runs the platform.
    #[must_use]
    pub fn platform(mut self, provider: impl Into<String>, key: impl Into<SecretString>) -> Self {
        self.platform.insert(provider.into(), Credential::new(key, Payer::Platform));
        self
    }

    /// Says that a provider asks for no key, such as a model server on the own machine.
    #[must_use]
    pub fn keyless(mut self, provider: impl Into<String>) -> Self {
        self.own.insert(provider.into(), Credential::keyless());
        self
    }
}

#[async_trait]
impl Credentials for Keys {
    async fn resolve(&self, provider: &str, _call: &CallContext) -> Result<Credential, LlmError> {
        let found = self.own.get(provider).or_else(|| self.platform.get(provider));
        found.cloned().ok_or_else(|| missing(provider))
    }
}

fn missing(provider: &str) -> LlmError {
    let variables = match variables(provider) {
        [] => String::new(),
        names => format!(", or set {} where the program reads the environment", names.join(" or ")),
    };
    let message = format!("there is no key for {provider}: give one with `Keys::own`{variables}");
    LlmError::new(LlmErrorKind::Authentication, message)
}
