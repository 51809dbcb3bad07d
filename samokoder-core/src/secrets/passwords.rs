//! Finds passwords by what is said about them: they have no form of their own.

use std::ops::Range;

use super::find::{LOOKED_AT, Secret};

/// Ends of words that name a secret.
const NAMES: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
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
];

/// Beginnings of such words in Russian, which ends them in many ways.
const STEMS: [&str; 2] = ["парол", "токен"];

/// What a key is called that is none of a table.
const OF_KEYS: [&str; 8] = ["api", "access", "secret", "private", "auth", "encryption", "signing", "license"];

/// Words between a name and its value: "the password for the shop is …".
const APART: usize = 5;

/// What stands between them when a value is given.
const SIGNS: [&str; 7] = ["=>", ":=", "==", "=", ":", "—", "–"];
const VERBS: [&str; 4] = ["is", "are", "это", "-"];

/// Kinds of credentials, which stand before them.
const SCHEMES: [&str; 4] = ["bearer", "basic", "token", "apikey"];

/// Beginnings of values that say how something is made, not what it is.
const ALGORITHMS: [&str; 14] = [
    "sha", "md5", "base64", "base32", "bcrypt", "scrypt", "argon2", "pbkdf2", "oauth", "hs256", "rs256",
    "es256", "ed25519", "utf",
];

/// Finds what a text gives as a password, key or token by name, as in `DB_PASSWORD=…`, `the password is …`, `Bearer …` and
/// `postgres://user:…@host`, however weak it is. Plain words are taken for words: `password: text` is a field.
///
/// It is eager, for what people type; of code and of what models write, keep those that [`looks_random`] accepts.
///
/// ```
/// use samokoder_core::secrets::find_passwords;
///
/// let text = "The admin's password is hunter2, it has at least 6 characters";
/// let found = find_passwords(text);
/// assert_eq!(found.len(), 1);
/// assert_eq!(&text[found[0].range.clone()], "hunter2");
/// ```
pub fn find_passwords(text: &str) -> Vec<Secret> {
    let mut found: Vec<Secret> = Vec::new();
    let mut before = "";
    for word in words(text) {
        let taken = found.last().is_some_and(|last| last.range.end > word.start);
        let value = (!taken).then(|| in_url(text, &word).or_else(|| named(text, &word, before))).flatten();
        found.extend(value.map(|range| Secret { range, what: "secret" }));
        before = &text[word];
    }
    found
}

/// Whether a value is so mixed that no one would write it as an example: letters of both cases and digits, in turns.
pub fn looks_random(value: &str) -> bool {
    let kinds = || value.chars().map(Kind::of);
    let turns = kinds().zip(kinds().skip(1)).filter(|(one, next)| one != next).count();
    let has = |kind| kinds().any(|other| other == kind);
    value.len() >= 12 && turns >= 6 && has(Kind::Lower) && has(Kind::Upper) && has(Kind::Digit)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lower,
    Upper,
    Digit,
    Sign,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            _ if c.is_numeric() => Self::Digit,
            _ if c.is_uppercase() => Self::Upper,
            _ if c.is_alphabetic() => Self::Lower,
            _ => Self::Sign,
        }
    }
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Where the words of a text are.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_in_word)?;
        at = start + text[start..].find(|c| !is_in_word(c)).unwrap_or(text.len() - start);
        Some(start..at)
    })
}

/// The password of a URL whose scheme is this word.
fn in_url(text: &str, scheme: &Range<usize>) -> Option<Range<usize>> {
    let start = scheme.end + "://".len();
    let rest = head(text[scheme.end..].strip_prefix("://")?);
    let authority =
        &rest[..rest.find(|c: char| c.is_whitespace() || "/?#\"'`<>".contains(c)).unwrap_or(rest.len())];
    let who = &authority[..authority.rfind('@')?];
    let password = who.find(':')? + 1;
    let is_example = ["password", "pass", "passwd", "pwd", "secret"].contains(&&who[password..]);
    let is_told = who[password..].starts_with(|c: char| c.is_alphanumeric()) && !is_example;
    is_told.then(|| start + password..start + who.len())
}

/// Whether a word names a secret.
fn is_name(word: &str, before: &str) -> bool {
    if word.is_ascii() {
        let ends_with = |name: &&str| {
            let at = word.len().checked_sub(name.len());
            at.is_some_and(|at| word[at..].eq_ignore_ascii_case(name))
        };
        let is_key =
            word.eq_ignore_ascii_case("key") && OF_KEYS.iter().any(|of| before.eq_ignore_ascii_case(of));
        return is_key || NAMES.iter().any(ends_with);
    }
    let word = word.to_lowercase();
    word.ends_with("api-ключ") || STEMS.iter().any(|stem| word.starts_with(stem))
}

/// The value of a name that is this word.
fn named(text: &str, word: &Range<usize>, before: &str) -> Option<Range<usize>> {
    let name = &text[word.clone()];
    if !is_name(name, before) {
        return None;
    }
    let rest = text[word.end..].trim_start_matches(['"', '\'', '`', ']', '*', '\\', '»', '”']);
    if let Some(value) = given(rest) {
        return checked(text, value, is_password);
    }
    let directly = rest.trim_start_matches(' ');
    if directly.len() < rest.len() && directly.starts_with(['"', '\'', '`', '«', '“']) {
        return checked(text, directly, is_password);
    }
    if directly.len() < rest.len() && name.eq_ignore_ascii_case("bearer") {
        return checked(text, directly, is_mixed);
    }
    checked(text, directly, |value| value.len() >= 10 && is_password(value) && is_varied(value))
        .filter(|_| directly.len() < rest.len())
        .or_else(|| checked(text, after_words(directly)?, is_password))
}

/// What follows the sign or the verb that a text begins with.
fn given(text: &str) -> Option<&str> {
    let text = text.trim_start_matches([' ', '\t', '*']);
    let sign = SIGNS.iter().find_map(|sign| text.strip_prefix(sign));
    let verb = || {
        let (verb, rest) = text.split_once(' ')?;
        VERBS.contains(&verb.to_lowercase().as_str()).then_some(rest)
    };
    sign.or_else(verb)
}

/// What is given after a few words, within a sentence.
fn after_words(text: &str) -> Option<&str> {
    let mut rest = text;
    for _ in 0..APART {
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '\'' | '@'))
            .unwrap_or(rest.len());
        if end == 0 {
            return None;
        }
        rest = &rest[end..];
        if let Some(value) = given(rest) {
            return Some(value);
        }
        rest = rest.strip_prefix(' ')?;
    }
    None
}

/// As much of a text as a value may take.
fn head(text: &str) -> &str {
    text.char_indices().nth(LOOKED_AT).map_or(text, |(end, _)| &text[..end])
}

/// Where the value is that a text begins with, if it passes.
fn checked(whole: &str, text: &str, passes: impl Fn(&str) -> bool) -> Option<Range<usize>> {
    let mut text = head(text.trim_start_matches([' ', '\t', '*', '\\']));
    for scheme in SCHEMES {
        let (word, rest) = text.split_once(' ').unwrap_or_default();
        if word.eq_ignore_ascii_case(scheme) {
            text = rest.trim_start();
        }
    }
    let open = text.chars().next().filter(|c| "\"'`«“".contains(*c));
    let value = match open {
        Some(open) => {
            let inside = &text[open.len_utf8()..];
            let close = match open {
                '«' => '»',
                '“' => '”',
                same => same,
            };
            let end = inside.find([close, '\n', '\\']).unwrap_or(inside.len());
            if inside[..end].contains(' ') { unquoted(inside) } else { &inside[..end] }
        }
        None => unquoted(text),
    };
    let start = value.as_ptr().addr() - whole.as_ptr().addr();
    passes(value).then(|| start..start + value.len())
}

/// The value without quotes that a text begins with.
fn unquoted(text: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || "\"'`«»“”,;()[]{}<>|\\".contains(c);
    let value = &text[..text.find(ends).unwrap_or(text.len())];
    value.trim_end_matches(['.', ':', '?', '*'])
}

/// Whether a value may be a password rather than a word, a number or a description.
fn is_password(value: &str) -> bool {
    let lower = value.to_lowercase();
    value.chars().count() >= 6
        && value.chars().next().is_some_and(|c| !"$%<{[".contains(c))
        && !ALGORITHMS.iter().any(|name| lower.starts_with(name))
        && (is_mixed(value) || value.chars().all(|c| c.is_ascii_digit()))
}

/// Whether there are letters with digits, or with signs that are not in ordinary words.
fn is_mixed(value: &str) -> bool {
    let letters = value.chars().any(char::is_alphabetic);
    let digits = value.chars().any(|c| c.is_ascii_digit());
    let signs = value.chars().any(|c| "!@#$%^&+=~".contains(c)) && value.chars().any(char::is_uppercase);
    letters && (digits || signs) && value.len() >= 6
}

/// Whether there are letters of both cases and digits.
fn is_varied(value: &str) -> bool {
    let has = |kind| value.chars().any(|c| Kind::of(c) == kind);
    has(Kind::Lower) && has(Kind::Upper) && has(Kind::Digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secrets::{Redactor as _, SecretRedactor};

    fn found(text: &str) -> Vec<&str> {
        find_passwords(text).into_iter().map(|secret| &text[secret.range]).collect()
    }

    #[test]
    fn what_is_given_as_a_password_is_found_however_it_is_said() {
        for (text, value) in [
            ("DB_PASSWORD=kJ8s7df6Gh3kLq92", "kJ8s7df6Gh3kLq92"),
            ("the admin password \"Tr0ub4dor&3xQ9z\" must work", "Tr0ub4dor&3xQ9z"),
            ("with password Tr0ub4dor&3xQ9z.", "Tr0ub4dor&3xQ9z"),
            ("the password is hunter2.", "hunter2"),
            ("the password for the shop's admin is hunter2, and", "hunter2"),
            ("**Password:** `hunter2`", "hunter2"),
            ("password: 12345678", "12345678"),
            ("log in with postgres://admin:pw@db.example.org/shop", "pw"),
            ("redis://:p4ss@localhost", "p4ss"),
            ("Authorization: Bearer abc123def", "abc123def"),
            ("send Authorization: Basic dXNlcjpwYXNz1", "dXNlcjpwYXNz1"),
            ("curl https://x.org/?token=a1b2c3d4", "a1b2c3d4"),
            ("https://x.org/?api-key=a1b2c3d4&x=1", "a1b2c3d4&x=1"),
            ("my api key is a1b2c3d4e5", "a1b2c3d4e5"),
            ("{\"password\": \"S3cret!\"}", "S3cret!"),
            ("пароль администратора: Секрет99", "Секрет99"),
            ("Токен — a1b2c3d4", "a1b2c3d4"),
            ("API-ключ: a1b2c3d4 ", "a1b2c3d4"),
        ] {
            assert_eq!(found(text), [value], "{text}");
        }
    }

    #[test]
    fn descriptions_of_passwords_are_none() {
        for text in [
            "users with a name, an email and a password",
            "fields: password: text, token: string, key=number",
            "the password is required and has at least 12 characters",
            "password: 8-20 characters; hashed with SHA256",
            "the password is SHA256-hashed, the token is base64-encoded",
            "an access token for OAuth2.0 with RS256",
            "a secret question and its answer",
            "token: ${TOKEN} or <token1> or [secret removed]",
            "postgres://user:password@localhost/db, https://x.org:8080/a@b",
            "max_tokens: 100000 and 3 tokens",
            "the password's strength: weak, good, excellent",
            "const token = await sign2(user);",
            "Пароль: не менее 8 символов",
            "orders with a key, a total and a day",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn only_what_no_one_would_write_as_an_example_looks_random() {
        for value in ["kJ8s7df6Gh3kLq92", "Tr0ub4dor&3xQ9z"] {
            assert!(looks_random(value), "{value}");
        }
        for value in ["hunter2", "Passw0rd!", "Secret123456!", "correct-horse-battery-9", "testPassword123"] {
            assert!(!looks_random(value), "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_out_is_not_found_again(
            text in "([ -~жé\n]{0,12}(password|secret|пароль|api key|token|://a)?( is |=|: |:|\"| — )?[ -~]{0,16}@?){0,5}"
        ) {
            let redactor = SecretRedactor::new();
            let once = redactor.redact_typed(&text).into_owned();
            prop_assert_eq!(redactor.redact_typed(&once), once.as_str());
            let once = redactor.redact(&text).into_owned();
            prop_assert_eq!(redactor.redact(&once), once.as_str());
        }
    }
}
