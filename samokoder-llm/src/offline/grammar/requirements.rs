//! What must hold when the app is finished, one checkable sentence each.

use samokoder_core::project::{Entity, Field, FieldKind};

use super::language::Language;

/// What the app is for.
pub(super) fn summary(language: Language, entities: &[Entity]) -> String {
    let names: Vec<String> = entities.iter().map(|entity| entity.label_plural.to_lowercase()).collect();
    match language {
        Language::English => format!("Keeps records of {}.", joined(&names, "and")),
        Language::Russian => format!("Хранит записи: {}.", joined(&names, "и")),
    }
}

/// The requirements that follow from the entities.
pub(super) fn requirements(language: Language, entities: &[Entity]) -> Vec<String> {
    entities.iter().flat_map(|entity| of_entity(language, entity, entities)).collect()
}

fn of_entity(language: Language, entity: &Entity, entities: &[Entity]) -> Vec<String> {
    let plural = &entity.label_plural;
    let mut sentences = vec![match language {
        Language::English => format!("{plural} can be listed, searched, sorted, added, edited and deleted."),
        Language::Russian => {
            format!(
                "«{plural}»: записи можно просматривать, искать, сортировать, добавлять, изменять и удалять."
            )
        }
    }];
    let required: Vec<String> = entity
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| quoted(language, &field.label))
        .collect();
    if !required.is_empty() {
        sentences.push(match language {
            Language::English => {
                format!("{} without {} is refused.", with_article(&entity.label), joined(&required, "or"))
            }
            Language::Russian => {
                format!("«{}»: запись без {} не принимается.", entity.label, joined(&required, "или"))
            }
        });
    }
    sentences.extend(joins(language, entity, entities));
    sentences.extend(entity.fields.iter().filter_map(|field| of_field(language, entity, field, entities)));
    sentences
}

/// A record of nothing but two relations joins what has many of each other.
fn joins(language: Language, entity: &Entity, entities: &[Entity]) -> Option<String> {
    let target = |field: &Field| entities.iter().find(|other| Some(&other.name) == field.relation.as_ref());
    let [one, other] = entity.fields.as_slice() else { return None };
    let (one, other) = (target(one)?, target(other)?);
    Some(match language {
        Language::English => format!(
            "{} join {} with {}: each can have many of the other, one record for each pair.",
            entity.label_plural,
            one.label_plural.to_lowercase(),
            other.label_plural.to_lowercase()
        ),
        Language::Russian => format!(
            "«{}» связывают записи «{}» и «{}»: у каждой может быть много других, одна запись на каждую пару.",
            entity.label_plural, one.label_plural, other.label_plural
        ),
    })
}

fn of_field(language: Language, entity: &Entity, field: &Field, entities: &[Entity]) -> Option<String> {
    let (of, label) = (&entity.label, &field.label);
    match field.kind {
        FieldKind::Enumeration => {
            let values: Vec<String> = field.values.iter().map(|value| quoted(language, value)).collect();
            Some(match language {
                Language::English => format!(
                    "The {} of {} is one of {}.",
                    quoted(language, label),
                    article(of),
                    joined(&values, "or")
                ),
                Language::Russian => {
                    format!("«{of}»: поле «{label}» принимает только значения {}.", joined(&values, "или"))
                }
            })
        }
        FieldKind::Relation => {
            let target = entities.iter().find(|other| Some(&other.name) == field.relation.as_ref())?;
            Some(match language {
                Language::English => format!(
                    "The {} of {} is {} that exists.",
                    quoted(language, label),
                    article(of),
                    article(&target.label)
                ),
                Language::Russian => {
                    format!("«{of}»: поле «{label}» указывает на существующую запись «{}».", target.label)
                }
            })
        }
        _ => None,
    }
}

fn quoted(language: Language, text: &str) -> String {
    match language {
        Language::English => format!("\"{text}\""),
        Language::Russian => format!("«{text}»"),
    }
}

fn with_article(label: &str) -> String {
    super::phrase::capitalised(&article(label))
}

fn article(label: &str) -> String {
    let acronym = label.chars().nth(1).is_some_and(char::is_uppercase);
    let noun = if acronym { label.to_owned() } else { label.to_lowercase() };
    let vowel =
        noun.starts_with(['a', 'e', 'i', 'o', 'u']) && !noun.starts_with("us") && !noun.starts_with("uni");
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

fn joined(items: &[String], conjunction: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} {conjunction} {last}", head.join(", ")),
    }
}
