//! Keys and passwords are kept out of the history.

use std::{borrow::Cow, sync::Arc};

use samokoder::{
    pipeline::Redactor,
    providers::{credentials::VARIABLES, layer::find_secrets},
};

use crate::{config::Config, provider};

/// Takes out the keys in the environment, values of headers in the configuration, and what looks like a key, a token or a password.
#[derive(Debug)]
struct Secrets {
    /// Keys, each with the variable that it is in. The longest first: one may be the beginning of another.
    known: Vec<(String, String)>,
}

/// A shorter value is a word that may stand anywhere.
const SHORTEST: usize = 8;

/// What takes secrets out, unless the configuration says that nothing does.
pub(crate) fn redactor(config: &Config) -> Option<Arc<dyn Redactor>> {
    if config.history.redact == Some(false) {
        return None;
    }
    let usual = VARIABLES.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned()));
    let named = config.providers.values().filter_map(|provider| provider.key_env.clone());
    // A scheme, such as `Bearer`, is none.
    let secret = |value: &String| value.split_whitespace().next_back().unwrap_or_default().to_owned();
    let headers = config.providers.values().flat_map(|provider| &provider.headers);
    let headers = headers.filter(|(name, _)| is_telling(name));
    let mut known: Vec<_> = usual
        .chain(named)
        .filter_map(|name| Some((provider::environment(&name)?, name)))
        .chain(headers.map(|(name, value)| (secret(value), format!("header {name}"))))
        .filter(|(value, _)| value.len() >= SHORTEST)
        .collect();
    known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    Some(Arc::new(Secrets { known }))
}

/// Whether a header of this name has a secret in it.
fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["key", "token", "secret", "auth", "password"].iter().any(|part| name.contains(part))
}

/// A text that was typed, as it may be kept.
pub(crate) fn redacted(config: &Config, text: &str) -> String {
    redactor(config).map_or_else(|| text.to_owned(), |redactor| redactor.redact(text).into_owned())
}

impl Redactor for Secrets {
    fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut redacted = Cow::Borrowed(text);
        for (value, name) in &self.known {
            if redacted.contains(value.as_str()) {
                redacted = redacted.replace(value.as_str(), &format!("[{name} removed]")).into();
            }
        }
        let found = find_secrets(&redacted);
        // From the end, so that the places of those before stay.
        for secret in found.iter().rev() {
            redacted.to_mut().replace_range(secret.range.clone(), &format!("[{} removed]", secret.what));
        }
        redacted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_is_not_found_again() {
        let secrets = Secrets { known: vec![("correct-horse-battery".into(), "OPENAI_API_KEY".into())] };
        let text =
            "use correct-horse-battery, AKIAIOSFODNN7EXAMPLE and api_key: \"9fK2xQ7bLm4Zt8Wc1Rv6Yp3N\"";
        let redacted = secrets.redact(text).into_owned();
        assert_eq!(
            redacted,
            "use [OPENAI_API_KEY removed], [AWS access key removed] and api_key: \"[secret removed]\""
        );
        assert!(matches!(secrets.redact(&redacted), Cow::Borrowed(_)));
    }
}
