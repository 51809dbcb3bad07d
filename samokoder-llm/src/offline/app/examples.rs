//! Example records for the tests and the documentation of the generated app.

mod words;

use samokoder_core::project::{Entity, Field, FieldKind, Specification};
use serde_json::json;

use super::normalise::requires;

/// Two records of an entity and the records that must exist before them.
#[derive(Debug)]
pub(super) struct Examples {
    pub(super) setup: Vec<Step>,
    pub(super) records: [Vec<(String, Value)>; 2],
}

/// A record to create, known by a variable afterwards.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) variable: String,
    pub(super) path: String,
    pub(super) values: Vec<(String, Value)>,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Json(serde_json::Value),
    /// The id of the record in a variable.
    Id(String),
    /// A text of that many characters.
    Long(usize),
}

pub(super) fn for_entity(spec: &Specification, entity: &Entity) -> Examples {
    let mut setup = Vec::new();
    for field in &entity.fields {
        if let Some(target) = linked(spec, entity, field) {
            create(spec, target, &mut setup);
        }
    }
    let record = |nth| {
        let value = |field: &Field| (field.name.clone(), value(spec, entity, field, nth));
        entity.fields.iter().map(value).collect()
    };
    Examples { setup, records: [record(0), record(1)] }
}

/// The entity that a relation of the examples points to. An optional relation stays empty when what it points to
/// needs a record of this very entity first: the examples would no longer be the only ones in the list.
fn linked<'a>(spec: &'a Specification, entity: &Entity, field: &Field) -> Option<&'a Entity> {
    let target = spec.entities.iter().find(|other| field.relation.as_deref() == Some(&other.name))?;
    (!requires(&spec.entities, &target.name, &entity.name, spec.entities.len())).then_some(target)
}

/// Adds the steps that create a record with what is required, and before it those that it refers to.
fn create(spec: &Specification, entity: &Entity, steps: &mut Vec<Step>) {
    if steps.iter().any(|step| step.variable == entity.name) {
        return;
    }
    let required = || entity.fields.iter().filter(|field| field.required);
    for target in required().filter_map(|field| linked(spec, entity, field)) {
        create(spec, target, steps);
    }
    let values = required().map(|field| (field.name.clone(), value(spec, entity, field, 0))).collect();
    steps.push(Step { variable: entity.name.clone(), path: entity.path.clone(), values });
}

fn value(spec: &Specification, entity: &Entity, field: &Field, nth: usize) -> Value {
    Value::Json(match field.kind {
        FieldKind::Relation => {
            return linked(spec, entity, field)
                .map_or(Value::Json(serde_json::Value::Null), |target| Value::Id(target.name.clone()));
        }
        FieldKind::LongText => json!(words::long_text(&spec.language, nth)),
        FieldKind::Number => json!([1.5, 2.25][nth]),
        FieldKind::Integer if words::is_year(&field.name) => json!([1965, 2004][nth]),
        FieldKind::Integer => json!([3, 12][nth]),
        FieldKind::Money => json!([9.99, 120.5][nth]),
        FieldKind::Date => json!(["2024-02-29", "2025-06-15"][nth]),
        FieldKind::DateTime => json!(["2024-02-29T09:30", "2025-06-15T18:00"][nth]),
        FieldKind::Time => json!(["09:30", "18:00"][nth]),
        FieldKind::Boolean => json!(nth == 0),
        FieldKind::Email => json!(["anna@example.com", "boris@example.com"][nth]),
        FieldKind::Url => json!(["https://example.com/first", "https://example.com/second"][nth]),
        FieldKind::Enumeration => json!(field.values[nth.min(field.values.len() - 1)]),
        _ => json!(words::text(&spec.language, entity, field, nth)),
    })
}

/// Values that the field must refuse.
pub(super) fn wrong(field: &Field) -> Vec<Value> {
    let values = match field.kind {
        FieldKind::LongText => vec![json!(7), json!(["a"])],
        FieldKind::Number => vec![json!("1.5"), json!(true)],
        FieldKind::Integer => vec![json!(1.5), json!("3"), json!(9_007_199_254_740_992_u64)],
        FieldKind::Money => vec![json!(1.999), json!("9.99")],
        FieldKind::Date => vec![json!("2023-02-29"), json!("29.02.2024"), json!(20_240_229)],
        FieldKind::DateTime => {
            vec![json!("2024-02-29"), json!("2024-02-29T24:00"), json!("2023-02-29T09:30")]
        }
        FieldKind::Time => vec![json!("9:30"), json!("24:00"), json!("2024-02-29T09:30"), json!(930)],
        FieldKind::Boolean => vec![json!("true"), json!(1)],
        FieldKind::Email => vec![json!("anna"), json!("anna@example"), json!(7)],
        FieldKind::Url => vec![json!("example.com"), json!("javascript:alert(1)"), json!(7)],
        FieldKind::Enumeration => vec![json!(another_value(&field.values)), json!(7)],
        FieldKind::Relation => vec![json!(999), json!("1"), json!(1.5)],
        FieldKind::Text => {
            return vec![Value::Json(json!(7)), Value::Json(json!("two\nlines")), Value::Long(1001)];
        }
        _ => vec![json!(7)],
    };
    values.into_iter().map(Value::Json).collect()
}

/// A value that is none of `values`.
fn another_value(values: &[String]) -> String {
    let taken = |value: &String| values.contains(value);
    let mut value = "something else".to_owned();
    while taken(&value) {
        value.push('!');
    }
    value
}

/// The values of `record` that `entity` requires.
pub(super) fn minimal(entity: &Entity, record: &[(String, Value)]) -> Vec<(String, Value)> {
    let required = entity.fields.iter().zip(record).filter(|(field, _)| field.required);
    required.map(|(_, value)| value.clone()).collect()
}

/// A record as JSON. What it refers to has the first id there is.
pub(super) fn json(record: &[(String, Value)]) -> String {
    let pair = |(name, value): &(String, Value)| match value {
        Value::Json(value) => format!("\"{name}\": {value}"),
        Value::Id(_) | Value::Long(_) => format!("\"{name}\": 1"),
    };
    format!("{{{}}}", record.iter().map(pair).collect::<Vec<_>>().join(", "))
}

/// The name of the first field in which the two records differ, else of the first.
pub(super) fn changed(records: &[Vec<(String, Value)>; 2]) -> String {
    let [first, second] = records;
    let differing = first.iter().zip(second).find(|(a, b)| a.1 != b.1).map(|(a, _)| a);
    differing.or(first.first()).map(|(name, _)| name.clone()).unwrap_or_default()
}

/// Whether the first example of every field of that kind sorts before the second.
pub(super) fn are_ordered(kind: FieldKind) -> bool {
    !matches!(kind, FieldKind::Boolean | FieldKind::Enumeration | FieldKind::Relation)
}

impl Examples {
    /// Whether searching for `value`, which the second record has, finds that record and no other.
    pub(super) fn finds_second_only(&self, kind: FieldKind, value: &Value) -> bool {
        let searchable = matches!(
            kind,
            FieldKind::Text
                | FieldKind::LongText
                | FieldKind::Email
                | FieldKind::Url
                | FieldKind::Enumeration
        );
        let Value::Json(serde_json::Value::String(needle)) = value else { return false };
        let needle = needle.to_lowercase();
        let others = self.setup.iter().flat_map(|step| &step.values).chain(&self.records[0]);
        searchable
            // Other letters may not come back from upper case as they were.
            && needle.chars().all(|c| c.is_ascii() || ('а'..='я').contains(&c) || c == 'ё')
            && others.filter_map(|(_, value)| value.as_text()).all(|text| !text.to_lowercase().contains(&needle))
    }
}

impl Value {
    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Json(value) => value.as_str(),
            Self::Id(_) | Self::Long(_) => None,
        }
    }
}
