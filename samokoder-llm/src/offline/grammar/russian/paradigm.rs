//! Declension of nouns.

use super::super::lexicon::Words;

/// A grammatical case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Case {
    Nominative,
    Genitive,
    Dative,
    Accusative,
    Instrumental,
    Prepositional,
}

/// The grammatical gender of a noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Gender {
    Masculine,
    Feminine,
    Neuter,
}

/// A form of a noun.
#[derive(Debug, Clone)]
pub(in super::super) struct Form {
    pub(in super::super) text: String,
    pub(in super::super) case: Case,
    pub(in super::super) plural: bool,
}

/// Endings of one number: genitive, dative, accusative, instrumental, prepositional.
type Endings = [&'static [&'static str]; 5];

const OBLIQUE: [Case; 5] =
    [Case::Genitive, Case::Dative, Case::Accusative, Case::Instrumental, Case::Prepositional];

/// The gender a nominative singular shows; a noun in -ь is taken as feminine.
pub(in super::super) fn gender_of(lemma: &str) -> Gender {
    const MASCULINE_IN_A: Words = Words("мужчина судья дядя папа дедушка юноша коллега");
    if MASCULINE_IN_A.has(lemma) {
        return Gender::Masculine;
    }
    match lemma.chars().last() {
        Some('я') if lemma.ends_with("мя") => Gender::Neuter,
        Some('а' | 'я' | 'ь') => Gender::Feminine,
        Some('о' | 'е' | 'ё') => Gender::Neuter,
        _ => Gender::Masculine,
    }
}

/// The nominative plural that the rules give.
pub(in super::super) fn plural_of(lemma: &str, stem: &str, gender: Gender) -> String {
    if let Some(stem) = lemma.strip_suffix("мя") {
        return format!("{stem}мена");
    }
    match lemma.chars().last() {
        Some('я' | 'ь' | 'й') => format!("{stem}и"),
        Some('о') => format!("{stem}а"),
        Some('е' | 'ё') => format!("{stem}{}", if is_hushing(stem) { "а" } else { "я" }),
        _ if gender != Gender::Neuter && takes_i(stem) => format!("{stem}и"),
        _ => format!("{stem}ы"),
    }
}

/// The stem endings are added to.
pub(in super::super) fn stem_of(lemma: &str) -> &str {
    lemma.strip_suffix(['а', 'я', 'о', 'е', 'ё', 'ь', 'й']).unwrap_or(lemma)
}

/// All forms of a noun. Where two endings are possible both are given: it reads, it doesn't write them.
pub(in super::super) fn forms(lemma: &str, stem: &str, gender: Gender, plural: &str) -> Vec<Form> {
    let mut forms = vec![
        Form { text: lemma.to_owned(), case: Case::Nominative, plural: false },
        Form { text: plural.to_owned(), case: Case::Nominative, plural: true },
    ];
    let mut add = |stem: &str, endings: Endings, plural: bool| {
        for (case, endings) in OBLIQUE.into_iter().zip(endings) {
            let texts = endings.iter().map(|ending| format!("{stem}{ending}"));
            forms.extend(texts.map(|text| Form { text, case, plural }));
        }
    };
    if let Some(short) = lemma.strip_suffix("мя") {
        add(&format!("{short}мен"), [&["и"], &["и"], &[], &["ем"], &["и"]], false);
        add(short, [&["мён", "мен", "мян"], &["менам"], &[], &["менами"], &["менах"]], true);
        return forms;
    }
    add(stem, singular_endings(lemma, gender), false);
    let plural_stem = plural.strip_suffix(['ы', 'и', 'а', 'я', 'е']).unwrap_or(plural);
    add(plural_stem, plural_endings(lemma, plural), true);
    for text in zero_genitives(plural_stem, plural) {
        forms.push(Form { text, case: Case::Genitive, plural: true });
    }
    forms
}

fn singular_endings(lemma: &str, gender: Gender) -> Endings {
    match lemma.chars().last() {
        Some('а') => [&["ы", "и"], &["е"], &["у"], &["ой", "ей", "ою"], &["е"]],
        Some('я') if lemma.ends_with("ия") => [&["и"], &["и"], &["ю"], &["ей"], &["и"]],
        Some('я') => [&["и"], &["е"], &["ю"], &["ей", "ёй"], &["е"]],
        Some('ь') if gender == Gender::Feminine => [&["и"], &["и"], &["ь"], &["ью"], &["и"]],
        Some('ь') => [&["я"], &["ю"], &["я", "ь"], &["ем", "ём"], &["е"]],
        Some('й') => [&["я"], &["ю"], &["я", "й"], &["ем"], &["е", "и"]],
        Some('о') => [&["а"], &["у"], &["о"], &["ом"], &["е"]],
        Some('е') if lemma.ends_with("ие") => [&["я"], &["ю"], &["е"], &["ем"], &["и"]],
        Some('е' | 'ё') => [&["я", "а"], &["ю", "у"], &["е"], &["ем"], &["е"]],
        _ => [&["а", "у"], &["у"], &["а", ""], &["ом", "ем"], &["е"]],
    }
}

fn plural_endings(lemma: &str, plural: &str) -> Endings {
    let soft = plural.ends_with('я') || (plural.ends_with('и') && !takes_i(&plural[..plural.len() - 2]));
    if soft {
        let genitive: &[&str] = if lemma.ends_with('й') { &["ев"] } else { &["ей", "ев"] };
        return [genitive, &["ям"], &[], &["ями", "ьми"], &["ях"]];
    }
    let masculine = !lemma.ends_with(['а', 'о']);
    let genitive: &[&str] = if masculine { &["ов", "ев", "ей"] } else { &[] };
    [genitive, &["ам"], &[], &["ами"], &["ах"]]
}

/// Genitive plurals without an ending: `книг`, `заявок`, `категорий`, `статей`, `недель`.
fn zero_genitives(stem: &str, plural: &str) -> Vec<String> {
    let mut genitives = vec![stem.to_owned()];
    if plural.ends_with('и') || plural.ends_with('я') {
        genitives.push(format!("{stem}й"));
        genitives.push(format!("{stem}ь"));
        if let Some(short) = stem.strip_suffix('ь') {
            genitives.push(format!("{short}ей"));
        }
    }
    let mut characters = stem.chars().rev();
    if let (Some(last), Some(before)) = (characters.next(), characters.next()) {
        let head = &stem[..stem.len() - last.len_utf8()];
        let short = head.strip_suffix(['ь', 'й']).unwrap_or(head);
        if !is_vowel(before) && !is_vowel(last) {
            genitives.extend(["о", "е", "ё"].map(|vowel| format!("{short}{vowel}{last}")));
        }
    }
    genitives
}

pub(in super::super) fn is_vowel(character: char) -> bool {
    "аеёиоуыэюя".contains(character)
}

pub(in super::super) fn is_hushing(stem: &str) -> bool {
    stem.ends_with(['ж', 'ч', 'ш', 'щ', 'ц'])
}

/// Whether `-и` follows where other stems take `-ы`.
pub(in super::super) fn takes_i(stem: &str) -> bool {
    stem.ends_with(['г', 'к', 'х', 'ж', 'ч', 'ш', 'щ'])
}
