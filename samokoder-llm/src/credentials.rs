//! Whose key a call is made with.

use std::{collections::BTreeMap, fmt::Debug};

use async_trait::async_trait;
use samokoder_core::llm::{CallContext, LlmError, Payer};
use secrecy::SecretString;

/// Where keys come from.
#[async_trait]
pub trait Credentials: Debug + Send + Sync {
    /// The key for a call to this provider. No key is no error here: not every server wants one.
    ///
    /// # Errors
    /// Whatever hinders finding it.
    async fn resolve(&self, provider: &str, call: &CallContext) -> Result<Credential, LlmError>;
}

/// A key and who pays for what it is used for.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The key.
    pub key: Option<SecretString>,
    /// Who pays.
    pub payer: Payer,
}

/// Keys by provider: the run's own ones win over the platform's.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    own: BTreeMap<String, SecretString>,
    platform: BTreeMap<String, SecretString>,
}

impl Keys {
    /// Adds a key.
    #[must_use]
    pub fn with(mut self, provider: impl Into<String>, key: SecretString, payer: Payer) -> Self {
        match payer {
            Payer::Own => self.own.insert(provider.into(), key),
            _ => self.platform.insert(provider.into(), key),
        };
        self
    }
}

#[async_trait]
impl Credentials for Keys {
    async fn resolve(&self, provider: &str, _: &CallContext) -> Result<Credential, LlmError> {
        let own = self.own.get(provider).map(|key| (key, Payer::Own));
        let found = own.or_else(|| self.platform.get(provider).map(|key| (key, Payer::Platform)));
        let (key, payer) = found.map_or((None, Payer::Own), |(key, payer)| (Some(key.clone()), payer));
        Ok(Credential { key, payer })
    }
}
