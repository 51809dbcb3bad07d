//! Noun phrases: what a few words of the description name.

use std::ops::Range;

use super::language::Language;
use super::russian::paradigm::Case;
use super::token::Token;
use super::{english, russian};

/// A noun with what goes with it: "due date", "loans of a book to a member", "заказы клиента".
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "what the words show is independent of each other")]
pub(super) struct Phrase {
    /// One of it, in lower case but for names: "loan".
    pub(super) singular: String,
    /// Many of it: "loans".
    pub(super) plural: String,
    /// As a field is labelled: nominative, number kept, complements included: "date of birth".
    pub(super) label: String,
    /// The last word of the singular: what a field's type and an entity are recognised by.
    pub(super) head: String,
    /// Every word, in dictionary form where it is known.
    pub(super) words: Vec<String>,
    /// The words exactly as they stand in the description, without articles.
    pub(super) written: String,
    pub(super) is_plural: bool,
    /// Whether its noun stands in the nominative (Russian only).
    pub(super) is_nominative: bool,
    /// Named as a single one: "a member", "each book".
    pub(super) determined: bool,
    /// "two teams": exactly two of it are meant.
    pub(super) two: bool,
    /// Named by the app's title: what it depends on says where the app is used.
    pub(super) in_title: bool,
    pub(super) complements: Vec<Complement>,
    /// Where it stands in the text.
    pub(super) span: Range<usize>,
}

/// A noun that depends on another one: "of a book", "клиента".
#[derive(Debug, Clone)]
pub(super) struct Complement {
    /// The word that joins them; empty for a Russian case.
    pub(super) preposition: String,
    pub(super) phrase: Phrase,
}

impl Phrase {
    /// Reads tokens as a noun phrase in the given case (Russian only). `None` when they name nothing.
    pub(super) fn read(language: Language, tokens: &[Token], case: Option<Case>) -> Option<Self> {
        let words: Vec<Token> = tokens.iter().filter(|token| token.is_wordlike()).cloned().collect();
        let mut phrase = match language {
            Language::English => english::phrase::read(&words),
            Language::Russian => russian::phrase::read(&words, case),
        }?;
        phrase.span = words.first()?.span.start..words.last()?.span.end;
        Some(phrase)
    }

    /// What phrases that name the same thing have in common.
    pub(super) fn key(&self) -> String {
        self.singular.to_lowercase().replace('ё', "е")
    }

    /// The key of its last word alone.
    pub(super) fn head_key(&self) -> String {
        self.head.to_lowercase().replace('ё', "е")
    }
}

/// Puts the first letter in upper case.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
