//! Where a provider is.

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use samokoder_core::llm::LlmError;

use crate::{vendor::Vendor, wire::refused};

/// Names of query parameters whose values are secrets.
const SECRET: [&str; 7] = ["key", "token", "secret", "sig", "password", "code", "auth"];

/// A base URL. Paths go before its query, which every request has, as with Azure's `api-version`.
#[derive(Clone)]
pub(super) struct Address {
    url: Url,
    shown: String,
}

impl Address {
    /// The address that was said, else the vendor's own, without a slash at its end, and without a version that the
    /// vendor's paths begin with anyway.
    ///
    /// # Errors
    /// [`LlmErrorKind::BadRequest`](samokoder_core::llm::LlmErrorKind::BadRequest) when there is none, or it is no
    /// HTTP address.
    pub(super) fn of(vendor: &Vendor, said: Option<&str>) -> Result<Self, LlmError> {
        let Some(said) = said.or(vendor.base_url) else {
            return Err(refused(format!(
                "the provider {:?} has no address of its own; say the base URL, such as http://localhost:8080/v1",
                vendor.id
            )));
        };
        let parsed = Url::parse(said).ok();
        let Some(mut url) = parsed.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        else {
            let said = shown(said);
            return Err(refused(format!(
                "{said:?} is no base URL; write one such as http://localhost:8080/v1"
            )));
        };
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix(vendor.version).unwrap_or(path).trim_end_matches('/').to_owned();
        url.set_path(&path);
        url.set_fragment(None);
        let shown = shown(url.as_str()).trim_end_matches('/').to_owned();
        Ok(Self { url, shown })
    }

    /// The address without what may be a secret in it: who asks, and the query.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// The address of a path, which may have a query of its own.
    pub(super) fn at(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        match (self.url.query(), query) {
            (Some(own), Some(query)) => url.set_query(Some(&format!("{own}&{query}"))),
            (None, Some(query)) => url.set_query(Some(query)),
            (_, None) => {}
        }
        url
    }

    /// What of it is a secret.
    pub(super) fn secrets(&self) -> Vec<String> {
        secrets(&self.url)
    }
}

/// What of an address is a secret: its password, alone and as it is sent with the name, and values of its query that are
/// named like a key. Empty for what is no URL.
pub fn secrets_of_url(url: &str) -> Vec<String> {
    Url::parse(url).map(|url| secrets(&url)).unwrap_or_default()
}

fn secrets(url: &Url) -> Vec<String> {
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        SECRET.iter().any(|secret| name.contains(secret))
    };
    let query = url.query_pairs().filter(|(name, _)| is_secret(name));
    let values = query.map(|(_, value)| value.into_owned());
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let password = url.password().map(decoded);
    // How both are sent.
    let both =
        password.as_ref().map(|password| BASE64.encode(format!("{}:{password}", decoded(url.username()))));
    values.chain(password).chain(both).collect()
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

/// A URL without what may be a secret in it, also one that is none.
pub(super) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let host = rest.split('/').next().unwrap_or_default();
    let from = host.rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}{}", if scheme.is_empty() { "" } else { "://" }, &rest[from..])
}
