//! How many tokens a text is, before it is sent.
//!
//! Only OpenAI publishes its vocabularies. With the feature `tokens` or `tiktoken`, text for a model that is known
//! to use one of them ([`Vocabulary::of`]) is counted exactly. Everything else is *estimated*, and
//! [`TokenCount::exact`] says which it was.
//!
//! `tokens` is on by default. Whoever can't have the 50 MB leaves it out, or takes `tiktoken`: an estimate is enough to
//! see whether a request fits and how much to reserve for it. What they cost with both vocabularies, measured on a busy
//! machine with two cores over source files, prose and JSON of 30 to 270 kB:
//!
//! | feature | counts with | a binary grows by | first use of `o200k` | memory at most | then |
//! |---|---|---|---|---|---|
//! | none | an estimate | nothing | 0 | 0 | 20 to 100 MB/s |
//! | `tokens` | [bpe-openai](https://docs.rs/bpe-openai) | 50 MB | 110 to 190 ms | 101 MB | 6 to 17 MB/s |
//! | `tiktoken` | [tiktoken-rs](https://docs.rs/tiktoken-rs) | 8 MB | 290 to 440 ms | 75 MB | 5 to 10 MB/s |
//!
//! Both count the same, as a test shows. With both features `bpe-openai` counts: its time is linear in any text, and
//! [`count_till_limit`] stops at the limit.
//!
//! The 50 MB are its tables, made when it is built (25 s of processor time without optimisation) and linked where
//! something counts: 32.2 MB for `o200k` and 15.0 MB for `cl100k`, of which three automata that find tokens in a text
//! are most, 23.2 MB of the former. Its third vocabulary, of another vendor's models, is in no binary. `gzip` would make
//! 24.7 MB of the two; nothing here unpacks them, as that would be time at the first count.
//!
//! # The estimate
//!
//! An estimate is made to be too high rather than too low. It follows what byte-pair encoders have in common: they
//! split a text into runs of letters, digits, punctuation and space, and then rarely need more than one token for a
//! common word. A run of Latin letters is one token and a twelfth for each letter after the first, more after the
//! eighth; digits go by three, or singly; punctuation by two and more; a single space belongs to the word after it.
//! Other alphabets and ideographs are where vocabularies differ most. They have a weight for each family of models:
//!
//! | family | measured against | then |
//! |---|---|---|
//! | OpenAI since GPT-4o, Gemini, Gemma | `o200k` | |
//! | GPT-4 and GPT-3.5 | `cl100k` | |
//! | Claude up to 4.6 | `cl100k` | 10 % more |
//! | Claude from 4.7 | `cl100k` | 40 % more: the same text has [up to 35 % more tokens][claude] than before |
//! | others: the vocabularies of Llama 3 and Qwen, for example, began as `cl100k` | `cl100k` | 10 % more |
//!
//! [claude]: https://platform.claude.com/docs/en/about-claude/models/migration-guide
//!
//! The estimate of GPT-6, which is of the first family, and of others beside the exact counts:
//!
#![doc = include_str!("measured.md")]
//!
//! Over the larger texts above it was 15 to 40 % too high, and 3 % in the worst 1.5 kB. It was too low by 4 to 9 % in
//! base64, by 7 to 50 % in Hebrew, Hindi, Kazakh and Georgian against `cl100k`, which hardly knows them, and by more
//! than half in letters that form no words, such as keys. Where a limit must hold to the token, count exactly or ask
//! the provider.

mod estimate;
#[cfg(any(feature = "tokens", feature = "tiktoken"))]
mod exact;
mod family;
mod vocabulary;

use family::Family;
pub use vocabulary::Vocabulary;

/// How many tokens something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenCount {
    /// The tokens.
    pub tokens: u64,
    /// Whether they were counted with the model's own vocabulary; if not, they are estimated, rather too high.
    pub exact: bool,
}

/// Counts the tokens of `text` for `model`, the name without the provider.
///
/// What looks like a special token, such as `<|endoftext|>`, is text. The first exact count in a process loads the
/// vocabulary, which takes as long as the [module](self) says.
///
/// ```
/// let count = samokoder_llm::tokens::count("claude-haiku-5-5", "How many tokens is this?");
/// assert!(count.tokens >= 6 && !count.exact);
/// ```
pub fn count(model: &str, text: &str) -> TokenCount {
    // No text has more.
    count_till_limit(model, text, u64::MAX).unwrap_or(TokenCount { tokens: u64::MAX, exact: false })
}

/// Counts the tokens of `text` if they are at most `limit`. `None` means that they are more.
///
/// It is cheaper than [`count`] for a text that is much too long: except with `tiktoken`, the rest is not looked at.
pub fn count_till_limit(model: &str, text: &str, limit: u64) -> Option<TokenCount> {
    #[cfg(any(feature = "tokens", feature = "tiktoken"))]
    if let Some(vocabulary) = Vocabulary::of(model) {
        let tokens = exact::count_till_limit(vocabulary, text, limit)?;
        return Some(TokenCount { tokens, exact: true });
    }
    let tokens = estimate::count_till_limit(Family::of(model), text, limit)?;
    Some(TokenCount { tokens, exact: false })
}

/// Estimates the tokens of a request with these messages, each given as its text.
///
/// What frames a message is added to its text. For OpenAI's models that is 4 tokens, and 3 for the start of the answer,
/// as in [OpenAI's cookbook](https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken), which calls the
/// result an estimate itself. For others it is 8 and 8; the template of Llama 3 has 5 and 5.
///
/// Definitions of tools and a schema for the answer are text that is sent too: pass their JSON as messages.
pub fn count_request<'a>(model: &str, messages: impl IntoIterator<Item = &'a str>) -> TokenCount {
    let framing = Family::of(model).framing();
    let tokens = messages.into_iter().fold(framing.answer, |tokens, text| {
        tokens.saturating_add(framing.message).saturating_add(count(model, text).tokens)
    });
    TokenCount { tokens, exact: false }
}
