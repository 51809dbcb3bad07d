//! Where two requests differ.

use std::fmt;

use serde_json::Value;

/// The first place where two values differ.
#[derive(Debug)]
pub(super) struct Difference {
    /// A JSON pointer.
    place: String,
    recorded: String,
    asked: String,
    /// How many values before it are the same: more for values that are alike.
    pub(super) depth: usize,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, recorded, asked, .. } = self;
        let place = if place.is_empty() { "the whole" } else { place };
        write!(f, "{place} differs: recorded {recorded}, asked {asked}")
    }
}

/// Where `asked` first differs from `recorded`.
pub(super) fn difference(recorded: &Value, asked: &Value) -> Difference {
    let mut same = 0;
    let (place, recorded, asked) = first(recorded, asked, String::new(), &mut same).unwrap_or((
        String::new(),
        "nothing".into(),
        "nothing".into(),
    ));
    Difference { place, recorded, asked, depth: same }
}

type Found = (String, String, String);

fn first(recorded: &Value, asked: &Value, place: String, same: &mut usize) -> Option<Found> {
    match (recorded, asked) {
        (Value::Object(one), Value::Object(other)) => {
            let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
            keys.into_iter()
                .find_map(|key| part(one.get(key), other.get(key), format!("{place}/{key}"), same))
        }
        (Value::Array(one), Value::Array(other)) => (0..one.len().max(other.len()))
            .find_map(|index| part(one.get(index), other.get(index), format!("{place}/{index}"), same)),
        (one, other) if one == other => {
            *same += 1;
            None
        }
        (one, other) => {
            let (recorded, asked) = excerpts(one, other);
            Some((place, recorded, asked))
        }
    }
}

fn part(recorded: Option<&Value>, asked: Option<&Value>, place: String, same: &mut usize) -> Option<Found> {
    match (recorded, asked) {
        (Some(recorded), Some(asked)) => first(recorded, asked, place, same),
        (recorded, asked) => {
            let shown =
                |value: Option<&Value>| value.map_or("nothing".into(), |value| cut(&value.to_string(), 0));
            Some((place, shown(recorded), shown(asked)))
        }
    }
}

/// Both values, from a little before the place where they begin to differ.
fn excerpts(one: &Value, other: &Value) -> (String, String) {
    let (one, other) = (one.to_string(), other.to_string());
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let from = if same > 30 { same - 20 } else { 0 };
    (cut(&one, from), cut(&other, from))
}

fn cut(text: &str, from: usize) -> String {
    let shown: String = text.chars().skip(from).take(80).collect();
    let (before, after) =
        (if from > 0 { "…" } else { "" }, if shown.len() + from < text.len() { "…" } else { "" });
    format!("{before}{shown}{after}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named_with_both_values() {
        let recorded = json!({"model": "a:b", "messages": [{"text": "one"}, {"text": "two"}]});
        let asked = json!({"model": "a:b", "messages": [{"text": "one"}, {"text": "three"}]});
        assert_eq!(
            difference(&recorded, &asked).to_string(),
            r#"/messages/1/text differs: recorded "two", asked "three""#
        );
    }

    #[test]
    fn what_is_only_in_one_of_them_is_named() {
        let asked = json!({"a": 1, "temperature": 0.5});
        assert_eq!(
            difference(&json!({"a": 1}), &asked).to_string(),
            "/temperature differs: recorded nothing, asked 0.5"
        );
    }
}
