//! Adjectives, and participles that decline like them.

use super::super::lexicon::Words;
use super::paradigm::{Case, Form, Gender, is_hushing, takes_i};

/// Endings, longest first.
const ENDINGS: &[&str] = &[
    "ыми", "ими", "ого", "его", "ому", "ему", "ая", "яя", "ое", "ее", "ую", "юю", "ые", "ие", "ый", "ий",
    "ой", "ей", "ым", "им", "ых", "их", "ом", "ем",
];
/// Endings that nouns have too: these need a stem that looks like an adjective's.
const SHARED: Words = Words("ой ей ом ем ий ие им их ими ее ему ому его");
const STEMS: &[&str] = &["н", "ск", "цк", "ов", "ев", "ш", "щ", "л", "к", "т", "ч"];
/// Adjectives with the stress on the ending.
const STRESSED: Words =
    Words("основн друг больш больн дорог путев мастеров брачн выходн родн цветн пол весов");

/// An adjective without its ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Adjective {
    stem: String,
    soft: bool,
}

impl Adjective {
    /// Reads a word in lower case that stands before a noun.
    pub(in super::super) fn read(word: &str) -> Option<Self> {
        let ending = ENDINGS.iter().find(|ending| word.ends_with(**ending))?;
        let stem = word.strip_suffix(*ending)?;
        let looks_right = !SHARED.has(ending) || STEMS.iter().any(|last| stem.ends_with(last));
        if stem.chars().count() < 3 || !looks_right {
            return None;
        }
        let soft_ending = ending.starts_with(['я', 'е', 'ю', 'и']);
        let soft = soft_ending && !takes_i(stem) && !is_hushing(stem);
        Some(Self { stem: stem.to_owned(), soft })
    }

    /// The nominative that agrees with a noun.
    pub(in super::super) fn nominative(&self, gender: Gender, plural: bool) -> String {
        let stem = &self.stem;
        let hushing = is_hushing(stem) && !stem.ends_with('ц');
        let ending = match (plural, gender) {
            (true, _) if self.soft || takes_i(stem) => "ие",
            (true, _) => "ые",
            (false, Gender::Masculine) if STRESSED.has(stem) => "ой",
            (false, Gender::Masculine) if self.soft || takes_i(stem) => "ий",
            (false, Gender::Masculine) => "ый",
            (false, Gender::Feminine) if self.soft => "яя",
            (false, Gender::Feminine) => "ая",
            (false, Gender::Neuter) if self.soft || hushing => "ее",
            (false, Gender::Neuter) => "ое",
        };
        format!("{stem}{ending}")
    }

    /// All forms of one gender and of the plural.
    pub(in super::super) fn forms(&self, gender: Gender) -> Vec<Form> {
        use Case::{Accusative, Dative, Genitive, Instrumental, Nominative, Prepositional};
        const MASCULINE: &[(Case, [&str; 2])] = &[
            (Genitive, ["ого", "его"]),
            (Dative, ["ому", "ему"]),
            (Accusative, ["ого", "его"]),
            (Instrumental, ["ым", "им"]),
            (Prepositional, ["ом", "ем"]),
        ];
        const FEMININE: &[(Case, [&str; 2])] = &[
            (Genitive, ["ой", "ей"]),
            (Dative, ["ой", "ей"]),
            (Accusative, ["ую", "юю"]),
            (Instrumental, ["ой", "ей"]),
            (Prepositional, ["ой", "ей"]),
        ];
        const PLURAL: &[(Case, [&str; 2])] = &[
            (Genitive, ["ых", "их"]),
            (Dative, ["ым", "им"]),
            (Accusative, ["ых", "их"]),
            (Instrumental, ["ыми", "ими"]),
            (Prepositional, ["ых", "их"]),
        ];
        let oblique = if gender == Gender::Feminine { FEMININE } else { MASCULINE };
        let named = [false, true].map(|plural| Form {
            text: self.nominative(gender, plural),
            case: Nominative,
            plural,
        });
        let of = |endings: &'static [(Case, [&'static str; 2])], plural: bool| {
            endings.iter().flat_map(move |(case, endings)| {
                endings.map(|ending| Form { text: format!("{}{ending}", self.stem), case: *case, plural })
            })
        };
        named.into_iter().chain(of(oblique, false)).chain(of(PLURAL, true)).collect()
    }
}
