//! Takes secrets out of what is recorded.

use std::{borrow::Cow, fmt};

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    answers::find_answers,
    find::{Secret, find_all, remove_secrets},
    passwords::find_passwords,
    value::is_mixed,
};
use crate::project::Question;

/// Takes out of texts what must not be recorded, such as keys.
///
/// It must be a function of what it is given alone, and leave alone what it has been through: a text that is replayed meets it
/// again.
pub trait Redactor: fmt::Debug + Send + Sync {
    /// The text without what must not be recorded; borrowed when there is nothing to take out.
    fn redact<'a>(&self, text: &'a str) -> Cow<'a, str>;

    /// The same of what a person typed: prose, in which more may be taken for a secret than in code.
    fn redact_typed<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.redact(text)
    }

    /// The same of an answer that a person typed: where the question asks for nothing but a password, a key or a code, what
    /// is answered is one, however it looks.
    fn redact_answer<'a>(&self, _question: &Question, answer: &'a str) -> Cow<'a, str> {
        self.redact_typed(answer)
    }
}

/// Takes out what looks like a secret, and the secrets that it was told.
///
/// ```
/// use samokoder_core::secrets::{Redactor as _, SecretRedactor};
///
/// let redactor = SecretRedactor::new().known("the shop's key", "correct-horse-battery");
/// let text = "use correct-horse-battery, and the password is hunter2";
/// assert_eq!(redactor.redact_typed(text), "use [the shop's key removed], and the password is [secret removed]");
/// ```
#[derive(Clone, Default)]
pub struct SecretRedactor {
    /// Each with what it is called. The longest first: one may be the beginning of another.
    known: Vec<(String, SecretString)>,
}

/// A shorter value is a word that may stand anywhere; with letters and digits mixed it needs fewer.
const SHORTEST: usize = 8;
const SHORTEST_MIXED: usize = 6;

/// More than any text needs.
const ROUNDS: usize = 16;

impl SecretRedactor {
    /// Takes out what looks like a secret.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes this value out too, wherever it is, and writes `[NAME removed]` in its place. Less than 8 bytes are no secret, nor
    /// are less than 6 characters with letters and digits.
    #[must_use]
    pub fn known(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        let value = SecretString::from(value.into().expose_secret().trim());
        let text = value.expose_secret();
        if text.len() >= SHORTEST || is_mixed(text, SHORTEST_MIXED) {
            self.known.push((name.into(), value));
            self.known.sort_by_key(|(_, value)| std::cmp::Reverse(value.expose_secret().len()));
        }
        self
    }

    fn take_out<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut redacted = Cow::Borrowed(text);
        for (name, value) in &self.known {
            if redacted.contains(value.expose_secret()) {
                redacted = redacted.replace(value.expose_secret(), &format!("[{name} removed]")).into();
            }
        }
        let found = find_all(&redacted);
        remove(&mut redacted, &found);
        redacted
    }
}

fn remove(text: &mut Cow<'_, str>, found: &[Secret]) {
    if !found.is_empty() {
        *text = remove_secrets(text, found).into();
    }
}

impl Redactor for SecretRedactor {
    fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.take_out(text)
    }

    fn redact_typed<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut redacted = self.take_out(text);
        // What stands in the place of one may leave another one more plainly named: until there is none.
        for _ in 0..ROUNDS {
            let found = find_passwords(&redacted);
            if found.is_empty() {
                break;
            }
            redacted = self.take_out(&remove_secrets(&redacted, &found)).into_owned().into();
        }
        redacted
    }

    fn redact_answer<'a>(&self, question: &Question, answer: &'a str) -> Cow<'a, str> {
        let mut redacted = self.redact_typed(answer);
        // What the question itself has is nothing that the person knew alone.
        if question.options.iter().chain(&question.default).any(|known| known == answer) {
            return redacted;
        }
        for _ in 0..ROUNDS {
            let found = find_answers(&question.text, &redacted);
            if found.is_empty() {
                break;
            }
            redacted = self.redact_typed(&remove_secrets(&redacted, &found)).into_owned().into();
        }
        redacted
    }
}

impl fmt::Debug for SecretRedactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.known.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}
