//! The pieces in which text is streamed and counted.
//!
//! No tokenizer of a real model: a piece is a word with the blanks before it, at most [`LONGEST`] characters long.

/// Characters of a piece: about as many as a word of English has with the blank before it.
const LONGEST: usize = 8;

/// The pieces of a text, which put together are the text.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = first(rest);
        let (piece, after) = rest.split_at(length);
        rest = after;
        (length > 0).then_some(piece)
    })
}

/// How many pieces a text has.
pub(crate) fn count(text: &str) -> u64 {
    pieces(text).fold(0, |count, _| count + 1)
}

/// The bytes of the first piece.
fn first(text: &str) -> usize {
    let mut in_word = false;
    for (count, (at, character)) in text.char_indices().enumerate() {
        let is_blank = character.is_whitespace();
        if count == LONGEST || (in_word && is_blank) {
            return at;
        }
        in_word |= !is_blank;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_words_with_the_blanks_before_them() {
        assert_eq!(pieces("Good  day,\nworld").collect::<Vec<_>>(), ["Good", "  day,", "\nworld"]);
        assert_eq!(pieces("считанные дни").collect::<Vec<_>>(), ["считанны", "е", " дни"]);
        assert_eq!(pieces("  ").collect::<Vec<_>>(), ["  "]);
        assert_eq!((count(""), count("one two")), (0, 2));
    }

    #[test]
    fn pieces_put_together_are_the_text() {
        for text in ["", " a ", "{\"city\":\"Санкт-Петербург\"}", "👩‍👩‍👧‍👦 family \r\n", "\u{3000}全角"]
        {
            assert_eq!(pieces(text).collect::<String>(), text);
        }
    }
}
