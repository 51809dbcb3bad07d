//! Providers of models as the environment and `samokoder.toml` describe them.

use std::{collections::BTreeMap, env, sync::Arc, time::Duration};

use samokoder::{
    llm::LlmProvider,
    open,
    open::{
        http::{HttpConfig, HttpProvider},
        offline::Offline,
    },
    providers::{
        catalogue::Catalogue,
        credentials::variables,
        layer::{Concurrency, Fallback, Governor, Rate, Retry, Stack, Telemetry},
        vendor::{Auth, VENDORS, Vendor},
    },
};
use serde::Deserialize;

use crate::{config::Config, failure::Failure};

/// What `samokoder.toml` may say of a provider, under `[providers.ID]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProviderConfig {
    /// Where it is.
    pub(crate) base_url: Option<String>,
    /// The environment variable that holds the key.
    pub(crate) key_env: Option<String>,
    /// Headers that are sent with every request.
    pub(crate) headers: BTreeMap<String, String>,
    /// Seconds that nothing at all may come.
    pub(crate) idle_timeout_s: Option<u64>,
    /// Requests that may be sent in a minute.
    pub(crate) requests_per_minute: Option<u32>,
    /// Tokens that may be sent and received in a minute.
    pub(crate) tokens_per_minute: Option<u32>,
    /// Requests that may be open at a time.
    pub(crate) concurrency: Option<usize>,
}

/// The variables that the vendors' own programs read an address from.
const ADDRESSES: [(&str, &str); 4] = [
    ("openai", "OPENAI_BASE_URL"),
    ("anthropic", "ANTHROPIC_BASE_URL"),
    ("gemini", "GOOGLE_GEMINI_BASE_URL"),
    ("ollama", "OLLAMA_HOST"),
];

/// Opens the provider of a model, without layers: the bare connection.
pub(crate) fn bare(
    id: &str,
    config: &Config,
    base_url: Option<&str>,
) -> Result<Arc<dyn LlmProvider>, Failure> {
    if id == Offline::ID {
        return Ok(open::provider(id)?);
    }
    Ok(connect(id, config, base_url)?)
}

/// Opens a provider that is reached over HTTP.
pub(crate) fn connect(
    id: &str,
    config: &Config,
    base_url: Option<&str>,
) -> Result<Arc<HttpProvider>, Failure> {
    let vendor = Vendor::by_id(id).ok_or_else(|| {
        let known: Vec<_> = VENDORS.iter().map(|vendor| vendor.id).collect();
        Failure::usage(format!(
            "there is no provider of models {id:?}; there is {}, {}",
            Offline::ID,
            known.join(", ")
        ))
    })?;
    HttpProvider::new(vendor, http_config(id, config, base_url)?)
        .map_err(|error| Failure::usage(error.message))
}

fn http_config(id: &str, config: &Config, base_url: Option<&str>) -> Result<HttpConfig, Failure> {
    let said = config.providers.get(id).cloned().unwrap_or_default();
    let mut http = HttpConfig::default().catalogue(Arc::new(catalogue(config)));
    if let Some(url) = base_url.map(str::to_owned).or(said.base_url).or_else(|| address(id)) {
        http = http.base_url(url);
    }
    if let Some(key) = key(id, said.key_env.as_deref())? {
        http = http.key(id, key);
    }
    for (name, value) in said.headers {
        http = http.header(name, value);
    }
    if let Some(seconds) = said.idle_timeout_s {
        http = http.idle_timeout(Duration::from_secs(seconds));
    }
    Ok(http)
}

/// What is known of models, what the configuration says before everything else.
pub(crate) fn catalogue(config: &Config) -> Catalogue {
    let known = config.catalogue.iter().map(|(id, entry)| (id.clone(), entry.clone()));
    Catalogue::builtin().with_overrides(known)
}

/// The key in the environment, if there is one.
pub(crate) fn key(id: &str, variable: Option<&str>) -> Result<Option<String>, Failure> {
    match variable {
        Some(name) => environment(name).map(Some).ok_or_else(|| {
            Failure::usage(format!("samokoder.toml names {name} for the key of {id}, but it is not set"))
        }),
        None => Ok(variables(id).iter().find_map(|name| environment(name))),
    }
}

/// A variable of the environment that says something.
#[expect(clippy::disallowed_methods, reason = "the command is who reads the environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn address(id: &str) -> Option<String> {
    let (_, name) = ADDRESSES.iter().find(|(known, _)| *known == id)?;
    let url = environment(name)?;
    // Ollama's own variable leaves the scheme out.
    Some(if url.contains("://") { url } else { format!("http://{url}") })
}

/// Opens the provider of a model for a run: with attempts, limits and other models as the configuration says.
pub(crate) fn open(id: &str, config: &Config) -> Result<Arc<dyn LlmProvider>, Failure> {
    if id == Offline::ID {
        return bare(id, config, None);
    }
    // Agents get whole answers, so that one that broke off may begin again, at another model too.
    let mut fallback = Fallback::new().mid_stream(true);
    for model in &config.fallback {
        let provider = layered(model.provider(), config, Stack::new())?;
        fallback = fallback.then(model.clone(), provider);
    }
    let stack = Stack::new().with(Telemetry::default());
    layered(id, config, if config.fallback.is_empty() { stack } else { stack.with(fallback) })
}

/// A provider with the layers that every one has: each attempt at a call waits for its turn.
fn layered(id: &str, config: &Config, mut stack: Stack) -> Result<Arc<dyn LlmProvider>, Failure> {
    let provider = bare(id, config, None)?;
    if id == Offline::ID {
        return Ok(provider);
    }
    require_key(id, config)?;
    let said = config.providers.get(id).cloned().unwrap_or_default();
    stack = stack.with(Retry::default().attempts(5).mid_stream(true));
    if let Some(limit) = said.concurrency {
        stack = stack.with(Concurrency::new(limit.max(1)));
    }
    let mut rate = Rate::default();
    if let Some(requests) = said.requests_per_minute {
        rate = rate.requests(requests.into());
    }
    if let Some(tokens) = said.tokens_per_minute {
        rate = rate.tokens(tokens.into());
    }
    stack = stack.with(Governor::new(rate));
    stack.build(provider).map_err(|error| Failure::failed(error.to_string()))
}

/// Says what to do about a missing key before anything is begun.
fn require_key(id: &str, config: &Config) -> Result<(), Failure> {
    let named = config.providers.get(id).and_then(|said| said.key_env.as_deref());
    let needs_one = Vendor::by_id(id).is_some_and(|vendor| vendor.auth != Auth::OptionalBearer);
    if needs_one && key(id, named)?.is_none() {
        return Err(Failure::usage(format!(
            "there is no key for {id}: set {}, or name the variable that has it as key_env under [providers.{id}] in samokoder.toml",
            variables(id).join(" or ")
        )));
    }
    Ok(())
}
