//! From a draft to a specification: types, identifiers, what is required, what must hold.

use std::collections::BTreeSet;

use samokoder_core::project::{Entity, Field, FieldKind, Specification};

use super::Question;
use super::draft::{Draft, DraftEntity, DraftField};
use super::knowledge::kinds;
use super::language::Language;
use super::naming;
use super::phrase::{Phrase, capitalised};
use super::requirements;

/// A specification with the questions it leaves open.
pub(super) struct Finished {
    pub(super) specification: Specification,
    pub(super) questions: Vec<Question>,
}

/// Finishes a draft that has entities.
pub(super) fn finish(draft: &Draft, name: Option<&str>) -> Finished {
    let mut taken_names = BTreeSet::new();
    let mut taken_paths = BTreeSet::new();
    let names: Vec<(String, String)> = draft
        .entities
        .iter()
        .map(|entity| {
            let name = naming::snake(&entity.phrase.singular, "item", &mut taken_names);
            let path = naming::kebab(&entity.phrase.plural, "list", &mut taken_paths);
            (name, path)
        })
        .collect();
    let mut questions = Vec::new();
    let entities: Vec<Entity> = draft
        .entities
        .iter()
        .zip(&names)
        .map(|(entity, (name, path))| Entity {
            name: name.clone(),
            path: path.clone(),
            label: label(&entity.phrase.singular),
            label_plural: label(&entity.phrase.plural),
            fields: fields(draft, entity, name, &names, &mut questions),
        })
        .collect();
    let title = app_name(draft, name, &entities);
    let specification = Specification {
        slug: naming::kebab(&title, "app", &mut BTreeSet::new()),
        name: title,
        language: draft.language.tag().to_owned(),
        summary: requirements::summary(draft.language, &entities),
        requirements: requirements::requirements(draft.language, &entities),
        not_understood: draft.not_understood.clone(),
        entities,
    };
    Finished { specification, questions }
}

fn app_name(draft: &Draft, given: Option<&str>, entities: &[Entity]) -> String {
    const LONGEST: usize = 48;
    let given = given.map(|name| super::text::clean(name).text.replace(['\n', '<', '>', '"'], " "));
    let given =
        given.map(|name| name.trim().to_owned()).filter(|name| name.chars().any(char::is_alphanumeric));
    let title = given.or_else(|| draft.title.clone()).unwrap_or_else(|| {
        let labels: Vec<&str> = entities.iter().take(2).map(|entity| entity.label_plural.as_str()).collect();
        match labels.as_slice() {
            [first, second] => {
                format!("{first} {} {}", draft.language.choose("and", "и"), lower_first(second))
            }
            other => other.concat(),
        }
    });
    let mut short = String::new();
    for word in title.split_whitespace() {
        if !short.is_empty() && short.chars().count() + word.chars().count() >= LONGEST {
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.extend(word.chars().take(LONGEST));
    }
    capitalised(&short)
}

fn fields(
    draft: &Draft,
    entity: &DraftEntity,
    entity_name: &str,
    names: &[(String, String)],
    questions: &mut Vec<Question>,
) -> Vec<Field> {
    let mut taken = BTreeSet::new();
    let mut pointed: Vec<(usize, &str)> = Vec::new();
    let mut fields: Vec<Field> = entity
        .links
        .iter()
        .filter_map(|link| {
            let target = draft.find(&link.target)?;
            let own = link.target.singular.as_str();
            let again = |(other, said): &(usize, &str)| {
                *other == target && link.role.is_none() && (said.ends_with(own) || own.ends_with(said))
            };
            if pointed.iter().any(again) {
                return None;
            }
            pointed.extend(link.role.is_none().then_some((target, own)));
            let name = link.role.as_ref().unwrap_or(&link.target.singular);
            Some(Field {
                name: naming::relation(name, &mut taken),
                label: label(name),
                kind: FieldKind::Relation,
                required: link.required,
                values: Vec::new(),
                relation: Some(names[target].0.clone()),
            })
        })
        .collect();
    let naming_field = naming_field(entity, !fields.is_empty());
    for (at, draft_field) in entity.fields.iter().enumerate() {
        let name = naming::snake(&draft_field.phrase.label, "field", &mut taken);
        if draft_field.open_choice && draft_field.values.is_empty() {
            questions.push(question(draft.language, entity, entity_name, &name, draft_field));
        }
        let kind = kind(draft_field);
        fields.push(Field {
            name,
            label: label(&draft_field.phrase.label),
            kind,
            required: draft_field.required.unwrap_or(naming_field == Some(at)),
            values: if kind == FieldKind::Enumeration { draft_field.values.clone() } else { Vec::new() },
            relation: None,
        });
    }
    fields
}

fn kind(field: &DraftField) -> FieldKind {
    if !field.values.is_empty() {
        return FieldKind::Enumeration;
    }
    match field.kind {
        Some(FieldKind::Enumeration) => FieldKind::Text,
        Some(kind) => kind,
        None if field.open_choice => FieldKind::Text,
        None => kinds::kind_of(&field.phrase),
    }
}

/// The field that tells records apart and must not be missing.
fn naming_field(entity: &DraftEntity, related: bool) -> Option<usize> {
    let texts = |at: &usize| matches!(kind(&entity.fields[*at]), FieldKind::Text | FieldKind::LongText);
    let best = |rank: fn(&Phrase) -> Option<usize>| {
        let ranked = (0..entity.fields.len()).filter(texts);
        ranked.filter_map(|at| rank(&entity.fields[at].phrase).map(|rank| (rank, at))).min().map(|(_, at)| at)
    };
    let tells_apart =
        |field: &DraftField| kind(field) == FieldKind::Text && !kinds::classifies(&field.phrase);
    let amount = || {
        let at = entity.fields.iter().position(|field| kind(field) == FieldKind::Money)?;
        (!related && !entity.fields[..at].iter().any(tells_apart)).then_some(at)
    };
    let named = best(kinds::naming_rank).or_else(amount).or_else(|| best(kinds::content_rank));
    if named.is_some() {
        return named;
    }
    if related {
        return None;
    }
    let choice =
        |at: &usize| matches!(kind(&entity.fields[*at]), FieldKind::Enumeration | FieldKind::Boolean);
    let telling = |at: &usize| tells_apart(&entity.fields[*at]);
    (0..entity.fields.len().min(2)).find(telling).or_else(|| (0..entity.fields.len()).find(|at| !choice(at)))
}

fn question(
    language: Language,
    entity: &DraftEntity,
    entity_name: &str,
    field: &str,
    draft_field: &DraftField,
) -> Question {
    let (label, of) = (label(&draft_field.phrase.label), label(&entity.phrase.singular));
    let text = match language {
        Language::English => format!(
            "Which values can \"{label}\" of \"{of}\" take? List them with commas; without an answer it is free text."
        ),
        Language::Russian => format!(
            "Какие значения может принимать «{label}» у «{of}»? Перечислите через запятую; без ответа это будет свободный текст."
        ),
    };
    Question {
        key: format!("{entity_name}.{field}"),
        entity: entity_name.to_owned(),
        field: field.to_owned(),
        text,
    }
}

/// A label as forms show it.
fn label(text: &str) -> String {
    const LONGEST: usize = 60;
    capitalised(&text.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>())
}

fn lower_first(text: &str) -> String {
    let second_upper = text.chars().nth(1).is_some_and(char::is_uppercase);
    let mut characters = text.chars();
    match characters.next() {
        Some(first) if !second_upper => first.to_lowercase().chain(characters).collect(),
        _ => text.to_owned(),
    }
}
