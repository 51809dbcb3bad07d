//! Both libraries count the same.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{bpe, tiktoken};
use crate::tokens::Vocabulary;

fn assert_same(text: &str) {
    for vocabulary in [Vocabulary::O200k, Vocabulary::Cl100k] {
        let counts = [bpe::count_till_limit, tiktoken::count_till_limit]
            .map(|count| count(vocabulary, text, u64::MAX));
        assert_eq!(counts[0], counts[1], "{vocabulary:?} of {text:?}");
    }
}

/// What encoders treat specially: contractions, numbers, space before words and ends of lines, marks, emoji.
const PIECES: [&str; 40] = [
    "don't",
    "DON'T",
    "'ſ",
    " we'll",
    "I'Ve",
    "1",
    "12345",
    " 678",
    "٣٤",
    "½",
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\u{a0}",
    "\u{3000}",
    " \n ",
    "fn main() {",
    "    ",
    "}\n\n",
    "a_b",
    "camelCase",
    "HTTPServer",
    "://",
    "...",
    "—",
    "«Да»",
    "привет",
    "Ёлка",
    "e\u{301}",
    "ß",
    "İ",
    "日本語",
    "한국어",
    "สวัสดี",
    "👨\u{200d}👩\u{200d}👧",
    "🇷🇺",
    "<|endoftext|>",
    "\0",
];

proptest! {
    #[test]
    fn of_any_text(text: String) {
        assert_same(&text);
    }

    #[test]
    fn of_runs_of_one_character(character: char, length in 0..300_usize) {
        assert_same(&character.to_string().repeat(length));
    }

    #[test]
    fn of_code_and_prose(pieces in vec(select(PIECES.to_vec()), 0..60)) {
        assert_same(&pieces.concat());
    }
}

#[test]
fn of_source_files() {
    for text in [
        include_str!("tests.rs"),
        include_str!("../estimate.rs"),
        include_str!("../../catalogue/models.json"),
    ] {
        assert_same(text);
    }
}
