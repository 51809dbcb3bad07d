//! Every form of the nouns in `nouns.txt`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::adjective::Adjective;
use super::paradigm::{Case, Gender, forms, gender_of, plural_of, stem_of};

/// A noun in its dictionary forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Noun {
    pub(in super::super) singular: String,
    pub(in super::super) plural: String,
    pub(in super::super) gender: Gender,
    /// Whether it declines like an adjective, and can stand before a noun as one: "больной", "рабочий".
    pub(in super::super) adjectival: bool,
}

/// What a form can be.
#[derive(Debug, Clone)]
pub(in super::super) struct Reading {
    pub(in super::super) noun: Noun,
    pub(in super::super) case: Case,
    pub(in super::super) plural: bool,
}

static NOUNS: LazyLock<BTreeMap<String, Vec<Reading>>> = LazyLock::new(|| {
    let mut nouns: BTreeMap<String, Vec<Reading>> = BTreeMap::new();
    let lines = include_str!("nouns.txt").lines().filter(|line| !line.starts_with('#'));
    for entry in lines.flat_map(str::split_whitespace) {
        for (form, reading) in entry_forms(entry) {
            nouns.entry(form).or_default().push(reading);
        }
    }
    nouns
});

/// The readings of a word in lower case with `е` for `ё`.
pub(in super::super) fn look_up(word: &str) -> &'static [Reading] {
    NOUNS.get(word).map_or(&[], Vec::as_slice)
}

fn entry_forms(entry: &str) -> Vec<(String, Reading)> {
    if let Some(lemma) = entry.strip_suffix('!') {
        return unchanging(lemma, false);
    }
    if let Some(lemma) = entry.strip_suffix('*') {
        return unchanging(lemma, true);
    }
    if let Some(lemma) = entry.strip_suffix('~') {
        return adjectival(lemma);
    }
    let (entry, given_plural) = split(entry, '+');
    let (entry, given_gender) = split(entry, ':');
    let (lemma, given_stem) = split(entry, '/');
    let gender = match given_gender {
        Some("m") => Gender::Masculine,
        Some(_) => Gender::Feminine,
        None => gender_of(lemma),
    };
    let stem = given_stem.unwrap_or_else(|| stem_of(lemma));
    let plural = given_plural.map_or_else(|| plural_of(lemma, stem, gender), str::to_owned);
    let noun = Noun { singular: lemma.to_owned(), plural: plural.clone(), gender, adjectival: false };
    forms(lemma, stem, gender, &plural)
        .into_iter()
        .map(|form| {
            let reading = Reading { noun: noun.clone(), case: form.case, plural: form.plural };
            (form.text.replace('ё', "е"), reading)
        })
        .collect()
}

fn unchanging(lemma: &str, plural: bool) -> Vec<(String, Reading)> {
    let noun = Noun {
        singular: lemma.to_owned(),
        plural: lemma.to_owned(),
        gender: gender_of(lemma),
        adjectival: false,
    };
    vec![(lemma.to_owned(), Reading { noun, case: Case::Nominative, plural })]
}

/// "животное", "больной", "учащийся": the stem takes the endings of an adjective, and `-ся` stays at the end.
fn adjectival(lemma: &str) -> Vec<(String, Reading)> {
    let reflexive = if lemma.ends_with("ся") { "ся" } else { "" };
    let Some(bare) = lemma.strip_suffix(reflexive) else { return Vec::new() };
    let Some(adjective) = Adjective::read(bare) else { return Vec::new() };
    let gender = gender_of(bare);
    let plural = format!("{}{reflexive}", adjective.nominative(gender, true));
    let noun = Noun { singular: lemma.to_owned(), plural, gender, adjectival: true };
    adjective
        .forms(gender)
        .into_iter()
        .map(|form| {
            let reading = Reading { noun: noun.clone(), case: form.case, plural: form.plural };
            (format!("{}{reflexive}", form.text).replace('ё', "е"), reading)
        })
        .collect()
}

fn split(entry: &str, mark: char) -> (&str, Option<&str>) {
    entry.split_once(mark).map_or((entry, None), |(head, tail)| (head, Some(tail)))
}
