//! Keys and passwords are kept out of the history.

use std::sync::Arc;

use samokoder::{
    providers::{credentials::VARIABLES, http::secrets_of_url},
    secrets::{Redactor, SecretRedactor},
};

use crate::{config::Config, provider};

/// What opens stores and buckets.
const OF_STORES: [&str; 3] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD"];

/// What takes secrets out, unless the configuration says that nothing does: what looks like one, keys in the environment,
/// and those in the configuration.
pub(crate) fn redactor(config: &Config) -> Option<Arc<dyn Redactor>> {
    if config.history.redact == Some(false) {
        return None;
    }
    let usual = VARIABLES.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned()));
    let named = config.providers.values().filter_map(|provider| provider.key_env.clone());
    let variables = usual.chain(named).chain(OF_STORES.map(str::to_owned));
    let keys = variables.filter_map(|name| Some((provider::environment(&name)?, name)));
    // A scheme, such as `Bearer`, is none.
    let secret = |value: &String| value.split_whitespace().next_back().unwrap_or_default().to_owned();
    let headers = config.providers.values().flat_map(|provider| &provider.headers);
    let headers = headers
        .filter(|(name, _)| is_telling(name))
        .map(|(name, value)| (secret(value), format!("header {name}")));
    let addresses =
        config.providers.iter().filter_map(|(id, provider)| Some((id, provider.base_url.as_ref()?)));
    let addresses = addresses.flat_map(|(id, url)| {
        secrets_of_url(url).into_iter().map(move |value| (value, format!("secret of the address of {id}")))
    });
    let known = keys.chain(headers).chain(addresses);
    let redactor = known.fold(SecretRedactor::new(), |redactor, (value, name)| redactor.known(name, value));
    Some(Arc::new(redactor))
}

/// Whether a header of this name has a secret in it.
fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["key", "token", "secret", "auth", "password"].iter().any(|part| name.contains(part))
}

/// A text that was typed, as it may be kept.
pub(crate) fn redacted(config: &Config, text: &str) -> String {
    redactor(config).map_or_else(|| text.to_owned(), |redactor| redactor.redact_typed(text).into_owned())
}
