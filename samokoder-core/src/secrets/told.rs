//! What is told after the name of a secret.

use std::ops::Range;

use super::{
    find::LOOKED_AT,
    meant::{Place, is_meant},
    names::Name,
    passwords::is_in_word,
    value::{is_mixed, is_number, is_placeholder},
};

/// Words that may stand between a name and its value.
const NEAR: usize = 8;

/// What says that a value comes.
const SIGNS: [&str; 12] = ["=>", ":=", "==", "->", "=", ":", "—", "–", "-", "|", ">", "/"];
const VERBS: [&str; 15] = [
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
    "now",
    "enter",
    "введи",
    "введите",
];
/// What may stand beside such a word and says nothing: "must" does not, as in `the password must expire`.
const FILLERS: [&str; 10] =
    ["and", "or", "и", "или", "still", "probably", "should", "must", "will", "кстати"];

/// Verbs after which a value comes however far the name is.
const ASKED: [&str; 3] = ["enter", "введи", "введите"];

/// What says of what a password is.
const OF: [&str; 9] = ["for", "of", "к", "для", "от", "на", "по", "в", "у"];

/// Kinds of credentials, which stand before them.
const SCHEMES: [&str; 4] = ["bearer", "basic", "token", "apikey"];

/// What a value may be put in, and where it ends.
const QUOTES: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('`', '`'), ('«', '»'), ('“', '”'), ('‘', '’')];
pub(super) const PUNCTUATION: [char; 16] =
    ['.', ',', ';', ':', '?', '!', ')', ']', '}', '"', '\'', '`', '»', '”', '*', '|'];

/// As much of a text as a value may take.
pub(super) fn head(text: &str) -> &str {
    text.char_indices().nth(LOOKED_AT).map_or(text, |(end, _)| &text[..end])
}

/// Where a part of a text is in it.
pub(super) fn place_in(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    start..start + part.len()
}

/// Values that a name has.
pub(super) fn values_after(text: &str, word: &Range<usize>, name: Name, is_set: bool) -> Vec<Range<usize>> {
    let rest = head(&text[word.end..]);
    let is_russian = !text[word.clone()].is_ascii();
    if let Some(value) = assigned(text, word, rest, name) {
        return vec![place_in(text, value)];
    }
    let mut rest = rest.trim_start_matches(['"', '\'', '`', '*', ']', '»', '”', '\\']);
    rest = rest.strip_prefix("s ").unwrap_or(rest);
    if rest.starts_with("://") {
        return Vec::new();
    }
    let is_list = text[word.clone()].ends_with(['s', 'и', 'S']);
    let (mut found, mut is_of, mut apart) = (Vec::new(), false, 0);
    let mut is_given = is_set || in_brackets(rest) || in_commas(rest);
    while apart < NEAR {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ",(*".contains(c));
        let word = token(rest);
        if word.is_empty() || word.starts_with('[') {
            break;
        }
        let plain = word.trim_matches(PUNCTUATION).to_lowercase();
        let is_scheme = apart == 0 && SCHEMES.contains(&&*plain);
        if let Some((length, gives)) =
            connection(rest, word, &plain).or(is_scheme.then_some((word.len(), false)))
        {
            is_given |= gives;
            is_of |= ASKED.contains(&&*plain) || (apart == 0 && plain == "to");
            rest = &rest[length..];
            continue;
        }
        let (value, is_quoted) = value_of(rest);
        let both = value.len();
        let value = pair(name, value);
        let end = place_in(rest, value).end;
        let stands = Place {
            is_given,
            is_quoted,
            apart,
            is_of,
            is_russian,
            is_pair: value.len() < both,
            is_last: found.is_empty() && !is_list && is_last(&rest[end..]),
        };
        if !value.is_empty() && is_meant(name, value, stands) {
            found.push(place_in(text, value));
            rest = rest[end..].trim_start_matches(|c: char| !c.is_whitespace() && !is_in_word(c));
            is_given = true;
            continue;
        }
        let ends = word.ends_with(['.', '!', '?', ';']);
        if ends || !found.is_empty() {
            break;
        }
        is_of |= apart == 0 && (is_russian || OF.contains(&&*plain));
        is_given = word.ends_with([':', '=']);
        rest = &rest[word.len()..];
        apart += 1;
    }
    found
}

/// How long a sign or a word is that connects a name with its value, and whether it says that the value comes.
fn connection(rest: &str, word: &str, plain: &str) -> Option<(usize, bool)> {
    if SIGNS.contains(&word) || VERBS.contains(&plain) {
        return Some((word.len(), true));
    }
    if FILLERS.contains(&plain) {
        return Some((word.len(), false));
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign) && !rest.starts_with('/'))?;
    let is_apart = !rest[sign.len()..].starts_with(char::is_alphanumeric) || *sign != "-";
    is_apart.then_some((sign.len(), true))
}

/// Up to the next white space, or the end of an element.
pub(super) fn token(text: &str) -> &str {
    let token = &text[..text.find(char::is_whitespace).unwrap_or(text.len())];
    token.find("</").map_or(token, |end| &token[..end])
}

/// Whether what follows a word ends a sentence or a part of one.
pub(super) fn is_last(rest: &str) -> bool {
    let next = rest.trim_start_matches([' ', '\t', '*', ')', '"', '\'']);
    next.is_empty()
        || next.starts_with(['.', ',', ';', '!', '?', '\n', '\r', '|', '(', '#', '&'])
        || ["and ", "or ", "for ", "и ", "или ", "для ", "</"].iter().any(|word| next.starts_with(word))
        || rest.starts_with(')')
}

/// Whether one word between commas follows, and then what is said of it: `the password, tulip, must …`.
fn in_commas(rest: &str) -> bool {
    let inside = rest.strip_prefix(", ").and_then(|inside| inside.split_once(", "));
    inside.is_some_and(|(word, after)| {
        !word.contains(char::is_whitespace)
            && ["is ", "must ", "should ", "has "].iter().any(|verb| after.starts_with(verb))
    })
}

/// Whether one word in brackets follows, and not whose password it is, as in `password (admin): …`.
fn in_brackets(rest: &str) -> bool {
    let inside = rest.trim_start().strip_prefix('(').and_then(|inside| inside.split_once(')'));
    inside.is_some_and(|(word, after)| {
        !word.contains(char::is_whitespace) && !after.trim_start().starts_with([':', '=', '-', '—'])
    })
}

/// The value that a text begins with, and whether it is in quotes.
pub(super) fn value_of(text: &str) -> (&str, bool) {
    for (open, close) in QUOTES {
        if let Some(inside) = text.strip_prefix(open) {
            let ends =
                |(at, c): &(usize, char)| *c == '\n' || (*c == close && !inside[..*at].ends_with('\\'));
            let end = inside.char_indices().find(ends).map_or(0, |(end, _)| end);
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
    if !matches!(name, Name::Other | Name::SomeKey | Name::Key | Name::Password) || value.contains("://") {
        return value;
    }
    let split =
        value.split_once(['/', ':']).filter(|(who, _)| who.chars().all(|c| c.is_alphanumeric() || c == '_'));
    split.map_or(value, |(_, password)| password)
}

/// What is assigned where there can be nothing but a value: `DB_PASSWORD=…`, `{"password": "…"}`, `--password …`.
fn assigned<'a>(text: &str, word: &Range<usize>, rest: &'a str, name: Name) -> Option<&'a str> {
    let is_pass = text[word.clone()].eq_ignore_ascii_case("pass");
    let accept = |value: &'a str| {
        let is_meant = match name {
            Name::Password | Name::Key => !is_placeholder(value),
            Name::Other if is_pass => !is_placeholder(value),
            Name::Code | Name::SomeKey | Name::Other => is_mixed(value, 4) || is_number(value, 4),
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
    let option = text[word.clone()].starts_with("--").then(|| rest.strip_prefix(' ')).flatten();
    let header =
        text[word.clone()].eq_ignore_ascii_case("authorization").then(|| rest.strip_prefix(": ")).flatten();
    if let Some((scheme, value)) = header.and_then(|value| value.split_once(' '))
        && SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
    {
        return accept(value_of(value).0);
    }
    accept(value_of(option?).0)
}
