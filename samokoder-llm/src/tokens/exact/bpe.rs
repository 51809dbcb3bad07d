//! Counting with `bpe-openai`.

use bpe_openai::{cl100k_base, o200k_base};

use crate::tokens::Vocabulary;

pub(in crate::tokens) fn count_till_limit(vocabulary: Vocabulary, text: &str, limit: u64) -> Option<u64> {
    let tokenizer = match vocabulary {
        Vocabulary::O200k => o200k_base(),
        Vocabulary::Cl100k => cl100k_base(),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    tokenizer.count_till_limit(&tokenizer.normalize(text), limit).map(|tokens| tokens as u64)
}
