//! How the parts of a sentence belong together, whatever its language.

use super::language::Language;
use super::russian::paradigm::Case;
use super::token::Token;
use super::{english, russian};

/// What the words after a connector are to the words before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connector {
    /// Fields of the subject.
    Has,
    /// Records that belong to the subject.
    Many,
    /// Records the subject belongs to.
    Belongs,
    /// The values of the field before.
    OneOf,
    /// A yes-or-no field: "can be marked as done".
    Flag,
    /// The fields before are required.
    Required,
    /// The fields before are optional.
    Optional,
    /// A new subject follows: "for each book".
    Topic,
    /// A sentence of its own begins: "where", "so that".
    Clause,
    /// "can", "must": says something about the verb after it.
    Modal,
    /// Things to keep records of: "track", "manage".
    Keep,
    /// Things to look for: "search", "sort by".
    Search,
}

/// A connector found in a sentence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matched {
    pub(super) connector: Connector,
    /// How many tokens it takes.
    pub(super) length: usize,
    /// The case that Russian words after it stand in.
    pub(super) case: Option<Case>,
}

/// Finds the connector that starts at `at`; `in_list` says that things to keep are being named before it.
pub(super) fn connector(language: Language, tokens: &[Token], at: usize, in_list: bool) -> Option<Matched> {
    match language {
        Language::English => {
            english::connectors::at(tokens, at).or_else(|| english::actions::at(tokens, at, in_list))
        }
        Language::Russian => russian::connectors::at(tokens, at).or_else(|| russian::actions::at(tokens, at)),
    }
}

/// The number of tokens the phrase takes when `tokens` start with it.
pub(super) fn starts_with(tokens: &[Token], phrase: &str) -> Option<usize> {
    let first = tokens.first()?;
    if !first.lower.is_empty() && first.lower.as_bytes().first() != phrase.as_bytes().first() {
        return None;
    }
    let mut count = 0;
    for word in phrase.split(' ') {
        let token = tokens.get(count)?;
        let same = match word.strip_suffix('*') {
            Some(stem) => token.lower.starts_with(stem),
            None => token.lower == word,
        };
        if token.kind != super::token::Kind::Word || !same {
            return None;
        }
        count += 1;
    }
    Some(count)
}
