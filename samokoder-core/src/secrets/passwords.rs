//! Finds passwords by what is said about them: they have no form of their own.

use std::ops::Range;

use super::{
    find::{LOOKED_AT, Secret},
    value::{is_mixed, is_number, is_placeholder, is_strong},
};

/// What a word names, and so what may be taken for its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// A password: also weak ones, numbers and quoted words.
    Password,
    /// A token or key.
    Key,
    /// A code of digits.
    Code,
    /// What may as well be something else, such as a pass, a login or a key on a keyboard: only what is no word.
    Other,
}

/// Ends of words.
const PASSWORDS: [&str; 8] =
    ["password", "passwords", "passwd", "passphrase", "passcode", "pwd", "pw", "_pass"];
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
const OTHERS: [&str; 8] = ["_key", "-key", "pass", "key", "sig", "login", "log", "logs"];

/// Whole words.
const PROGRAMS: [&str; 6] = ["connect", "curl", "mysql", "psql", "sshpass", "вход"];

/// What is before the word "key" or "code" that names a secret.
const OF_KEYS: [&str; 8] = ["api", "access", "secret", "private", "auth", "encryption", "signing", "license"];
const OF_CODES: [&str; 6] = ["access", "door", "pin", "gate", "alarm", "entry"];

/// Words that may stand between a name and its value, or before it.
const NEAR: usize = 8;
const BEFORE: usize = 5;

/// What says that a value comes.
const SIGNS: [&str; 12] = ["=>", ":=", "==", "->", "=", ":", "—", "–", "-", "|", ">", "/"];
const VERBS: [&str; 18] = [
    "is",
    "are",
    "be",
    "to",
    "equals",
    "as",
    "это",
    "будет",
    "равен",
    "такой",
    "теперь",
    "still",
    "now",
    "probably",
    "should",
    "must",
    "will",
    "кстати",
];

/// Kinds of credentials, which stand before them.
const SCHEMES: [&str; 4] = ["bearer", "basic", "token", "apikey"];

/// What a value may be put in, and where it ends.
const QUOTES: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('`', '`'), ('«', '»'), ('“', '”'), ('‘', '’')];
const PUNCTUATION: [char; 16] =
    ['.', ',', ';', ':', '?', '!', ')', ']', '}', '"', '\'', '`', '»', '”', '*', '|'];

/// Finds what a text gives as a password, key or token by name, as in `DB_PASSWORD=…`, `the password is …`, `Bearer …` and
/// `postgres://user:…@host`, however weak it is. A plain word is one only where there can be nothing else, as after
/// `password=`: in `password: text` it is a kind of field.
///
/// It is for what people type: code has such words as examples.
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
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut last: [Range<usize>; BEFORE] = Default::default();
    for word in words(text) {
        if is_description(text, &word) {
            continue;
        }
        let before = &text[last[BEFORE - 1].clone()];
        if let Some(name) = name(text, &word, before) {
            found.extend(value_before(text, &word, name, &last));
            found.extend(values_after(text, &word, name));
        }
        found.extend(in_url(text, &word));
        last.rotate_left(1);
        last[BEFORE - 1] = word;
    }
    in_order(found).into_iter().map(|range| Secret { range, what: "secret" }).collect()
}

/// Without those that begin within another one.
fn in_order(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    found.retain(|range| {
        let is_next = range.start >= end;
        end = end.max(range.end);
        is_next
    });
    found
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

/// Whether a word is one of those that stand in the place of a secret: `[GitHub token removed]`.
fn is_description(text: &str, word: &Range<usize>) -> bool {
    let Some(open) = text[..word.start].rfind(['[', ']']).filter(|at| text[*at..].starts_with('[')) else {
        return false;
    };
    head(&text[open..]).split(']').next().is_some_and(|inside| inside.ends_with(" removed"))
}

/// The password of a URL whose scheme is this word.
pub(super) fn in_url(text: &str, scheme: &Range<usize>) -> Option<Range<usize>> {
    let start = scheme.end + "://".len();
    let rest = head(text[scheme.end..].strip_prefix("://")?);
    let rest = &rest[..rest.find(|c: char| c.is_whitespace() || "\"`<>".contains(c)).unwrap_or(rest.len())];
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().len();
    // A password may have a slash in it: what is before the last "@" that a host can follow.
    let at =
        rest[..host(rest)].rfind('@').or_else(|| rest.find('@').filter(|at| rest[..*at].contains(':')))?;
    let password = rest[..at].find(':')? + 1;
    let value = &rest[password..at];
    let is_port = is_number(value, 1) && value.len() <= 5 && !rest[at..].contains(':');
    (!is_placeholder(value) && !is_port).then(|| start + password..start + at)
}

/// What a word names, after the word before.
fn name(text: &str, word: &Range<usize>, before: &str) -> Option<Name> {
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
    if PASSWORDS.iter().any(ends_with) {
        Some(Name::Password)
    } else if KEYS.iter().any(ends_with) || (is("key") && follows(&OF_KEYS)) {
        Some(Name::Key)
    } else if is("pin") || (is("code") && follows(&OF_CODES)) {
        Some(Name::Code)
    } else if is("api") && before.to_lowercase().starts_with("ключ") {
        Some(Name::Key)
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
    if begins(&["парол"]) {
        return Some(Name::Password);
    }
    if begins(&["токен", "api-ключ", "апи-ключ"])
        || word == "секрет"
        || (begins(&["ключ", "слово"]) && follows(&["секретн"]))
        || (word == "доступа" && follows(&["ключ"]))
    {
        return Some(Name::Key);
    }
    if begins(&["пин", "пин-код"]) || (word == "доступа" && follows(&["код"])) {
        return Some(Name::Code);
    }
    (begins(&["ключ", "логин", "учётн", "учетн"]) || word == "вход").then_some(Name::Other)
}

/// As much of a text as a value may take.
pub(super) fn head(text: &str) -> &str {
    text.char_indices().nth(LOOKED_AT).map_or(text, |(end, _)| &text[..end])
}

/// A value that comes first: `hunter2 is the password`, `use x8Kq2mZp9 as the key`.
fn value_before(
    text: &str,
    word: &Range<usize>,
    name: Name,
    last: &[Range<usize>; BEFORE],
) -> Option<Range<usize>> {
    let between = &text[last[0].start..word.start];
    let from = last[0].start
        + between
            .rfind(['.', '!', '?', '\n', ';'])
            .filter(|at| {
                between[at + 1..].starts_with(char::is_whitespace) || between[*at..].starts_with('\n')
            })
            .map_or(0, |end| end + 1);
    let is_said = last.iter().any(|word| {
        word.start >= from && ["is", "as", "как", "это"].contains(&&*text[word.clone()].to_lowercase())
    });
    let is_value =
        |word: &&Range<usize>| !word.is_empty() && word.start >= from && self::name(text, word, "").is_none();
    last.iter().filter(is_value).find_map(|word| {
        let value = token(&text[word.start..]).trim_end_matches(PUNCTUATION);
        let fits = is_strong(value) || (is_said && name != Name::Other && is_mixed(value, 6));
        fits.then(|| word.start..word.start + value.len())
    })
}

/// Values that a name has.
fn values_after(text: &str, word: &Range<usize>, name: Name) -> Vec<Range<usize>> {
    let rest = head(&text[word.end..]);
    let is_russian = !text[word.clone()].is_ascii();
    let place = |value: &str| {
        let start = value.as_ptr().addr() - text.as_ptr().addr();
        start..start + value.len()
    };
    if let Some(value) = assigned(text, word, rest, name) {
        return vec![place(value)];
    }
    let mut rest = rest.trim_start_matches(['"', '\'', '`', '*', ']', '»', '”', '\\']);
    rest = rest.strip_prefix("s ").unwrap_or(rest);
    let (mut found, mut is_given, mut apart) = (Vec::new(), false, 0);
    while apart < NEAR {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ",(*".contains(c));
        let word = token(rest);
        if word.is_empty() || word.starts_with('[') {
            break;
        }
        let plain = word.trim_matches(PUNCTUATION).to_lowercase();
        if SIGNS.contains(&word) || VERBS.contains(&&*plain) || ["and", "or", "и", "или"].contains(&&*plain)
        {
            is_given = is_given || !["and", "or", "и", "или"].contains(&&*plain);
            rest = &rest[word.len()..];
            continue;
        }
        if SCHEMES.contains(&&*plain) && apart == 0 {
            rest = &rest[word.len()..];
            continue;
        }
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign) && !rest.starts_with('/'));
        if let Some(sign) =
            sign.filter(|sign| !rest[sign.len()..].starts_with(char::is_alphanumeric) || **sign != "-")
        {
            is_given = true;
            rest = &rest[sign.len()..];
            continue;
        }
        let (value, is_quoted) = value_of(rest);
        let value = pair(name, value);
        if !value.is_empty() && is_told(name, value, is_russian, (is_given, is_quoted, apart)) {
            found.push(place(value));
            let end = value.as_ptr().addr() - rest.as_ptr().addr() + value.len();
            rest = rest[end..].trim_start_matches(|c: char| !c.is_whitespace() && !is_in_word(c));
            is_given = true;
            continue;
        }
        let ends = word.ends_with(['.', '!', '?', ';']);
        if ends || !found.is_empty() {
            break;
        }
        is_given = word.ends_with([':', '=']);
        rest = &rest[word.len()..];
        apart += 1;
    }
    found
}

/// Up to the next white space, or the end of an element.
fn token(text: &str) -> &str {
    let token = &text[..text.find(char::is_whitespace).unwrap_or(text.len())];
    token.find("</").map_or(token, |end| &token[..end])
}

/// The value that a text begins with, and whether it is in quotes.
fn value_of(text: &str) -> (&str, bool) {
    for (open, close) in QUOTES {
        if let Some(inside) = text.strip_prefix(open) {
            let end = inside.find([close, '\n']).unwrap_or(0);
            return (
                if end > 0 { &inside[..end] } else { token(inside).trim_end_matches(PUNCTUATION) },
                end > 0,
            );
        }
    }
    (token(text).trim_end_matches(PUNCTUATION), false)
}

/// The password of `admin/hunter2` and `admin:hunter2` where somebody logs in.
fn pair(name: Name, value: &str) -> &str {
    if !matches!(name, Name::Other | Name::Key | Name::Password) || value.contains("://") {
        return value;
    }
    let split =
        value.split_once(['/', ':']).filter(|(who, _)| who.chars().all(|c| c.is_alphanumeric() || c == '_'));
    split.map_or(value, |(_, password)| password)
}

/// Whether a value that stands so is meant.
fn is_told(
    name: Name,
    value: &str,
    is_russian: bool,
    (is_given, is_quoted, apart): (bool, bool, usize),
) -> bool {
    let is_one_word = !value.contains(char::is_whitespace);
    if is_one_word && is_strong(value) {
        return true;
    }
    let is_next = apart == 0;
    // Latin letters in Russian: "Пароль от базы hunter2".
    let is_foreign = is_russian && value.is_ascii() && apart <= 2;
    match name {
        Name::Password if is_quoted && is_next => value.chars().count() >= 4 && !is_placeholder(value),
        Name::Password if is_given && is_next => is_one_word && (is_mixed(value, 4) || is_number(value, 4)),
        Name::Password if is_given => is_one_word && (is_mixed(value, 6) || is_number(value, 6)),
        Name::Key if is_given => is_one_word && is_mixed(value, 6),
        Name::Password | Name::Key => (is_next || is_foreign) && is_one_word && is_mixed(value, 6),
        Name::Code => is_one_word && (is_number(value, 4) || (is_given && is_mixed(value, 4))),
        Name::Other => is_given && apart > 0 && is_one_word && is_mixed(value, 6),
    }
}

/// What is assigned where there can be nothing but a value: `DB_PASSWORD=…`, `{"password": "…"}`, `--password …`.
fn assigned<'a>(text: &str, word: &Range<usize>, rest: &'a str, name: Name) -> Option<&'a str> {
    let accept = |value: &'a str| {
        let is_meant = match name {
            Name::Password | Name::Key => !is_placeholder(value),
            Name::Code | Name::Other => is_mixed(value, 4) || is_number(value, 4),
        };
        is_meant.then_some(value)
    };
    let before = &text[..word.start];
    if let Some(value) = rest.strip_prefix('=').filter(|value| !value.starts_with(['=', '>', ' '])) {
        let (value, is_quoted) = value_of(value);
        // In a query the next parameter follows.
        let is_query = before.ends_with(['?', '&']) && !is_quoted;
        return accept(if is_query { value.split('&').next().unwrap_or_default() } else { value });
    }
    let quoted = rest.strip_prefix('"').or_else(|| rest.strip_prefix('\'')).map(str::trim_start);
    if let Some(value) = quoted.and_then(|rest| rest.strip_prefix([':', '='])) {
        let (value, is_quoted) = value_of(value.trim_start());
        return accept(value).filter(|_| is_quoted);
    }
    // A variable, and not a word of a sentence.
    let variable =
        text[word.clone()].contains('_').then(|| rest.trim_start().strip_prefix([':', '='])).flatten();
    if let Some(value) = variable.and_then(|value| accept(value_of(value.trim_start_matches([' ', '='])).0)) {
        return Some(value);
    }
    let option = before.ends_with("--").then(|| rest.strip_prefix(' ')).flatten();
    let header =
        text[word.clone()].eq_ignore_ascii_case("authorization").then(|| rest.strip_prefix(": ")).flatten();
    if let Some((scheme, value)) = header.and_then(|value| value.split_once(' '))
        && SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
    {
        return accept(value_of(value).0);
    }
    accept(value_of(option?).0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secrets::{Redactor as _, SecretRedactor};

    fn found(text: &str) -> Vec<&str> {
        find_passwords(text).into_iter().map(|secret| &text[secret.range]).collect()
    }

    /// How a value is told, whatever it is.
    const ANY: &str = include_str!("samples/told.txt");
    /// The same of values that have a digit or a sign in them.
    const MIXED: &str = include_str!("samples/told_mixed.txt");
    /// The same of values that are no word at all.
    const STRONG: &str = include_str!("samples/told_strong.txt");
    /// What tells no secret.
    const HARMLESS: &str = include_str!("samples/harmless.txt");

    fn is_found(phrases: &str, values: &[&str]) {
        for (phrase, value) in
            phrases.lines().flat_map(|phrase| values.iter().map(move |value| (phrase, value)))
        {
            let text = phrase.replace("{}", value).replace("\\n", "\n");
            let found = found(&text);
            let is_taken = !found.is_empty() && found.iter().all(|found| found.contains(value));
            assert!(is_taken, "{text}: {found:?}");
        }
    }

    #[test]
    fn what_is_told_is_found_however_it_is_said() {
        const STRONG_ONES: [&str; 3] = ["x8Kq2mZp9LwT4vRb", "Tr0ub4dor&3", "q1w2e3r4t5"];
        is_found(ANY, &["letmein", "hunter2", "ab,cd1ef", "correct-horse-battery-staple"]);
        is_found(ANY, &STRONG_ONES);
        is_found(MIXED, &["hunter2", "Winter!2024", "$ecret77"]);
        is_found(MIXED, &STRONG_ONES);
        is_found(STRONG, &STRONG_ONES);
    }

    #[test]
    fn what_tells_no_secret_stays_as_it_is() {
        for text in HARMLESS.lines() {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_out_is_not_found_again(
            text in "([ -~жé\n]{0,12}(password|secret|пароль|api key|token|login|://a:)?( is |=|: |:|\"| — |/)?[ -~]{0,16}@?){0,5}"
        ) {
            let redactor = SecretRedactor::new().known("a key", "one-that-is-known");
            let once = redactor.redact_typed(&text).into_owned();
            prop_assert_eq!(redactor.redact_typed(&once), once.as_str());
            prop_assert_eq!(redactor.redact(&once), once.as_str());
            let once = redactor.redact(&text).into_owned();
            prop_assert_eq!(redactor.redact(&once), once.as_str());
        }
    }
}
