//! ASCII identifiers for names in any language.

use super::lexicon::Words;
use std::collections::BTreeSet;

const LONGEST: usize = 32;

/// Names that mean something else in JavaScript, Python, the app's routes or its records.
const RESERVED: Words = Words(
    "id class api healthz constructor prototype proto to_string value_of has_own_property and as \
     assert async await break case catch const continue debugger def default del delete do elif else \
     enum except export extends false finally for from function global if implements import in \
     instanceof interface is lambda let new none nonlocal not null or package pass private protected \
     public raise return self static super switch this throw true try type_of typeof undefined var \
     void while with yield arguments eval nan infinity",
);

/// `snake_case`, unique among `taken`.
pub(super) fn snake(label: &str, fallback: &str, taken: &mut BTreeSet<String>) -> String {
    unique(&joined(label, '_'), '_', fallback, taken)
}

/// The `snake_case` name of a relation, which ends in `_id`, unique among `taken`.
pub(super) fn relation(label: &str, taken: &mut BTreeSet<String>) -> String {
    let stem = snake(label, "item", &mut BTreeSet::new());
    let numbered = (2_u32..).map(|number| format!("{stem}_{number}_id"));
    let names = std::iter::once(format!("{stem}_id")).chain(numbered);
    let free = names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// kebab-case, unique among `taken`.
pub(super) fn kebab(label: &str, fallback: &str, taken: &mut BTreeSet<String>) -> String {
    unique(&joined(label, '-'), '-', fallback, taken)
}

fn unique(name: &str, joint: char, fallback: &str, taken: &mut BTreeSet<String>) -> String {
    let usable = name.starts_with(|first: char| first.is_ascii_lowercase());
    let mut base = if usable { name.to_owned() } else { joined(&format!("{fallback} {name}"), joint) };
    if RESERVED.has(&base.replace('-', "_")) {
        base = format!("{base}{joint}{fallback}");
    }
    let mut candidate = base.clone();
    let mut number = 2_u32;
    while taken.contains(&candidate) {
        candidate = format!("{base}{joint}{number}");
        number += 1;
    }
    taken.insert(candidate.clone());
    candidate
}

/// The words of a label in ASCII, cut at a word where it is long.
fn joined(label: &str, joint: char) -> String {
    let mut name = String::new();
    for word in
        transliterated(label).split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
    {
        if name.is_empty() {
            name.extend(word.chars().take(LONGEST));
        } else if name.len() + 1 + word.len() <= LONGEST {
            name.push(joint);
            name.push_str(word);
        } else {
            break;
        }
    }
    name
}

/// Letters and how they are written in ASCII.
const LETTERS: &[(&str, &str)] = &[
    ("аàáâäãå", "a"),
    ("б", "b"),
    ("в", "v"),
    ("г", "g"),
    ("д", "d"),
    ("еэèéêë", "e"),
    ("ё", "yo"),
    ("ж", "zh"),
    ("з", "z"),
    ("иìíîïії", "i"),
    ("йы", "y"),
    ("к", "k"),
    ("л", "l"),
    ("м", "m"),
    ("нñ", "n"),
    ("оòóôöõø", "o"),
    ("п", "p"),
    ("р", "r"),
    ("с", "s"),
    ("т", "t"),
    ("уùúûü", "u"),
    ("ф", "f"),
    ("х", "kh"),
    ("ц", "ts"),
    ("ч", "ch"),
    ("ш", "sh"),
    ("щ", "sch"),
    ("ю", "yu"),
    ("я", "ya"),
    ("ъь'", ""),
    ("ç", "c"),
    ("ß", "ss"),
];

/// A text in lower-case ASCII; what has no counterpart becomes a space.
fn transliterated(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        match LETTERS.iter().find(|(letters, _)| letters.contains(character)) {
            Some((_, written)) => ascii.push_str(written),
            None => ascii.push(if character.is_ascii() { character } else { ' ' }),
        }
    }
    ascii
}
