//! Counting with `tiktoken-rs`.

use tiktoken_rs::{cl100k_base_singleton, o200k_base_singleton};

use crate::tokens::Vocabulary;

pub(in crate::tokens) fn count_till_limit(vocabulary: Vocabulary, text: &str, limit: u64) -> Option<u64> {
    let tokenizer = match vocabulary {
        Vocabulary::O200k => o200k_base_singleton(),
        Vocabulary::Cl100k => cl100k_base_singleton(),
    };
    let tokens = tokenizer.count_ordinary(text) as u64;
    (tokens <= limit).then_some(tokens)
}
