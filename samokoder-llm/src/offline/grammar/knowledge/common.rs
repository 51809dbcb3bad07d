//! What common records and apps look like, written in the grammar itself.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::super::language::Language;
use super::super::phrase::Phrase;

const ENGLISH: &str = include_str!("english.txt");
const RUSSIAN: &str = include_str!("russian.txt");

/// Whether the phrase names a record of common knowledge.
pub(in super::super) fn knows(language: Language, phrase: &Phrase) -> bool {
    fields(language, phrase).is_some()
}

/// The usual fields of a record, as the grammar reads them.
pub(in super::super) fn fields(language: Language, phrase: &Phrase) -> Option<&'static str> {
    let records = match language {
        Language::English => &*ENGLISH_RECORDS,
        Language::Russian => &*RUSSIAN_RECORDS,
    };
    let find = |key: String| records.get(key.as_str()).copied();
    find(phrase.key()).or_else(|| find(phrase.head_key()))
}

/// Whether an English noun in the singular names a record of common knowledge.
pub(in super::super) fn knows_name(name: &str) -> bool {
    ENGLISH_RECORDS.contains_key(name)
}

/// Whether a Russian noun in the singular names people of common knowledge.
pub(in super::super) fn is_person(name: &str) -> bool {
    RUSSIAN_RECORDS.get(name).is_some_and(|fields| fields.starts_with("имя"))
}

/// The usual fields by the name of a record.
type Records = BTreeMap<&'static str, &'static str>;

static ENGLISH_RECORDS: LazyLock<Records> = LazyLock::new(|| records(Language::English));
static RUSSIAN_RECORDS: LazyLock<Records> = LazyLock::new(|| records(Language::Russian));

/// Where a name is given twice, the first one counts.
fn records(language: Language) -> Records {
    let mut records = Records::new();
    for (names, fields) in entries(language) {
        for name in names.split('|') {
            records.entry(name).or_insert(fields);
        }
    }
    records
}

/// The description of an app that is known by the words of its title.
pub(in super::super) fn app(language: Language, title: &str) -> Option<&'static str> {
    let padded = format!(" {} ", title.to_lowercase().replace('ё', "е").replace(['.', ',', ':', '!'], " "));
    let apps = lines(language).filter_map(|line| line.strip_prefix("app ")).filter_map(|line| {
        let (names, description) = line.split_once(" = ")?;
        let places = names.split('|').filter_map(|name| match name.strip_suffix('*') {
            Some(stem) => padded.find(&format!(" {stem}")),
            None => padded.find(&format!(" {name} ")),
        });
        places.min().map(|place| (place, description))
    });
    apps.min_by_key(|(place, _)| *place).map(|(_, description)| description)
}

fn entries(language: Language) -> impl Iterator<Item = (&'static str, &'static str)> {
    lines(language).filter(|line| !line.starts_with("app ")).filter_map(|line| line.split_once(" = "))
}

fn lines(language: Language) -> impl Iterator<Item = &'static str> {
    let text = match language {
        Language::English => ENGLISH,
        Language::Russian => RUSSIAN,
    };
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}
