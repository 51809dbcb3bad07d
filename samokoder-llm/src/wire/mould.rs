//! The frame that a stream is made of, again and again: like the one before it but for its text.

use super::{quoted, string, text::Quoted, text::Text};

/// A frame that a parser has read, cut open where its text stands.
///
/// A frame with the same bytes around another string says the same but for that string, so it needs no parser. A few
/// strings and counts more may differ, of which nothing is made: ids, numbers of events, padding.
#[derive(Debug)]
pub(crate) struct Mould {
    /// Each gap, with what is before it.
    gaps: Vec<(Box<[u8]>, Gap)>,
    end: Box<[u8]>,
}

#[derive(Debug)]
enum Gap {
    Text,
    /// A string, which most often is this one again.
    Free(Box<[u8]>),
    Count,
}

impl Mould {
    /// The form of a frame that is known to be JSON. `free` are the places of values that may differ; values that are
    /// neither plain strings nor counts may not. There is no form unless `text` is borrowed from the frame.
    pub(crate) fn of(frame: &[u8], text: &str, free: impl IntoIterator<Item = usize>) -> Option<Self> {
        let start = text.as_ptr().addr().checked_sub(frame.as_ptr().addr())?.checked_sub(1)?;
        let behind =
            frame.get(start..)?.strip_prefix(b"\"")?.strip_prefix(text.as_bytes())?.strip_prefix(b"\"")?;
        let mut places: Vec<_> = free.into_iter().chain([start]).collect();
        places.sort_unstable();
        let (mut gaps, mut rest) = (vec![], frame);
        for place in places {
            let (before, value) = rest.split_at_checked(place.checked_sub(frame.len() - rest.len())?)?;
            let (gap, after) = if place == start { (Gap::Text, behind) } else { free_gap(value)? };
            gaps.push((before.into(), gap));
            rest = after;
        }
        Some(Self { gaps, end: rest.into() })
    }

    /// The text of a frame that has this form.
    pub(crate) fn text<'a>(&self, frame: &'a [u8]) -> Option<Text<'a>> {
        let (mut found, mut rest) = (None, frame);
        for (before, gap) in &self.gaps {
            let value = rest.strip_prefix(&**before)?;
            rest = match gap {
                Gap::Text => {
                    let (text, after) = string(value)?;
                    found = Some(text);
                    after
                }
                Gap::Free(last) => match value.strip_prefix(&**last) {
                    Some(after) => after,
                    None => plain(value)?,
                },
                Gap::Count => count(value)?,
            };
        }
        found.filter(|_| *rest == *self.end)
    }
}

/// A value that may differ, and what follows it.
fn free_gap(value: &[u8]) -> Option<(Gap, &[u8])> {
    if let Some(after) = plain(value) {
        let string = &value[..value.len() - after.len()];
        return Some((Gap::Free(string.into()), after));
    }
    Some((Gap::Count, count(value)?))
}

/// What follows the string of plain characters that JSON begins with.
fn plain(json: &[u8]) -> Option<&[u8]> {
    let Quoted { content, has_escapes, after } = quoted(json)?;
    (!has_escapes && content.is_ascii()).then_some(after)
}

/// What follows the count, of a few digits, that JSON begins with.
fn count(json: &[u8]) -> Option<&[u8]> {
    let digits = json.iter().take(12).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = json.split_at(digits);
    matches!(digits, [b'0'] | [b'1'..=b'9', ..]).then_some(after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn frame(id: &str, number: u64, text: &str, padding: &str) -> String {
        let [id, text, padding] = [id, text, padding].map(Value::from);
        format!(
            r#"{{"id":{id},"n":{number},"delta":{{"text":{text},"x":[]}},"more":null,"padding":{padding}}}"#
        )
    }

    /// The form of a frame in which all that may differ does.
    fn mould(frame: &str, text: &str) -> Option<Mould> {
        let start = frame.find(&format!(r#""{text}""#))? + 1;
        let free = [r#""padding":"#, r#"{"id":"#, r#""n":"#];
        let free = free.map(|name| frame.find(name).unwrap() + name.len());
        Mould::of(frame.as_bytes(), &frame[start..start + text.len()], free)
    }

    fn text(mould: &Mould, frame: &str) -> Option<String> {
        mould.text(frame.as_bytes()).map(Text::into_owned)
    }

    proptest! {
        #[test]
        fn a_frame_of_the_same_form_has_the_text_that_a_parser_finds(
            (id, given) in ("[ -!#-\\[\\]-~]{0,40}", any::<String>()),
            number in 0u64..1_000_000_000_000,
            padding in "[a-zA-Z0-9]{0,20}",
        ) {
            let first = frame("id-1", 7, "first", "x");
            let next = frame(&id, number, &given, &padding);
            prop_assert_eq!(text(&mould(&first, "first").unwrap(), &next), Some(given));
        }

        #[test]
        fn a_frame_that_is_changed_anywhere_is_left_to_a_parser_or_says_what_one_finds(
            (at, byte) in (0usize..90, any::<char>()),
        ) {
            let first = frame("id-1", 7, "first", "x");
            let mut next = frame("id-1", 20, "next", "y");
            let at = (0..=at.min(next.len())).rfind(|at| next.is_char_boundary(*at)).unwrap();
            next.insert(at, byte);
            if let Some(found) = text(&mould(&first, "first").unwrap(), &next) {
                let next: Value = serde_json::from_str(&next).unwrap();
                let mut same: Value = serde_json::from_str(&first).unwrap();
                same["delta"]["text"] = json!(found);
                for free in ["id", "n", "padding"] {
                    same[free] = next[free].clone();
                }
                prop_assert_eq!(next, same);
            }
        }
    }

    #[test]
    fn only_a_text_within_the_frame_has_a_form() {
        let whole = frame("1", 1, "first", "");
        assert!(mould(&whole, "first").is_some());
        assert!(Mould::of(whole.as_bytes(), &String::from("first"), []).is_none());
        assert!(Mould::of(whole.as_bytes(), "", []).is_none());
    }

    #[test]
    fn what_is_neither_a_plain_string_nor_a_count_may_not_differ() {
        let whole = frame("1", 1, "first", "");
        let start = whole.find("first").unwrap();
        for name in [r#""more":"#, r#""x":"#, r#""delta":"#] {
            let place = whole.find(name).unwrap() + name.len();
            assert!(Mould::of(whole.as_bytes(), &whole[start..start + 5], [place]).is_none(), "{name}");
        }
    }

    #[test]
    fn a_frame_with_another_field_has_another_form() {
        let form = mould(&frame("1", 1, "first", "x"), "first").unwrap();
        let next = frame("1", 2, "next", "y");
        for other in [
            next.replace("null", "{}"),
            next.replace("[]", "[1]"),
            next.replace(":2", ":02"),
            next.replace(":2", ":2.5"),
            next.replace(":2", r#":"2""#),
            next.replace(r#""y""#, r#""\u0079""#),
            next.replace(r#""y""#, r#""é""#),
            format!("{next} "),
            next[..next.len() - 1].to_owned(),
        ] {
            assert_eq!(text(&form, &other), None, "{other}");
        }
        assert_eq!(text(&form, &next).as_deref(), Some("next"));
    }
}
