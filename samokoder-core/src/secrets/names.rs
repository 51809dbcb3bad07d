//! What words name a secret.

use std::ops::Range;

/// What a word names, and so what may be taken for its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// A password: also weak ones, numbers and quoted words.
    Password,
    /// A token or key.
    Key,
    /// A code of digits.
    Code,
    /// A key of something, which may be a lock or a piano, or a cookie, which may be one to eat.
    SomeKey,
    /// What may as well be something else, such as a pass or a login: only what is no word.
    Other,
}

/// Ends of words.
const PASSWORDS: [&str; 9] =
    ["password", "passwords", "passwd", "passphrase", "passcode", "pwd", "pw", "_pass", "-pass"];
const KEYS: [&str; 12] = [
    "secret",
    "token",
    "credential",
    "credentials",
    "authorization",
    "bearer",
    "apikey",
    "api_key",
    "api-key",
    "secret_key",
    "access_key",
    "signature",
];
const SOME_KEYS: [&str; 3] = ["cookie", "session_id", "sessionid"];
const OTHERS: [&str; 7] = ["_key", "-key", "pass", "sig", "login", "log", "logs"];

/// Whole words.
const PROGRAMS: [&str; 6] = ["connect", "curl", "mysql", "psql", "sshpass", "вход"];

/// What is before the word "key" or "code" that names a secret.
const OF_KEYS: [&str; 8] = ["api", "access", "secret", "private", "auth", "encryption", "signing", "license"];
const OF_CODES: [&str; 6] = ["access", "door", "pin", "gate", "alarm", "entry"];
/// What a word names, after the word before.
pub(super) fn name_of(text: &str, word: &Range<usize>, before: &str) -> Option<Name> {
    let written = text[word.clone()].trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !written.is_ascii() {
        return russian(&written.to_lowercase(), &before.to_lowercase());
    }
    let is = |known: &str| written.eq_ignore_ascii_case(known);
    let ends_with = |known: &&str| {
        let at = written.len().checked_sub(known.len());
        at.is_some_and(|at| written.is_char_boundary(at) && written[at..].eq_ignore_ascii_case(known))
    };
    let follows = |known: &[&str]| known.iter().any(|known| before.eq_ignore_ascii_case(known));
    let whole = |known: &[&str]| known.iter().any(|known| is(known));
    if PASSWORDS.iter().any(ends_with) || (whole(&["word", "phrase"]) && follows(&["secret", "pass"])) {
        Some(Name::Password)
    } else if KEYS.iter().any(ends_with) || (is("key") && follows(&OF_KEYS)) {
        Some(Name::Key)
    } else if is("pin") || (is("code") && follows(&OF_CODES)) {
        Some(Name::Code)
    } else if is("api") && before.to_lowercase().starts_with("ключ") {
        Some(Name::Key)
    } else if is("key") || SOME_KEYS.iter().any(ends_with) {
        Some(Name::SomeKey)
    } else {
        let is_other = OTHERS
            .iter()
            .any(|known| if known.starts_with(['_', '-']) { ends_with(known) } else { is(known) });
        (is_other || whole(&PROGRAMS)).then_some(Name::Other)
    }
}

/// Its words end in many ways.
fn russian(word: &str, before: &str) -> Option<Name> {
    let begins = |stems: &[&str]| stems.iter().any(|stem| word.starts_with(stem));
    let follows = |stems: &[&str]| stems.iter().any(|stem| before.starts_with(stem));
    if begins(&["парол"]) || (begins(&["слово"]) && follows(&["секретн", "кодов"])) {
        return Some(Name::Password);
    }
    if begins(&["токен", "api-ключ", "апи-ключ"])
        || word == "секрет"
        || (begins(&["ключ"]) && follows(&["секретн"]))
        || (word == "доступа" && follows(&["ключ"]))
    {
        return Some(Name::Key);
    }
    if begins(&["пин", "пин-код"]) || (word == "доступа" && follows(&["код"])) {
        return Some(Name::Code);
    }
    if begins(&["ключ"]) {
        return Some(Name::SomeKey);
    }
    (begins(&["логин", "учётн", "учетн"]) || word == "вход").then_some(Name::Other)
}
