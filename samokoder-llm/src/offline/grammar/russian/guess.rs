//! Dictionary forms of nouns that are not in the dictionary, by their endings.

use super::dictionary::{Noun, Reading};
use super::paradigm::{Case, gender_of, is_hushing, is_vowel, plural_of, stem_of};

/// Ending of a form, ending of the nominative singular, whether the form is a plural. The first match wins.
type Rule = (&'static str, &'static str, bool);

const INSTRUMENTAL: &[Rule] = &[
    ("ниями", "ние", true),
    ("тиями", "тие", true),
    ("иями", "ия", true),
    ("ствами", "ство", true),
    ("никами", "ник", true),
    ("чками", "чка", true),
    ("вками", "вка", true),
    ("лками", "лка", true),
    ("тками", "тка", true),
    ("щиками", "щик", true),
    ("остями", "ость", true),
    ("телями", "тель", true),
    ("ями", "ь", true),
    ("ами", "", true),
    ("ием", "ие", false),
    ("ем", "ь", false),
    ("ством", "ство", false),
    ("ом", "", false),
    ("ью", "ь", false),
    ("ией", "ия", false),
    ("ей", "я", false),
    ("ой", "а", false),
];

const GENITIVE_PLURAL: &[Rule] = &[
    ("остей", "ость", true),
    ("телей", "тель", true),
    ("ей", "ь", true),
    ("цев", "ец", true),
    ("ев", "й", true),
    ("ов", "", true),
    ("ний", "ние", true),
    ("тий", "тие", true),
    ("ий", "ия", true),
    ("док", "дка", true),
    ("вок", "вка", true),
    ("лок", "лка", true),
    ("нок", "нка", true),
    ("зок", "зка", true),
    ("чек", "чка", true),
    ("шек", "шка", true),
    ("ств", "ство", true),
];

const GENITIVE_SINGULAR: &[Rule] = &[
    ("ства", "ство", false),
    ("ния", "ние", false),
    ("тия", "тие", false),
    ("ии", "ия", false),
    ("ости", "ость", false),
    ("теля", "тель", false),
    ("ки", "ка", false),
    ("ги", "га", false),
    ("а", "", false),
    ("ы", "а", false),
    ("я", "ь", false),
];

const DATIVE: &[Rule] = &[
    ("ам", "", true),
    ("ям", "ь", true),
    ("нию", "ние", false),
    ("телю", "тель", false),
    ("ству", "ство", false),
    ("у", "", false),
    ("ю", "ь", false),
    ("ии", "ия", false),
    ("е", "а", false),
];

const ACCUSATIVE: &[Rule] = &[("ию", "ия", false), ("у", "а", false), ("ю", "я", false)];
const PREPOSITIONAL: &[Rule] = &[("ах", "", true), ("ях", "ь", true), ("ии", "ия", false), ("е", "", false)];

const NOMINATIVE_PLURAL: &[Rule] = &[
    ("ства", "ство", true),
    ("ния", "ние", true),
    ("тия", "тие", true),
    ("ии", "ия", true),
    ("ости", "ость", true),
    ("тели", "тель", true),
    ("ники", "ник", true),
    ("щики", "щик", true),
    ("чики", "чик", true),
    ("очки", "очка", true),
    ("ки", "ка", true),
    ("ги", "га", true),
    ("чи", "ча", true),
    ("цы", "ец", true),
    ("оны", "она", true),
    ("ы", "", true),
    ("и", "ь", true),
];

/// The reading of an unknown noun, where `case` is the one its place in the sentence asks for.
pub(in super::super) fn guess(word: &str, case: Option<Case>) -> Reading {
    let tables: &[&[Rule]] = match case {
        Some(Case::Genitive) => &[GENITIVE_PLURAL, GENITIVE_SINGULAR],
        Some(Case::Dative) => &[DATIVE],
        Some(Case::Accusative) => &[ACCUSATIVE, GENITIVE_PLURAL, NOMINATIVE_PLURAL],
        Some(Case::Instrumental) => &[INSTRUMENTAL],
        Some(Case::Prepositional) => &[PREPOSITIONAL],
        Some(Case::Nominative) | None => &[NOMINATIVE_PLURAL],
    };
    let latin = word.is_ascii();
    let found = tables.iter().flat_map(|table| table.iter()).find(|(ending, _, _)| {
        !latin && word.strip_suffix(ending).is_some_and(|stem| stem.chars().count() > 1)
    });
    let (found, case) = match found {
        None if case == Some(Case::Instrumental) => {
            let nominative = NOMINATIVE_PLURAL.iter().find(|(ending, _, _)| !latin && word.ends_with(ending));
            (nominative, if nominative.is_some() { Some(Case::Nominative) } else { case })
        }
        found => (found, case),
    };
    let Some((ending, replacement, plural)) = found else {
        return reading(word.to_owned(), false, case);
    };
    let stem = word.strip_suffix(ending).unwrap_or(word);
    let replacement = match *replacement {
        "ь" if is_hushing(stem) => "",
        "я" if is_hushing(stem) => "а",
        "й" if !stem.ends_with(is_vowel) => "",
        other => other,
    };
    reading(format!("{stem}{replacement}"), *plural, case)
}

fn reading(singular: String, plural: bool, case: Option<Case>) -> Reading {
    let gender = gender_of(&singular);
    let plural_form =
        if singular.is_ascii() { singular.clone() } else { plural_of(&singular, stem_of(&singular), gender) };
    let noun = Noun { singular, plural: plural_form, gender, adjectival: false };
    Reading { noun, case: case.unwrap_or(Case::Nominative), plural }
}
