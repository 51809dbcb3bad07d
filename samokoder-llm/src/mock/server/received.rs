//! A request as it was received, without keys.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::Protocol;

/// Headers whose values are keys.
const SECRET: [&str; 5] = ["authorization", "x-api-key", "api-key", "cookie", "proxy-authorization"];

/// A request as it was received, without keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// Its number among all that were received, counted from 1. Ids in the answer are made of it.
    pub number: u64,
    /// The protocol in which it asked for an answer, if it did.
    pub protocol: Option<Protocol>,
    /// The method.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// The headers, by name in small letters; keys are replaced by `[redacted]`.
    pub headers: BTreeMap<String, String>,
    /// The body: its JSON, or a string if it is not JSON.
    pub body: Value,
}

impl ReceivedRequest {
    pub(super) fn new(
        protocol: Option<Protocol>,
        method: &str,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        let as_text = || Value::String(String::from_utf8_lossy(body).into_owned());
        Self {
            number: 0,
            protocol,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers.iter().map(|(name, value)| shown(name.as_str(), value.as_bytes())).collect(),
            body: serde_json::from_slice(body).unwrap_or_else(|_| as_text()),
        }
    }
}

fn shown(name: &str, value: &[u8]) -> (String, String) {
    let value = if SECRET.contains(&name) {
        "[redacted]".to_owned()
    } else {
        String::from_utf8_lossy(value).into_owned()
    };
    (name.to_owned(), value)
}
