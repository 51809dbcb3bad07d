//! Keeps secrets out of errors: servers repeat in them what they were sent.

use std::sync::Arc;

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

/// Replaces a secret wherever it is, and what is left of one at the end of a text that was cut off within it.
fn take_out(text: &mut String, secret: &str) {
    if secret.is_empty() {
        return;
    }
    if text.contains(secret) {
        *text = text.replace(secret, "[key]");
    }
    let beginnings = (LEAST..secret.len()).rev().filter_map(|end| secret.get(..end));
    if let Some(left) = beginnings.into_iter().find(|beginning| text.ends_with(beginning)) {
        text.truncate(text.len() - left.len());
        text.push_str("[key]");
    }
}

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
}
