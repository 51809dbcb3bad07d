//! Finds passwords by what is said about them: they have no form of their own.

use std::ops::Range;

use super::{
    commands::in_command,
    find::{LOOKED_AT, Secret, is_random_word},
    logins::in_login,
    names::{Name, name_of},
    plain::may_be_password,
    told::{PUNCTUATION, head, token, values_after},
    value::{is_mixed, is_number, is_placeholder, is_strong},
};

/// Words that may stand between a value and the name after it.
const BEFORE: usize = 5;

/// Finds what a text gives as a password, key or token by name, as in `DB_PASSWORD=…`, `the password is …`, `Bearer …` and
/// `postgres://user:…@host`, however weak it is, and keys that look random. A plain word is one where a sentence says so and the
/// word does not describe one: in `password: text` it is a kind of field. What was found is found again where it stands alone.
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
            let is_set = last.iter().any(|word| is_said(text, word, &["make", "making", "сделай"]));
            found.extend(values_after(text, &word, name, is_set && name == Name::Password));
        }
        found.extend(in_command(text, &word));
        found.extend(in_login(text, &word));
        found.extend(in_url(text, &word));
        found.extend(unnamed(text, &word, &last));
        last.rotate_left(1);
        last[BEFORE - 1] = word;
    }
    let again = told_again(text, &found);
    found.extend(again);
    in_order(found).into_iter().map(|range| Secret { range, what: "secret" }).collect()
}

/// Where the same values stand by themselves elsewhere.
fn told_again(text: &str, found: &[Range<usize>]) -> Vec<Range<usize>> {
    /// More are not told in earnest.
    const MOST: usize = 32;
    let mut values: Vec<_> = found.iter().map(|range| &text[range.clone()]).collect();
    values.sort_unstable();
    values.dedup();
    let is_worth = |value: &&str| value.chars().count() >= 4 && !is_number(&value[..], 1);
    let values = values.into_iter().filter(is_worth).take(MOST);
    let places = values.flat_map(|value| {
        text.match_indices(value).map(|(at, value)| at..at + value.len()).filter(|range| {
            let (before, after) = (&text[..range.start], &text[range.end..]);
            !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
        })
    });
    places.filter(|range| !is_description(text, range)).collect()
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
pub(super) fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
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
    // `admin:p@ss/word@host`: what the first one is followed by is no name of a host.
    let follows = &rest[at + 1..];
    let is_host = follows[..host(follows)].contains(['.', ':']) || follows.starts_with("localhost");
    let at = if is_host { at } else { rest.rfind('@').unwrap_or(at) };
    let Some(colon) = rest[..at].find(':') else {
        // A token instead of a name.
        return is_strong(&rest[..at]).then(|| start..start + at);
    };
    let password = colon + 1;
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
    let is_called = last.iter().any(|word| {
        let is_that = || is_said(text, word, &["that"]) && text[word.end..].starts_with(['\'', '’']);
        word.start >= from && (is_said(text, word, &["is", "as", "как", "это"]) || is_that())
    });
    if let Some(range) = plain_before(text, name, last, from) {
        return Some(range);
    }
    let is_value =
        |word: &&Range<usize>| !word.is_empty() && word.start >= from && name_of(text, word, "").is_none();
    last.iter().filter(is_value).find_map(|word| {
        let signs = text[..word.start].trim_end_matches(['!', '@', '#', '$', '%', '^', '~']).len();
        let is_whole = text[..signs].ends_with(|c: char| c.is_whitespace() || "\"'`«“(".contains(c));
        let start = if is_whole || signs == 0 { signs } else { word.start };
        let value = token(head(&text[start..])).trim_end_matches(PUNCTUATION);
        let fits = is_strong(value) || (is_called && name != Name::Other && is_mixed(value, 6));
        fits.then(|| start..start + value.len())
    })
}

/// A key that stands for itself, as in `the weather is from api.example.com with …`.
fn unnamed(text: &str, word: &Range<usize>, last: &[Range<usize>; BEFORE]) -> Option<Range<usize>> {
    const NO_SECRETS: [&str; 14] = [
        "commit", "hash", "sha", "sha1", "sha256", "checksum", "digest", "md5", "uuid", "guid", "id", "etag",
        "version", "revision",
    ];
    let is_called = last.iter().any(|word| is_said(text, word, &NO_SECRETS));
    let key = text[word.clone()].trim_end_matches(['.', '-']);
    (!is_called && is_random_word(key)).then(|| word.start..word.start + key.len())
}

/// A plain word of which a verb says that it is to be the password: `use tulip for the password`, `type tulip as the password`.
fn plain_before(text: &str, name: Name, last: &[Range<usize>; BEFORE], from: usize) -> Option<Range<usize>> {
    const VERBS: [&str; 10] =
        ["use", "type", "enter", "make", "set", "put", "want", "используй", "сделай", "поставь"];
    const THEN: [&str; 9] = ["as", "for", "to", "the", "my", "our", "как", "для", "паролем"];
    let at = last.windows(3).find(|words| {
        words[0].start >= from
            && is_said(text, &words[0], &VERBS)
            && is_said(text, &words[2], &THEN)
            && may_be_password(&text[words[1].clone()])
    });
    at.filter(|_| name == Name::Password).map(|words| words[1].clone())
}

fn is_said(text: &str, word: &Range<usize>, words: &[&str]) -> bool {
    words.contains(&&*text[word.clone()].to_lowercase())
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
    /// The same of Russian ones.
    const RUSSIAN: &str = include_str!("samples/told_russian.txt");
    /// Where a key stands for itself.
    const ALONE: &str = include_str!("samples/alone.txt");
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
        const STRONG_KEYS: [&str; 3] = [
            "b1946ac92492d2347c6235b4d2611184",
            "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
            "kR7vTq2ZpLw9XbN4uE3m",
        ];
        const WORDS: [&str; 5] = ["letmein", "tulip", "swordfish", "correct-horse", "dragonfly"];
        let missed = [
            missed(ANY, &["letmein", "hunter2", "ab,cd1ef", "correct-horse-battery-staple"]),
            missed(ANY, &STRONG),
            missed(MIXED, &WEAK),
            missed(MIXED, &STRONG),
            missed(PLAIN, &WORDS),
            missed(RUSSIAN, &["тюльпан", "ромашка"]),
            missed(ALONE, &STRONG_KEYS),
        ];
        assert_eq!(missed.concat(), [""; 0]);
    }

    #[test]
    fn a_password_in_a_url_is_found_whole() {
        for (text, password) in [
            ("mongodb://admin:p@ss/w0rd9@mongo/db", "p@ss/w0rd9"),
            ("postgres://ann:p@ss:word@localhost/apps", "p@ss:word"),
            ("https://ann:tulip@example.com/users/bob@home", "tulip"),
        ] {
            assert_eq!(found(text), [password], "{text}");
        }
    }

    #[test]
    fn a_known_value_of_six_characters_is_found_where_it_is_no_word() {
        let redactor = SecretRedactor::new().known("X", "ab12cd").known("Y", "garden");
        assert_eq!(redactor.redact("ab12cd in the garden"), "[X removed] in the garden");
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
