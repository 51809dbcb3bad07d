//! Keys and passwords are kept out of the history.

use std::{borrow::Cow, sync::Arc};

use samokoder::{
    project::Question,
    providers::{credentials::VARIABLES, http::secrets_of_url},
    secrets::{Redactor, SecretRedactor},
};

use crate::{config::Config, provider};

/// What takes secrets out, unless the configuration says that nothing does: what looks like one, those in the environment,
/// and those in the configuration.
pub(crate) fn redactor(config: &Config) -> Option<Arc<dyn Redactor>> {
    if config.history.redact == Some(false) {
        return None;
    }
    let usual = VARIABLES.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned()));
    let named = config.providers.values().filter_map(|provider| provider.key_env.clone());
    let keys = usual.chain(named).filter_map(|name| Some((provider::environment(&name)?, name)));
    let headers = config.providers.values().flat_map(|provider| &provider.headers);
    let headers = headers.flat_map(|(name, value)| {
        // A scheme, such as `Bearer`, is none, nor is the name of a cookie.
        let last = value.split_whitespace().next_back().unwrap_or_default();
        let inside = last.split_once('=').map_or(last, |(_, value)| value);
        [last, inside].map(|value| (value.to_owned(), format!("header {name}")))
    });
    let addresses =
        config.providers.iter().filter_map(|(id, provider)| Some((id, provider.base_url.as_ref()?)));
    let addresses = addresses.flat_map(|(id, url)| {
        secrets_of_url(url).into_iter().map(move |value| (value, format!("secret of the address of {id}")))
    });
    let known = keys.chain(others()).chain(headers).chain(addresses);
    let redactor = known.fold(SecretRedactor::new(), |redactor, (value, name)| redactor.known(name, value));
    Some(Arc::new(redactor))
}

/// Secrets of the environment that are none of ours: what has a telling name, or stands in an address.
fn others() -> impl Iterator<Item = (String, String)> {
    // What is not UTF-8 is in no text.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    variables.flat_map(|(name, value)| {
        let mut found = secrets_of_url(&value);
        if is_telling(&name) && !is_plain(&value) {
            found.push(value);
        }
        found.into_iter().map(move |value| (value, name.clone()))
    })
}

/// Whether a variable of this name holds a secret.
fn is_telling(name: &str) -> bool {
    const ENDS: [&str; 14] = [
        "KEY",
        "SECRET",
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "PASS",
        "_PWD",
        "_PW",
        "_PAT",
        "_AUTH",
        "_COOKIE",
        "_LICENSE",
        "CREDENTIALS",
    ];
    let name = name.to_ascii_uppercase();
    ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether a value is a word, a number or a path, which may stand anywhere.
fn is_plain(value: &str) -> bool {
    let value = value.trim();
    value.starts_with(['/', '.'])
        || value.chars().all(char::is_alphabetic)
        || value.chars().all(char::is_numeric)
}

/// Whether there is anything in a text that may not be kept.
pub(crate) fn is_secret(config: &Config, text: &str) -> bool {
    redactor(config).is_some_and(|redactor| matches!(redactor.redact_typed(text), Cow::Owned(_)))
}

/// A text that was typed, as it may be kept, which is said when it is not as it was.
pub(crate) fn typed(config: &Config, text: &str) -> String {
    kept(redactor(config).map(|redactor| redactor.redact_typed(text).into_owned()), text)
}

/// The same of the answer to a question.
pub(crate) fn answer(config: &Config, question: &Question, answer: &str) -> String {
    kept(redactor(config).map(|redactor| redactor.redact_answer(question, answer).into_owned()), answer)
}

fn kept(redacted: Option<String>, text: &str) -> String {
    let kept = redacted.unwrap_or_else(|| text.to_owned());
    if kept != text {
        errln!(
            "note: keys and passwords are not kept, so that the app can't have them written into it: put them into the \
             environment. Kept is: {}",
            kept.replace(char::is_control, " ")
        );
    }
    kept
}
