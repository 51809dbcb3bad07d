//! A client that knows nothing of an app but what `GET /api` says.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::http::{self, Response};

/// A client of one app.
pub(crate) struct Client {
    address: String,
    entities: Vec<Value>,
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        let api = http::send(address, "GET", "/api", None);
        assert_eq!(api.status, 200);
        Self { address: address.into(), entities: api.body["entities"].as_array().unwrap().clone() }
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        http::send(&self.address, method, path, body)
    }

    /// A field that has this among its values, or this label.
    pub(crate) fn field(&self, label_or_value: &str) -> &Value {
        let mut fields = self.entities.iter().flat_map(fields);
        let has = |field: &&Value| {
            let values = field["values"].as_array();
            field["label"] == label_or_value
                || values.is_some_and(|values| values.iter().any(|value| value == label_or_value))
        };
        fields.find(has).unwrap_or_else(|| panic!("no field {label_or_value:?} in {:#?}", self.entities))
    }

    /// Every record of every entity.
    pub(crate) fn everything(&self) -> BTreeMap<String, Value> {
        let list = |entity| (path(entity).to_owned(), self.send("GET", path(entity), None).body);
        self.entities.iter().map(list).collect()
    }

    /// Tries every route and rule of every entity.
    pub(crate) fn exercise(&self) {
        assert!(!self.entities.is_empty());
        assert_eq!(self.send("GET", "/healthz", None).status, 200);
        refused(&self.send("GET", "/api/no-such-thing", None), 404);
        let page = self.send("GET", "/", None);
        assert!(
            page.status == 200 && page.body.as_str().is_some_and(|html| html.contains("<html")),
            "{page:?}"
        );
        for entity in &self.entities {
            let ids: Vec<u64> = (1..=3).map(|turn| self.create(entity, turn)).collect();
            self.lists(entity, &ids);
            self.refuses(entity);
            self.changes_and_deletes(entity);
        }
    }

    fn create(&self, entity: &Value, turn: u32) -> u64 {
        let record = self.valid(entity, turn);
        let made = self.send("POST", path(entity), Some(&record));
        assert_eq!(made.status, 201, "{record}: {:?}", made.body);
        let id = made.body["id"].as_u64().unwrap();
        let kept = self.send("GET", &format!("{}/{id}", path(entity)), None);
        assert_eq!((kept.status, &kept.body), (200, &made.body));
        for (name, value) in record.as_object().unwrap() {
            assert_eq!(kept.body[name], *value, "{name} of {record}");
        }
        id
    }

    /// A record with a right value in every field.
    fn valid(&self, entity: &Value, turn: u32) -> Value {
        let value = |field: &Value| {
            let value = match field["type"].as_str().unwrap() {
                "text" | "long_text" => format!("Жук no. {turn}").into(),
                "integer" => turn.into(),
                "number" | "money" => json!(f64::from(turn) + 0.25),
                "date" => format!("2031-02-0{turn}").into(),
                "date_time" => format!("2031-02-0{turn}T10:30").into(),
                "boolean" => turn.is_multiple_of(2).into(),
                "email" => format!("beetle{turn}@example.org").into(),
                "url" => format!("https://example.org/{turn}").into(),
                "enumeration" => {
                    let values = field["values"].as_array().unwrap();
                    values[usize::try_from(turn).unwrap() % values.len()].clone()
                }
                "relation" => self.some_record(entity, field),
                other => panic!("a type that no client can know: {other}"),
            };
            (field["name"].as_str().unwrap().to_owned(), value)
        };
        Value::Object(fields(entity).map(value).collect::<Map<_, _>>())
    }

    /// The id of a record that a relation may point to, made when there is none. Nothing for one's own kind.
    fn some_record(&self, entity: &Value, field: &Value) -> Value {
        if field["relation"] == entity["path"] {
            return Value::Null;
        }
        let target = self.entities.iter().find(|other| other["path"] == field["relation"]).unwrap();
        let there = self.send("GET", path(target), None).body;
        there.get(0).map_or_else(|| self.create(target, 1).into(), |record| record["id"].clone())
    }

    fn lists(&self, entity: &Value, ids: &[u64]) {
        let list = |query: &str| -> Vec<u64> {
            let answer = self.send("GET", &format!("{}?{query}", path(entity)), None);
            assert_eq!(answer.status, 200, "{query}: {answer:?}");
            answer.body.as_array().unwrap().iter().map(|record| record["id"].as_u64().unwrap()).collect()
        };
        let all = list("sort=id");
        assert!(ids.iter().all(|id| all.contains(id)) && all.is_sorted());
        let backwards: Vec<u64> = all.iter().rev().copied().collect();
        assert_eq!(list("sort=-id"), backwards);
        assert_eq!(list("sort=id&limit=2&offset=1"), all[1..3]);
        assert_eq!(list(&format!("sort=id&offset={}", all.len())), Vec::<u64>::new());
        if fields(entity).any(|field| field["type"] == "text") {
            let last = ids.last().unwrap();
            assert_eq!(list("q=no.%203"), [*last], "found by a part of its text, in whatever case");
            assert_eq!(list("q=%D0%B6%D1%83%D0%BA"), all, "in Russian too");
        }
        assert!(list("q=nothing-has-this-in-it").is_empty());
        for wrong in ["limit=x", "limit=-1", "offset=1.5", "sort=nothing"] {
            refused(&self.send("GET", &format!("{}?{wrong}", path(entity)), None), 400);
        }
    }

    /// Each rule of each field is broken alone: the answer names that field and no other.
    fn refuses(&self, entity: &Value) {
        let right = self.valid(entity, 1);
        for field in fields(entity) {
            let name = field["name"].as_str().unwrap();
            let wrong_type = if field["type"] == "boolean" { json!("yes") } else { json!(true) };
            let mut wrong = vec![wrong_type];
            match field["type"].as_str().unwrap() {
                "enumeration" => wrong.push("not one of them".into()),
                "relation" => wrong.push(json!(987_654)),
                "date" | "date_time" => wrong.push("2031-02-30".into()),
                "email" | "url" => wrong.push("example".into()),
                "integer" => wrong.push(json!(1.5)),
                _ => {}
            }
            if field["required"] == true {
                wrong.push(Value::Null);
            }
            for value in wrong {
                let mut record = right.clone();
                record[name] = value;
                let answer = self.send("POST", path(entity), Some(&record));
                refused(&answer, 400);
                let named: Vec<_> = answer.body["error"]["fields"].as_object().unwrap().keys().collect();
                assert_eq!(named, [name], "{record}");
            }
        }
        refused(&self.send("POST", path(entity), Some(&json!([1]))), 400);
        refused(&self.send("DELETE", path(entity), None), 405);
        refused(&self.send("GET", &format!("{}/987654", path(entity)), None), 404);
    }

    fn changes_and_deletes(&self, entity: &Value) {
        let one = format!("{}/{}", path(entity), self.create(entity, 1));
        let other = self.valid(entity, 2);
        for (name, value) in other.as_object().unwrap() {
            let changed = self.send("PATCH", &one, Some(&json!({ name.as_str(): value })));
            assert_eq!((changed.status, &changed.body[name]), (200, value), "{changed:?}");
        }
        let third = self.valid(entity, 3);
        let replaced = self.send("PUT", &one, Some(&third));
        assert!(third.as_object().unwrap().iter().all(|(name, value)| replaced.body[name] == *value));
        refused(&self.send("POST", &one, Some(&third)), 405);
        assert_eq!(self.send("DELETE", &one, None).status, 204);
        refused(&self.send("GET", &one, None), 404);
        refused(&self.send("DELETE", &one, None), 404);
    }
}

fn path(entity: &Value) -> &str {
    entity["path"].as_str().unwrap()
}

fn fields(entity: &Value) -> impl Iterator<Item = &Value> {
    entity["fields"].as_array().unwrap().iter()
}

fn refused(answer: &Response, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.body["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
}
