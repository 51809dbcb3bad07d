//! Brings a specification into the shape that the templates rely on.
//!
//! The grammar writes specifications in this shape already; another model's may differ. Nothing here fails:
//! what can't be built as it stands is built in the nearest way that works.

use samokoder_core::project::{Entity, Field, FieldKind, Specification, WorkspacePath};

use super::{escape, names};

/// Longest label or value, in characters.
const LABEL_LIMIT: usize = 120;
const TEXT_LIMIT: usize = 2000;

/// The specification with one-line labels, unique identifiers and relations that can be satisfied.
pub(super) fn normalise(spec: &Specification) -> Specification {
    let language = language(&spec.language);
    let mut clean = Specification {
        name: or(&label(&spec.name), "App"),
        slug: names::words(&spec.slug).join("-"),
        language: language.to_owned(),
        summary: text(&spec.summary),
        entities: entities(&spec.entities, language),
        requirements: spec.requirements.iter().map(|line| text(line)).collect(),
        not_understood: spec.not_understood.iter().map(|line| text(line)).collect(),
    };
    link_relations(&mut clean.entities);
    break_required_cycles(&mut clean.entities);
    clean
}

/// The language of the app's own texts: they exist in Russian and in English.
fn language(tag: &str) -> &'static str {
    if tag.split(['-', '_']).next().is_some_and(|tag| tag.eq_ignore_ascii_case("ru")) { "ru" } else { "en" }
}

fn entities(entities: &[Entity], language: &str) -> Vec<Entity> {
    let mut clean: Vec<Entity> = Vec::new();
    for entity in entities {
        let names: Vec<_> = clean.iter().map(|entity| entity.name.clone()).collect();
        let paths: Vec<_> = clean.iter().map(|entity| entity.path.clone()).collect();
        let one = or(&label(&entity.label), &entity.name);
        clean.push(Entity {
            name: names::unique(names::words(&entity.name).join("_"), "_", &names),
            path: names::unique(path(&entity.path), "-", &paths),
            label_plural: or(&label(&entity.label_plural), &one),
            label: one,
            fields: fields(&entity.fields, language),
        });
    }
    clean
}

/// A path that can also name a file: some systems reserve `con` and `nul`.
fn path(text: &str) -> String {
    let path = names::words(text).join("-");
    if WorkspacePath::parse(&path).is_ok() { path } else { path + "-records" }
}

fn fields(fields: &[Field], language: &str) -> Vec<Field> {
    let mut clean: Vec<Field> = Vec::new();
    // The app gives every record its id.
    for field in fields.iter().filter(|field| field.name != "id") {
        let taken: Vec<_> = clean.iter().map(|field| field.name.clone()).collect();
        clean.push(Field {
            name: names::unique(names::words(&field.name).join("_"), "_", &taken),
            label: or(&label(&field.label), &field.name),
            // A yes-or-no field that isn't given means no.
            required: field.required && field.kind != FieldKind::Boolean,
            ..with_values(field)
        });
    }
    if clean.is_empty() {
        clean.push(Field {
            name: "name".to_owned(),
            label: if language == "ru" { "Название" } else { "Name" }.to_owned(),
            kind: FieldKind::Text,
            required: true,
            values: Vec::new(),
            relation: None,
        });
    }
    clean
}

/// The field with values if it is an enumeration; one without values is text.
fn with_values(field: &Field) -> Field {
    let mut field = field.clone();
    let mut values = Vec::new();
    for value in field.values.iter().map(|value| label(value)).filter(|value| !value.is_empty()) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    field.values = values;
    if field.kind != FieldKind::Enumeration {
        field.values.clear();
    } else if field.values.is_empty() {
        field.kind = FieldKind::Text;
    }
    if field.kind != FieldKind::Relation {
        field.relation = None;
    }
    field
}

/// Turns a relation to an entity that doesn't exist into text.
fn link_relations(entities: &mut [Entity]) {
    let known: Vec<_> = entities.iter().map(|entity| entity.name.clone()).collect();
    for field in entities.iter_mut().flat_map(|entity| &mut entity.fields) {
        if field.kind == FieldKind::Relation
            && !field.relation.as_ref().is_some_and(|name| known.contains(name))
        {
            field.kind = FieldKind::Text;
            field.relation = None;
        }
    }
}

/// Makes a required relation optional when it closes a circle: no first record could ever be created.
fn break_required_cycles(entities: &mut [Entity]) {
    for entity in 0..entities.len() {
        for field in 0..entities[entity].fields.len() {
            let Field { required: true, relation: Some(target), .. } = &entities[entity].fields[field] else {
                continue;
            };
            if requires(entities, target, &entities[entity].name, entities.len()) {
                entities[entity].fields[field].required = false;
            }
        }
    }
}

/// Whether a record of `from` can't exist without one of `to`, through at most `depth` relations.
pub(super) fn requires(entities: &[Entity], from: &str, to: &str, depth: usize) -> bool {
    from == to
        || depth > 0
            && entities
                .iter()
                .filter(|entity| entity.name == from)
                .flat_map(|entity| &entity.fields)
                .filter(|field| field.required)
                .filter_map(|field| field.relation.as_deref())
                .any(|target| requires(entities, target, to, depth - 1))
}

fn label(text: &str) -> String {
    cut(text, LABEL_LIMIT)
}

fn text(text: &str) -> String {
    cut(text, TEXT_LIMIT)
}

fn cut(text: &str, limit: usize) -> String {
    escape::line(&escape::line(text).chars().take(limit).collect::<String>())
}

fn or(text: &str, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
}
