//! Values in JSON as they are written.

use super::{quoted, string};

/// The value at a place of JSON that a parser has taken, with its fields in the order and its numbers in the digits in
/// which they are written. The place is a JSON pointer (RFC 6901) without escapes. `None` if there is nothing.
pub(crate) fn raw<'a>(json: &'a [u8], place: &str) -> Option<&'a str> {
    let mut value = json.trim_ascii_start();
    for step in place.split('/').skip(1) {
        value = match value.split_first()? {
            (b'{', fields) => field(fields, step)?,
            (b'[', elements) => element(elements, step.parse().ok()?)?,
            _ => return None,
        };
    }
    std::str::from_utf8(value.get(..length(value)?)?).ok()
}

/// The elements of the list at a place, as [`raw`].
pub(crate) fn elements<'a>(json: &'a [u8], place: &str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let list = raw(json, place).and_then(|list| list.strip_prefix('[')).unwrap_or_default();
    let mut rest = Some(list.as_bytes());
    std::iter::from_fn(move || {
        let element = rest?.trim_ascii_start();
        rest = next(element);
        element.get(..length(element)?)
    })
}

/// The value of the field with this name, and what follows it.
fn field<'a>(mut fields: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    loop {
        let (name, after) = string(fields.trim_ascii_start())?;
        let value = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        if *name == *wanted {
            return Some(value);
        }
        fields = next(value)?;
    }
}

/// The element at this position, and what follows it.
fn element(elements: &[u8], wanted: usize) -> Option<&[u8]> {
    let first = elements.trim_ascii_start();
    (0..wanted).try_fold(first, |element, _| next(element).map(<[u8]>::trim_ascii_start))
}

/// What follows a value and its comma.
fn next(value: &[u8]) -> Option<&[u8]> {
    value[length(value)?..].trim_ascii_start().strip_prefix(b",")
}

/// How long the value is that JSON begins with.
fn length(json: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0usize);
    loop {
        match json.get(at)? {
            b'"' => at = json.len() - quoted(&json[at..])?.after.len(),
            b'{' | b'[' => {
                at += 1;
                depth += 1;
                continue;
            }
            b'}' | b']' => {
                at += 1;
                depth = depth.checked_sub(1)?;
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth > 0 => {
                at += 1;
                continue;
            }
            _ => {
                let is_outside =
                    |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                let length = json[at..].iter().position(is_outside).unwrap_or(json.len() - at);
                at += Some(length).filter(|length| *length > 0)?;
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn order_digits_and_spaces_are_those_that_were_written() {
        let json = br#" {"a": [1, {"x": "}\"", "b" : {"z":1.50, "y":[] } }], "c":-0e1 }"#;
        for (place, value) in [
            ("/a/1/b", Some(r#"{"z":1.50, "y":[] }"#)),
            ("/a/0", Some("1")),
            ("/a/1/b/z", Some("1.50")),
            ("/a/1/x", Some(r#""}\"""#)),
            ("/c", Some("-0e1")),
            ("/a/2", None),
            ("/d", None),
            ("/c/d", None),
        ] {
            assert_eq!(raw(json, place), value, "{place}");
        }
        assert_eq!(raw(b"[]", "/0"), None);
        assert_eq!(raw(b"{\"a\"", "/a"), None);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            r#"[a"\\\\{},:é\n]{0,4}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-c]", inner, 0..4)
                    .prop_map(|fields| fields.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_is_where_a_parser_finds_it(
            value in json(),
            steps in proptest::collection::vec("[a-c0-3]", 0..4),
            is_pretty in any::<bool>(),
        ) {
            let text = if is_pretty { format!("{value:#}") } else { value.to_string() };
            let place: String = steps.iter().flat_map(|step| ["/", step]).collect();
            let found = raw(text.as_bytes(), &place).map(|raw| serde_json::from_str::<Value>(raw).unwrap());
            prop_assert_eq!(found.as_ref(), value.pointer(&place));
            let found: Vec<_> = elements(text.as_bytes(), &place)
                .map(|element| serde_json::from_slice::<Value>(element).unwrap())
                .collect();
            let list = value.pointer(&place).and_then(Value::as_array);
            prop_assert_eq!(found, list.cloned().unwrap_or_default());
        }

        #[test]
        fn what_is_no_json_is_read_without_a_panic(bytes in "[\\[\\]{}\"a0,: \\\\]{0,12}", place in "(/[a0]){0,3}") {
            let _ = raw(bytes.as_bytes(), &place);
        }
    }
}
