//! Passwords that are told with who logs in, and with no word for them.

use std::ops::Range;

use super::{
    plain::may_be_password,
    told::{PUNCTUATION, head, is_last, place_in, token},
    value::is_mixed,
};

/// Words before the name that are looked over: `log in to the shop as …`.
const BEFORE: usize = 6;

/// The last value of `log in as bob with hunter2`, `login with admin and hunter2`, and `user: admin, pass: hunter2`, where this
/// word is the first.
pub(super) fn in_login(text: &str, word: &Range<usize>) -> Option<Range<usize>> {
    let first = &text[word.clone()];
    let rest = head(&text[word.end..]);
    let value = after_user(first, rest).or_else(|| after_login(first, rest))?.trim_end_matches(PUNCTUATION);
    let place = place_in(text, value);
    (is_mixed(value, 6) || (is_last(&text[place.end..]) && may_be_password(value))).then_some(place)
}

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn after_user<'a>(first: &str, rest: &'a str) -> Option<&'a str> {
    if !is_one_of(&["user", "username", "login"], first) {
        return None;
    }
    let mut words =
        rest.split(|c: char| c.is_whitespace() || ":=,;/".contains(c)).filter(|word| !word.is_empty());
    let (_, mut pass, mut value) = (words.next()?, words.next()?, words.next()?);
    if is_one_of(&["and", "with"], pass) {
        (pass, value) = (value, words.next()?);
    }
    is_one_of(&["pass", "password"], pass).then(|| token(&rest[place_in(rest, value).start..]))
}

fn after_login<'a>(first: &str, rest: &'a str) -> Option<&'a str> {
    let is_login = is_one_of(&["login", "log", "logs", "sign"], first);
    if !is_login && !is_one_of(&["connect"], first) {
        return None;
    }
    let mut words = rest.split_whitespace();
    words.by_ref().take(BEFORE).find(|word| *word == "as" || (is_login && *word == "with"))?;
    words.next()?;
    is_one_of(&["and", "with"], words.next()?).then(|| words.next())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_comes_after_who_logs_in() {
        for text in [
            "Login with admin and hunter2.",
            "Log in to the shop as bob with hunter2",
            "connect as bob with hunter2!",
            "user: admin, pass: hunter2",
            "login admin and password hunter2",
        ] {
            let first = 0..text.find([' ', ':']).unwrap_or_default();
            assert_eq!(in_login(text, &first).map(|found| &text[found]), Some("hunter2"), "{text}");
        }
        for text in [
            "Login with e-mail and password",
            "Login with Google and OAuth2",
            "Connect with node18 and react19",
            "Log in",
            "Login with admin and a form",
            "login, password and note",
            "user email and password hash",
        ] {
            let first = 0..text.find([' ', ':']).unwrap_or_default();
            assert_eq!(in_login(text, &first), None, "{text}");
        }
    }
}
