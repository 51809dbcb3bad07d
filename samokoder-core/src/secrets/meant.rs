//! Whether a value that stands near the name of a secret is meant.

use super::{
    names::Name,
    plain::{is_common, may_be_password},
    value::{is_mixed, is_number, is_placeholder, is_strong},
};

/// How a value stands to the name.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own about the same words")]
pub(super) struct Place {
    /// A sign or a verb between them says that it is the value.
    pub(super) is_given: bool,
    pub(super) is_quoted: bool,
    /// Words between them.
    pub(super) apart: usize,
    /// Only what the name is of stands between them: `the password for the shop is …`.
    pub(super) is_of: bool,
    /// The name is a Russian word.
    pub(super) is_russian: bool,
    /// It was told together with who logs in: `admin/…`.
    pub(super) is_pair: bool,
    /// A sentence ends with it, or a part of one.
    pub(super) is_last: bool,
}

/// Whether a value that stands so is meant.
pub(super) fn is_meant(name: Name, value: &str, place: Place) -> bool {
    let Place { is_given, is_quoted, apart, is_of, is_russian, is_pair, is_last } = place;
    let is_next = apart == 0;
    if value.contains(char::is_whitespace) {
        return name == Name::Password && is_quoted && is_next;
    }
    if is_strong(value) {
        return true;
    }
    // Latin letters in Russian: "Пароль от базы hunter2".
    let is_foreign = is_russian && value.is_ascii() && apart <= 2;
    let is_plain = || is_last && may_be_password(value);
    match name {
        Name::Password if is_quoted && is_next => value.chars().count() >= 4 && !is_placeholder(value),
        Name::Password if (is_next || is_foreign) && is_common(value) => true,
        Name::Password if is_next && is_foreign && is_plain() => true,
        Name::Password if is_given && is_next => is_mixed(value, 4) || is_number(value, 4) || is_plain(),
        Name::Password if is_given => is_mixed(value, 6) || is_number(value, 6) || (is_of && is_plain()),
        Name::Key if is_given => is_mixed(value, 6),
        Name::Password | Name::Key => (is_next || is_foreign) && is_mixed(value, 6),
        Name::Code => is_number(value, 4) || ((is_given || is_foreign) && is_mixed(value, 4)),
        Name::SomeKey => is_given && is_mixed(value, 6),
        Name::Other => is_given && (apart > 0 || is_pair) && is_mixed(value, 6),
    }
}
