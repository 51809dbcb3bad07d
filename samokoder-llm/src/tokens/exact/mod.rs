//! Counting with the vocabulary itself.

#[cfg(feature = "tokens")]
mod bpe;
#[cfg(all(feature = "tiktoken", any(test, not(feature = "tokens"))))]
mod tiktoken;

#[cfg(feature = "tokens")]
pub(super) use bpe::count_till_limit;
#[cfg(not(feature = "tokens"))]
pub(super) use tiktoken::count_till_limit;
#[cfg(all(test, feature = "tokens", feature = "tiktoken"))]
mod tests;
