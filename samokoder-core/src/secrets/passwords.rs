//! Finds passwords by what is said about them: they have no form of their own.

use std::ops::Range;

use super::{
    commands::in_command,
    find::{LOOKED_AT, Secret},
    logins::in_login,
    names::{Name, name_of},
    told::{PUNCTUATION, head, token, values_after},
    value::{is_mixed, is_number, is_placeholder, is_strong},
};

/// Words that may stand between a value and the name after it.
const BEFORE: usize = 5;

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
        if let Some(name) = name_of(text, &word, before) {
            found.extend(value_before(text, &word, name, &last));
            found.extend(values_after(text, &word, name));
        }
        found.extend(in_command(text, &word));
        found.extend(in_login(text, &word));
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

pub(super) fn is_in_word(c: char) -> bool {
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
    let from = text.floor_char_boundary(word.start.saturating_sub(LOOKED_AT));
    let before = &text[from..word.start];
    let Some(open) = before.rfind(['[', ']']).map(|at| from + at).filter(|at| text[*at..].starts_with('['))
    else {
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
        |word: &&Range<usize>| !word.is_empty() && word.start >= from && name_of(text, word, "").is_none();
    last.iter().filter(is_value).find_map(|word| {
        let start = text[..word.start].trim_end_matches(['!', '@', '#', '$', '%', '^', '~']).len();
        let value = token(head(&text[start..])).trim_end_matches(PUNCTUATION);
        let fits = is_strong(value) || (is_said && name != Name::Other && is_mixed(value, 6));
        fits.then(|| start..start + value.len())
    })
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
    /// The same of values that are words.
    const PLAIN: &str = include_str!("samples/told_plain.txt");
    /// What tells no secret.
    const HARMLESS: &str = include_str!("samples/harmless.txt");

    /// Texts in which something else is found than the value.
    fn missed(phrases: &str, values: &[&str]) -> Vec<String> {
        let texts = phrases.lines().flat_map(|phrase| {
            values.iter().map(move |value| (phrase.replace("{}", value).replace("\\n", "\n"), value))
        });
        let is_missed = |(text, value): (String, &&str)| {
            let found = found(&text);
            let is_taken = !found.is_empty() && found.iter().all(|found| found.contains(*value));
            (!is_taken).then(|| format!("{text}: {found:?}"))
        };
        texts.filter_map(is_missed).collect()
    }

    #[test]
    fn what_is_told_is_found_however_it_is_said() {
        const STRONG: [&str; 3] = ["x8Kq2mZp9LwT4vRb", "Tr0ub4dor&3", "q1w2e3r4t5"];
        const WEAK: [&str; 3] = ["hunter2", "Winter!2024", "$ecret77"];
        const WORDS: [&str; 4] = ["letmein", "tulip", "swordfish", "correct-horse"];
        let missed = [
            missed(ANY, &["letmein", "hunter2", "ab,cd1ef", "correct-horse-battery-staple"]),
            missed(ANY, &STRONG),
            missed(MIXED, &WEAK),
            missed(MIXED, &STRONG),
            missed(PLAIN, &WORDS),
        ];
        assert_eq!(missed.concat(), [""; 0]);
    }

    #[test]
    fn what_tells_no_secret_stays_as_it_is() {
        let taken: Vec<_> = HARMLESS.lines().filter(|text| !found(text).is_empty()).collect();
        assert_eq!(taken, [""; 0]);
    }

    #[test]
    fn a_text_of_nothing_but_names_is_read_once() {
        for part in ["password ", "password is ", "x://a:b@", "mysql ", "login as ", "key=", "[password is "]
        {
            find_passwords(&part.repeat((8 << 10) / part.len()));
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
