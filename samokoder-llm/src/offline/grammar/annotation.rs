//! What is said about a field beside its name: its type, whether it is required, its values.

use samokoder_core::project::FieldKind;

use super::knowledge::patterns;
use super::language::Language;
use super::token::{Kind, Token};

/// More values than this make no list to choose from.
const MAX_VALUES: usize = 40;

/// What brackets, a colon or a dash after a field say about it.
#[derive(Debug, Default)]
pub(super) struct Annotation {
    pub(super) kind: Option<FieldKind>,
    pub(super) required: Option<bool>,
    pub(super) values: Vec<String>,
    /// It is a choice, and the values are not given.
    pub(super) open_choice: bool,
    /// Remarks that change nothing, with the place in the text.
    pub(super) remarks: Vec<std::ops::Range<usize>>,
}

const REQUIRED: &[&str] = &[
    "required",
    "mandatory",
    "must",
    "not null",
    "non-empty",
    "necessary",
    "обязательно",
    "обязательный",
    "обязательная",
    "обязательное",
    "обязательные",
    "обязательное поле",
    "обязателен",
    "обязательна",
    "обяз",
];
const OPTIONAL: &[&str] = &[
    "optional",
    "not required",
    "nullable",
    "can be empty",
    "may be empty",
    "if any",
    "if known",
    "необязательно",
    "необязательный",
    "необязательная",
    "необязательное",
    "необязательные",
    "не обязательно",
    "опционально",
    "необязательное поле",
    "если есть",
    "может быть пустым",
    "не обязателен",
    "можно не заполнять",
    "по желанию",
];
const CHOICE: &[&str] = &[
    "enum",
    "enumeration",
    "choice",
    "select",
    "dropdown",
    "drop-down",
    "one of several",
    "one of",
    "selection",
    "choose",
    "pick one",
    "options",
    "picklist",
    "choice of",
    "select one",
    "from a list",
    "list of options",
    "drop-down list",
    "dropdown list",
    "one of the list",
    "single choice",
    "перечисление",
    "на выбор",
    "выбор",
    "выпадающий список",
    "список значений",
    "из списка",
    "выбор из списка",
    "один из",
    "одно из",
    "одна из",
    "варианты",
    "вариант",
    "перечень",
    "перечислимый",
    "перечислимое",
    "enum-поле",
    "один из нескольких",
    "одна из нескольких",
];
const NUMBER_UNITS: &[&str] = &[
    "kg",
    "km",
    "cm",
    "m",
    "mm",
    "g",
    "ml",
    "l",
    "lb",
    "lbs",
    "%",
    "кг",
    "км",
    "см",
    "м",
    "г",
    "мл",
    "л",
    "in kg",
    "in km",
    "in cm",
    "в кг",
    "в км",
    "в см",
    "м2",
    "m2",
    "mg",
    "мг",
    "grams",
    "in grams",
    "в граммах",
    "kw",
    "квт",
    "in hours",
    "hours",
    "в часах",
];

/// Reads the tokens of an annotation.
pub(super) fn read(language: Language, text: &str, tokens: &[Token]) -> Annotation {
    let mut annotation = Annotation::default();
    let whole = written(text, tokens).to_lowercase().replace('ё', "е");
    if let Some(kind) = patterns::annotated(&whole) {
        annotation.kind = Some(kind);
        return annotation;
    }
    let mut choice = false;
    let mut kinds_named: Vec<(&[Token], FieldKind)> = Vec::new();
    let mut others: Vec<&[Token]> = Vec::new();
    for part in parts(language, tokens) {
        let part = match part.iter().position(|token| token.is(Kind::Colon)) {
            Some(at) => {
                choice |= CHOICE.contains(&plain(text, &part[..at]).as_str());
                &part[at + 1..]
            }
            None => part,
        };
        let part = match choice_words(text, part) {
            Some(length) => {
                choice = true;
                &part[length..]
            }
            None => part,
        };
        let words = plain(text, part);
        if words.is_empty() {
            continue;
        }
        if REQUIRED.contains(&words.as_str()) {
            annotation.required = Some(true);
        } else if OPTIONAL.contains(&words.as_str()) {
            annotation.required = Some(false);
        } else if let Some(kind) = patterns::annotated(&words).filter(|_| others.is_empty()) {
            kinds_named.push((part, kind));
        } else {
            others.push(part);
        }
    }
    if kinds_named.len() + others.len() > 1 {
        others.splice(0..0, kinds_named.into_iter().map(|(part, _)| part));
    } else {
        annotation.kind = kinds_named.first().map(|(_, kind)| *kind);
    }
    let said_choice = choice;
    if others.len() == 1 && !said_choice {
        remark(text, others[0], &mut annotation);
        return annotation;
    }
    for part in others {
        let value = value(text, part);
        let known = annotation.values.iter().any(|own| own.to_lowercase() == value.to_lowercase());
        if !value.is_empty() && !known && annotation.values.len() < MAX_VALUES {
            annotation.values.push(value);
        }
    }
    if annotation.values.len() == 1 && says_nothing(&annotation.values[0]) {
        annotation.values.clear();
    }
    annotation.open_choice = said_choice && annotation.values.is_empty();
    annotation.kind =
        if annotation.values.is_empty() { annotation.kind } else { Some(FieldKind::Enumeration) };
    annotation
}

/// "several options" names no values.
pub(super) fn says_nothing(value: &str) -> bool {
    const VAGUE: &[&str] = &[
        "several",
        "some",
        "various",
        "different",
        "many",
        "multiple",
        "few",
        "predefined",
        "list",
        "the",
        "options",
        "categories",
        "values",
        "types",
        "нескольк",
        "разн",
        "различн",
        "возможн",
        "варианты",
        "вариантов",
        "список",
        "списк",
        "категорий",
        "значений",
        "типов",
        "множеств",
    ];
    let lower = value.to_lowercase();
    VAGUE.iter().any(|word| lower.split_whitespace().any(|own| own.starts_with(word)))
}

/// One remark alone is a unit, a range, or something the app can't hold the field to.
fn remark(text: &str, tokens: &[Token], annotation: &mut Annotation) {
    let words = plain(text, tokens);
    let range = matches!(tokens, [from, .., to] if from.is(Kind::Number) && to.is(Kind::Number));
    let hyphened =
        tokens.len() == 1 && words.chars().all(|c| c.is_ascii_digit() || c == '-') && words.contains('-');
    if NUMBER_UNITS.contains(&words.as_str()) {
        annotation.kind = Some(FieldKind::Number);
    } else if range
        || hyphened
        || words.starts_with("from 1 to")
        || words.starts_with("от 1 до")
        || words.starts_with("1 to ")
    {
        annotation.kind = Some(FieldKind::Integer);
    } else {
        annotation
            .remarks
            .extend(tokens.first().zip(tokens.last()).map(|(first, last)| first.span.start..last.span.end));
    }
}

/// The parts between commas, slashes and "or".
fn parts(language: Language, tokens: &[Token]) -> Vec<&[Token]> {
    let commas = tokens.iter().any(|token| token.is(Kind::Comma));
    let splits = |token: &Token| {
        matches!(token.kind, Kind::Comma | Kind::Semicolon)
            || (!commas && token.is(Kind::Slash))
            || is_conjunction(language, token)
    };
    tokens.split(splits).filter(|part| !part.is_empty()).collect()
}

/// Whether a word joins the items of a list.
pub(super) fn is_conjunction(language: Language, token: &Token) -> bool {
    let words: &[&str] = match language {
        Language::English => &["and", "or", "plus", "&", "and/or"],
        Language::Russian => &["и", "или", "либо", "плюс", "and", "or"],
    };
    (token.is(Kind::Word) || token.is(Kind::Other)) && words.contains(&token.lower.as_str())
}

/// The length of "one of", "enum" and the like at the start of a part that goes on.
fn choice_words(text: &str, part: &[Token]) -> Option<usize> {
    (1..=part.len().min(3)).rev().find(|length| CHOICE.contains(&plain(text, &part[..*length]).as_str()))
}

fn plain(text: &str, tokens: &[Token]) -> String {
    written(text, tokens).to_lowercase().replace('ё', "е").trim_matches(['.', '!']).trim().to_owned()
}

fn written<'a>(text: &'a str, tokens: &[Token]) -> &'a str {
    let span =
        tokens.first().zip(tokens.last()).map_or(0..0, |(first, last)| first.span.start..last.span.end);
    text.get(span).unwrap_or_default().trim()
}

/// A value exactly as the description writes it, without article and quotes.
pub(super) fn value(text: &str, tokens: &[Token]) -> String {
    const LONGEST: usize = 60;
    let articles = tokens
        .iter()
        .take_while(|token| {
            token.text.chars().all(char::is_lowercase)
                && ["a", "an", "either", "the", "just"].contains(&token.lower.as_str())
                && tokens.len() > 1
        })
        .count();
    let tokens = &tokens[articles..];
    let written = if let [quoted] = tokens
        && quoted.is(Kind::Quoted)
    {
        quoted.text.as_str()
    } else {
        written(text, tokens)
    };
    let clean: String =
        written.chars().filter(|c| !matches!(c, '<' | '>' | '"' | '*') && !c.is_control()).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}
