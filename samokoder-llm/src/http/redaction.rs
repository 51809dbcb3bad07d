//! Keeps secrets out of errors: servers repeat in them what they were sent.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use samokoder_core::llm::LlmError;
use secrecy::{ExposeSecret as _, SecretString};

use crate::credentials::Credential;

/// Characters that a configured value must have to be taken for a secret, and that must be left of one that was cut
/// off to be known again.
const LEAST: usize = 8;

/// What must not be in an error.
#[derive(Debug, Clone, Default)]
pub(super) struct Redaction {
    /// Of the configuration: of headers and of the address.
    configured: Arc<[SecretString]>,
    key: Option<SecretString>,
}

impl Redaction {
    /// Keeps these out. Short ones are none: a team's name in a header may be in every text.
    pub(super) fn of(configured: impl Iterator<Item = String>) -> Self {
        let secrets = configured.filter(|secret| secret.len() >= LEAST).map(SecretString::from);
        Self { configured: secrets.collect(), key: None }
    }

    /// Keeps the key out too.
    pub(super) fn with(&self, credential: &Credential) -> Self {
        Self { configured: self.configured.clone(), key: credential.key.clone() }
    }

    /// Takes them out of an error.
    pub(super) fn clean(&self, mut error: LlmError) -> LlmError {
        let reply = error.reply.as_deref_mut();
        let replied = reply.into_iter().flat_map(|reply| {
            [Some(&mut reply.body), reply.code.as_mut(), reply.request_id.as_mut()].into_iter().flatten()
        });
        for text in std::iter::once(&mut error.message).chain(replied) {
            for secret in self.key.iter().chain(&*self.configured) {
                take_out(text, secret.expose_secret().trim());
            }
        }
        error
    }
}

/// Replaces a secret wherever it is, as it is or in another spelling, and what is left of one at the end of a text that
/// was cut off within it.
fn take_out(text: &mut String, secret: &str) {
    if secret.is_empty() {
        return;
    }
    let (coded, mut clean, mut rest) = (BASE64.encode(secret), String::new(), &**text);
    while let Some(first) = rest.chars().next() {
        if let Some(len) = spelled(rest, secret).or_else(|| spelled(rest, &coded)) {
            clean.push_str("[key]");
            rest = &rest[len..];
        } else {
            clean.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    *text = clean;
}

/// How many bytes a secret takes at the beginning of a text, in which each of its characters may be escaped as in URLs,
/// JSON (again and again, when texts are quoted within texts) or HTML, and lines may be broken.
fn spelled(text: &str, secret: &str) -> Option<usize> {
    let mut rest = text;
    for (at, c) in secret.char_indices() {
        let next = if at == 0 { rest } else { rest.trim_start_matches(['\n', '\r', '\u{200b}', '\u{ad}']) };
        match next.strip_prefix(c).or_else(|| escaped(next, c)) {
            Some(more) => rest = more,
            // It was cut off here, or within an escape.
            None if at >= LEAST
                && (next.is_empty() || (next.len() < 8 && next.starts_with(['%', '&', '\\']))) =>
            {
                return Some(text.len());
            }
            None => return None,
        }
    }
    Some(text.len() - rest.len())
}

/// What follows a character that is escaped.
fn escaped(text: &str, c: char) -> Option<&str> {
    let number = |text: &'_ str, digits: usize| {
        let digits = text.get(..digits)?;
        u32::from_str_radix(digits, 16).ok().filter(|number| *number == u32::from(c))
    };
    if let Some(text) = text.strip_prefix('%') {
        return number(text, 2).map(|_| &text[2..]);
    }
    if let Some(text) = text.strip_prefix('&') {
        let (entity, more) = text.split_once(';')?;
        let code = entity.strip_prefix('#');
        let is_it = match code {
            Some(code) => match code.strip_prefix(['x', 'X']) {
                Some(code) => u32::from_str_radix(code, 16) == Ok(u32::from(c)),
                None => code.parse() == Ok(u32::from(c)),
            },
            None => ENTITIES.contains(&(entity, c)),
        };
        return is_it.then_some(more);
    }
    let text = text.strip_prefix('\\')?.trim_start_matches('\\');
    if let Some(text) = text.strip_prefix('u').filter(|text| number(text, 4).is_some()) {
        return Some(&text[4..]);
    }
    text.strip_prefix(c)
}

/// Those of HTML's names that are in use.
const ENTITIES: [(&str, char); 6] =
    [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("plus", '+'), ("equals", '=')];

#[cfg(test)]
mod tests {
    use samokoder_core::llm::{ErrorReply, LlmErrorKind, Payer};

    use super::*;

    #[test]
    fn a_key_is_taken_out_whole_and_cut_off() {
        let redaction = Redaction::of(["other-secret".to_owned(), "apps".to_owned()].into_iter())
            .with(&Credential::new("sk-0123456789", Payer::Own));
        let mut reply = ErrorReply::default();
        reply.body = "apps other-secret, then sk-01234567".into();
        let error = LlmError::new(LlmErrorKind::BadRequest, "sk-0123456789 and sk-0123456789!").reply(reply);
        let clean = redaction.clean(error);
        assert_eq!(clean.message, "[key] and [key]!");
        assert_eq!(clean.reply.unwrap().body, "apps [key], then [key]");
    }

    #[test]
    fn a_key_is_known_in_every_spelling() {
        let key = "sk-ab+/cd=efgh\"1";
        let spellings = [
            "sk-ab+/cd=efgh\"1",
            "sk-ab%2B%2fcd%3Defgh%221",
            "sk%2dab+%2Fcd=efgh\"1",
            "sk-ab+\\/cd=efgh\\\"1",
            "sk-ab\\u002B\\\\/cd\\u003defgh\\\\\\\"1",
            "sk-ab&#43;/cd&#x3D;efgh&quot;1",
            "sk-ab\n+/cd=\u{200b}efgh\"1",
            &BASE64.encode(key),
        ];
        for spelling in spellings {
            let mut text = format!("before {spelling} after");
            take_out(&mut text, key);
            assert_eq!(text, "before [key] after", "{spelling}");
        }
        let mut text = "sk-ab+ and sk-ab%2".to_owned();
        take_out(&mut text, key);
        assert_eq!(text, "sk-ab+ and sk-ab%2");
    }
}
