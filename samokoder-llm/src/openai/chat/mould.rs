//! The chunk that a stream is made of, again and again: like the one before it but for its text.

use memchr::{memchr2, memmem};

use crate::wire::{Text, string};

/// A chunk that a parser has read, cut open where its text stands.
///
/// A chunk with the same bytes around another string says the same but for that string, so it needs no parser. Two
/// more strings may differ, as nothing is made of them: the id, with which a chunk begins, and OpenAI's padding, with
/// which it may end.
#[derive(Debug)]
pub(super) struct Mould {
    /// What is before the text.
    before: Box<[u8]>,
    /// Where in it the id ends, which may differ.
    id_end: usize,
    /// What is between the text and the padding, or the end.
    after: Box<[u8]>,
    is_padded: bool,
}

/// The last field of a padded chunk, as far as its value.
const PADDING: &[u8] = br#","obfuscation":""#;

impl Mould {
    /// The form of a chunk that is known to be JSON. There is none unless its `text` is borrowed from it.
    pub(super) fn of(chunk: &[u8], text: &str) -> Option<Self> {
        let start = text.as_ptr().addr().checked_sub(chunk.as_ptr().addr())?;
        let (before, rest) = chunk.split_at_checked(start)?;
        let before = before.strip_suffix(b"\"")?;
        let (after, is_padded) = unpadded(rest.strip_prefix(text.as_bytes())?.strip_prefix(b"\"")?);
        Some(Self { before: before.into(), id_end: id_end(before), after: after.into(), is_padded })
    }

    /// The text of a chunk that has this form.
    pub(super) fn text<'a>(&self, chunk: &'a [u8]) -> Option<Text<'a>> {
        let rest = match chunk.strip_prefix(&*self.before) {
            Some(rest) => rest,
            None => chunk[id_end(chunk)..].strip_prefix(&self.before[self.id_end..])?,
        };
        let (text, rest) = string(rest)?;
        let padding = rest.strip_prefix(&*self.after)?;
        let is_whole = if self.is_padded { is_padding(padding) } else { padding.is_empty() };
        is_whole.then_some(text)
    }
}

/// Where the id ends that a chunk begins with: at its closing quotation mark, or at once if there is none.
fn id_end(chunk: &[u8]) -> usize {
    const NAME: &[u8] = br#"{"id":""#;
    let Some(id) = chunk.strip_prefix(NAME) else { return 0 };
    match memchr2(b'"', b'\\', id) {
        Some(end) if id[end] == b'"' && id[..end].iter().all(u8::is_ascii_graphic) => NAME.len() + end,
        _ => 0,
    }
}

/// The end of a chunk as far as its padding, and whether it has one.
fn unpadded(end: &[u8]) -> (&[u8], bool) {
    match memmem::rfind(end, PADDING).map(|at| end.split_at(at + PADDING.len())) {
        Some((end, padding)) if is_padding(padding) => (end, true),
        _ => (end, false),
    }
}

/// Whether this is the rest of a padding's string and of the chunk.
fn is_padding(rest: &[u8]) -> bool {
    rest.strip_suffix(br#""}"#).is_some_and(|padding| padding.iter().all(u8::is_ascii_alphanumeric))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// A chunk with these texts in it, in the order in which OpenAI writes its fields.
    fn chunk(id: &str, text: &str, padding: Option<&str>) -> String {
        let [id, text] = [id, text].map(Value::from);
        let padding = padding.map_or_else(String::new, |padding| format!(r#","obfuscation":"{padding}""#));
        format!(
            r#"{{"id":{id},"model":"m","choices":[{{"index":0,"delta":{{"content":{text}}}}}],"usage":null{padding}}}"#
        )
    }

    fn mould(chunk: &str, text: &str) -> Option<Mould> {
        let start = chunk.find(&format!(r#""{text}""#))? + 1;
        Mould::of(chunk.as_bytes(), &chunk[start..start + text.len()])
    }

    fn text(mould: &Mould, chunk: &str) -> Option<String> {
        mould.text(chunk.as_bytes()).map(Text::into_owned)
    }

    proptest! {
        #[test]
        fn a_chunk_of_the_same_form_has_the_text_that_a_parser_finds(
            (id, given) in ("[a-z0-9-]{0,8}", any::<String>()),
            padding in proptest::option::of("[a-zA-Z0-9]{0,9}"),
        ) {
            let first = chunk("id-1", "first", padding.as_ref().map(|_| "x"));
            let next = chunk(&id, &given, padding.as_deref());
            prop_assert_eq!(text(&mould(&first, "first").unwrap(), &next), Some(given));
        }

        #[test]
        fn a_chunk_that_is_changed_anywhere_is_left_to_a_parser_or_says_what_one_finds(
            (at, byte) in (0usize..120, any::<char>()),
            is_padded in any::<bool>(),
        ) {
            let first = chunk("id-1", "first", is_padded.then_some("x"));
            let mut next = chunk("id-1", "next", is_padded.then_some("y"));
            let at = (0..=at.min(next.len())).rfind(|at| next.is_char_boundary(*at)).unwrap();
            next.insert(at, byte);
            if let Some(found) = text(&mould(&first, "first").unwrap(), &next) {
                let next: Value = serde_json::from_str(&next).unwrap();
                let mut same: Value = serde_json::from_str(&first).unwrap();
                same["choices"][0]["delta"]["content"] = json!(found);
                for free in ["id", "obfuscation"].into_iter().filter(|free| next.get(free).is_some()) {
                    same[free] = next[free].clone();
                }
                prop_assert_eq!(next, same);
            }
        }
    }

    #[test]
    fn only_a_text_within_the_chunk_has_a_form() {
        let whole = chunk("1", "first", None);
        assert!(mould(&whole, "first").is_some());
        assert!(Mould::of(whole.as_bytes(), &String::from("first")).is_none());
        assert!(Mould::of(whole.as_bytes(), "").is_none());
    }

    #[test]
    fn a_chunk_with_another_field_has_another_form() {
        let form = mould(&chunk("1", "first", None), "first").unwrap();
        let next = chunk("1", "next", None);
        for other in [
            next.replace("\"usage\":null", "\"usage\":{}"),
            next.replace(":0", ":1"),
            chunk("1", "next", Some("x")),
            format!("{next} "),
            next[..next.len() - 1].to_owned(),
        ] {
            assert_eq!(text(&form, &other), None, "{other}");
        }
        assert_eq!(text(&form, &next).as_deref(), Some("next"));
    }
}
