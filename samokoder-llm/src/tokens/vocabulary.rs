//! Which model uses which published vocabulary.

/// A vocabulary that OpenAI published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Vocabulary {
    /// `o200k_base`: GPT-4o, GPT-4.1, GPT-4.5, GPT-5, the o-series, and gpt-oss, whose `o200k_harmony` differs from it
    /// only in special tokens.
    O200k,
    /// `cl100k_base`: GPT-4, GPT-3.5 and the embeddings.
    Cl100k,
}

/// Models of `o200k_base`, alone or with a suffix after `-`.
const O200K: [&str; 9] =
    ["gpt-4o", "chatgpt-4o", "gpt-4.1", "gpt-4.5", "o1", "o3", "o4-mini", "codex-mini", "gpt-oss"];

/// Models of `cl100k_base`, alone or with a suffix after `-`.
const CL100K: [&str; 6] = [
    "gpt-4",
    "gpt-3.5",
    "gpt-35-turbo",
    "text-embedding-3-small",
    "text-embedding-3-large",
    "text-embedding-ada-002",
];

impl Vocabulary {
    /// The vocabulary of a model, or `None` if it is not published.
    ///
    /// It follows the
    /// [list of tiktoken 0.14](https://github.com/openai/tiktoken/blob/0.14.0/tiktoken/model.py), which does not name
    /// GPT-6, so that its tokens are estimated. `openai/` in front, a variant after `:`, and what a fine-tuned model's
    /// name has around its base (`ft:gpt-4o:acme::abc`) are ignored.
    pub fn of(model: &str) -> Option<Self> {
        let model = model.strip_prefix("openai/").unwrap_or(model);
        let model = model.strip_prefix("ft:").unwrap_or(model);
        let model = model.split_once(':').map_or(model, |(model, _)| model);
        let is_one_of = |names: &[&str]| {
            let rests = names.iter().filter_map(|name| model.strip_prefix(name));
            rests.into_iter().any(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        if is_one_of(&O200K) || model.starts_with("gpt-5") {
            Some(Self::O200k)
        } else {
            is_one_of(&CL100K).then_some(Self::Cl100k)
        }
    }
}
