//! What the templates see of a specification.

use samokoder_core::project::{Entity, Field, FieldKind, Specification};
use serde::Serialize;

use super::examples::{self, Step, Value};
use super::{Runtime, names};

/// The whole app.
#[derive(Debug, Serialize)]
pub(super) struct AppView {
    name: String,
    slug: String,
    language: String,
    summary: String,
    requirements: Vec<String>,
    not_understood: Vec<String>,
    /// The letter on the app's icon.
    initial: String,
    runtime: &'static str,
    entities: Vec<EntityView>,
}

/// A kind of record.
#[derive(Debug, Serialize)]
pub(super) struct EntityView {
    name: String,
    path: String,
    label: String,
    label_plural: String,
    ident: String,
    module: String,
    class: String,
    display: Vec<String>,
    fields: Vec<FieldView>,
    constructors: Vec<&'static str>,
    required: Vec<String>,
    optional: bool,
    setup: Vec<StepView>,
    examples: Vec<Vec<NamedLiteral>>,
    minimal: String,
    json: String,
    changed: String,
    independent: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct FieldView {
    name: String,
    label: String,
    r#type: &'static str,
    constructor: &'static str,
    required: bool,
    values: Vec<String>,
    /// The name, the label and the path of the entity that a relation points to.
    relation: Option<String>,
    relation_label: Option<String>,
    relation_path: Option<String>,
    wrong: Vec<String>,
    /// What holds for the two examples, so that a test may rely on it: "linked" to a record rather than empty,
    /// "searched": the second value finds its record only, "distinct" values, "ordered": the first sorts first.
    facts: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct StepView {
    variable: String,
    path: String,
    body: String,
}

#[derive(Debug, Serialize)]
struct NamedLiteral {
    name: String,
    literal: String,
}

impl AppView {
    pub(super) fn new(spec: &Specification, runtime: Runtime) -> Self {
        Self {
            name: spec.name.clone(),
            slug: spec.slug.clone(),
            language: spec.language.clone(),
            summary: if spec.summary.is_empty() { spec.name.clone() } else { spec.summary.clone() },
            requirements: spec.requirements.clone(),
            not_understood: spec.not_understood.clone(),
            initial: initial(&spec.name),
            runtime: runtime.as_str(),
            entities: spec.entities.iter().map(|entity| EntityView::new(spec, entity, runtime)).collect(),
        }
    }
}

impl EntityView {
    pub(super) fn new(spec: &Specification, entity: &Entity, runtime: Runtime) -> Self {
        let examples = examples::for_entity(spec, entity);
        let fields: Vec<_> = entity
            .fields
            .iter()
            .enumerate()
            .map(|(index, field)| FieldView::new(spec, field, index, &examples, runtime))
            .collect();
        let mut constructors: Vec<_> = fields.iter().map(|field| field.constructor).collect();
        constructors.sort_unstable();
        constructors.dedup();
        let required: Vec<_> =
            entity.fields.iter().filter(|field| field.required).map(|field| field.name.clone()).collect();
        let step = |step: &Step| StepView {
            variable: variable(&step.variable, runtime),
            path: step.path.clone(),
            body: object(&step.values, runtime),
        };
        let minimal = examples::minimal(entity, &examples.records[0]);
        Self {
            name: entity.name.clone(),
            path: entity.path.clone(),
            label: entity.label.clone(),
            label_plural: entity.label_plural.clone(),
            ident: variable(&entity.path, runtime),
            module: module(entity, runtime),
            class: names::pascal(&entity.path),
            display: display(entity),
            optional: required.len() < fields.len(),
            constructors,
            required,
            setup: examples.setup.iter().map(step).collect(),
            examples: examples.records.iter().map(|record| named(record, runtime)).collect(),
            minimal: object(&minimal, runtime),
            json: examples::json(&examples.records[0]),
            changed: examples::changed(&examples.records),
            independent: examples.setup.is_empty(),
            fields,
        }
    }
}

impl FieldView {
    fn new(
        spec: &Specification,
        field: &Field,
        index: usize,
        examples: &examples::Examples,
        runtime: Runtime,
    ) -> Self {
        let target =
            spec.entities.iter().find(|entity| field.relation.as_deref() == Some(entity.name.as_str()));
        let [first, second] = &examples.records;
        let (first, second) = (&first[index].1, &second[index].1);
        let facts = [
            ("linked", matches!(first, Value::Id(_))),
            ("searched", examples.finds_second_only(field.kind, second)),
            ("distinct", field.kind == FieldKind::Enumeration && first != second),
            ("ordered", examples::are_ordered(field.kind)),
        ];
        Self {
            name: field.name.clone(),
            label: field.label.clone(),
            r#type: type_name(field.kind),
            constructor: constructor(field.kind, runtime),
            required: field.required,
            values: field.values.clone(),
            relation: target.map(|entity| entity.name.clone()),
            relation_label: target.map(|entity| entity.label.clone()),
            relation_path: target.map(|entity| entity.path.clone()),
            wrong: examples::wrong(field).iter().map(|value| literal(value, runtime)).collect(),
            facts: facts.into_iter().filter(|(_, holds)| *holds).map(|(fact, _)| fact).collect(),
        }
    }
}

fn initial(name: &str) -> String {
    let letter = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('A');
    letter.to_uppercase().collect()
}

/// The file stem of an entity's module.
pub(super) fn module(entity: &Entity, runtime: Runtime) -> String {
    match runtime {
        Runtime::Node => entity.path.clone(),
        Runtime::Python => names::snake(&entity.path),
    }
}

fn variable(name: &str, runtime: Runtime) -> String {
    match runtime {
        Runtime::Node => names::camel(name),
        Runtime::Python => names::snake(name),
    }
}

/// The fields by which people recognise a record: a name or title, else the first text, else what it refers to.
fn display(entity: &Entity) -> Vec<String> {
    let named = |names: &[&str]| entity.fields.iter().find(|field| names.contains(&field.name.as_str()));
    let first_name = named(&["first_name", "imya"]);
    if let (Some(first), Some(last)) = (first_name, named(&["last_name", "surname", "familiya"])) {
        return vec![first.name.clone(), last.name.clone()];
    }
    let of_kind = |kind| entity.fields.iter().find(|field| field.kind == kind);
    let telling = named(&["name", "title", "full_name", "nazvanie", "fio", "naimenovanie", "zagolovok"])
        .filter(|field| field.kind == FieldKind::Text)
        .or_else(|| of_kind(FieldKind::Text))
        .or_else(|| of_kind(FieldKind::Email));
    if let Some(field) = telling {
        return vec![field.name.clone()];
    }
    let related: Vec<_> = entity
        .fields
        .iter()
        .filter(|field| field.relation.is_some())
        .map(|field| field.name.clone())
        .collect();
    if !related.is_empty() {
        return related;
    }
    entity
        .fields
        .iter()
        .find(|field| field.kind != FieldKind::Boolean)
        .map(|f| f.name.clone())
        .into_iter()
        .collect()
}

fn type_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::LongText => "long_text",
        FieldKind::Number => "number",
        FieldKind::Integer => "integer",
        FieldKind::Money => "money",
        FieldKind::Date => "date",
        FieldKind::DateTime => "date_time",
        FieldKind::Time => "time",
        FieldKind::Boolean => "boolean",
        FieldKind::Email => "email",
        FieldKind::Url => "url",
        FieldKind::Enumeration => "enumeration",
        FieldKind::Relation => "relation",
        _ => "text",
    }
}

fn constructor(kind: FieldKind, runtime: Runtime) -> &'static str {
    match (kind, runtime) {
        (FieldKind::LongText, Runtime::Node) => "longText",
        (FieldKind::DateTime, Runtime::Node) => "dateTime",
        _ => type_name(kind),
    }
}

fn named(values: &[(String, Value)], runtime: Runtime) -> Vec<NamedLiteral> {
    let named = |(name, value): &(String, Value)| NamedLiteral {
        name: name.clone(),
        literal: literal(value, runtime),
    };
    values.iter().map(named).collect()
}

fn object(values: &[(String, Value)], runtime: Runtime) -> String {
    let pair = |(name, value): &(String, Value)| match runtime {
        Runtime::Node => format!("{name}: {}", literal(value, runtime)),
        Runtime::Python => format!("\"{name}\": {}", literal(value, runtime)),
    };
    let pairs: Vec<_> = values.iter().map(pair).collect();
    match runtime {
        _ if pairs.is_empty() => "{}".to_owned(),
        Runtime::Node => format!("{{ {} }}", pairs.join(", ")),
        Runtime::Python => format!("{{{}}}", pairs.join(", ")),
    }
}

fn literal(value: &Value, runtime: Runtime) -> String {
    let python = runtime == Runtime::Python;
    match value {
        Value::Long(length) if python => format!("\"x\" * {length}"),
        Value::Long(length) => format!("\"x\".repeat({length})"),
        Value::Id(name) if python => format!("{}[\"id\"]", variable(name, runtime)),
        Value::Id(name) => format!("{}.id", variable(name, runtime)),
        Value::Json(serde_json::Value::Null) if python => "None".to_owned(),
        Value::Json(serde_json::Value::Bool(true)) if python => "True".to_owned(),
        Value::Json(serde_json::Value::Bool(false)) if python => "False".to_owned(),
        Value::Json(value) => value.to_string(),
    }
}
