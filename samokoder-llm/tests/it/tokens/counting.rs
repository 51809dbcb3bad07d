//! What a count promises.

use proptest::prelude::*;
use samokoder_llm::tokens::{Vocabulary, count, count_request, count_till_limit};

/// One model of each kind: both vocabularies, and all that are estimated.
const MODELS: [&str; 7] = [
    "gpt-4o",
    "gpt-4",
    "gpt-6.1-sol",
    "gemini-3.8-flash",
    "claude-haiku-4-5",
    "claude-sonnet-5-5",
    "llama-3.3-70b-versatile",
];

#[test]
fn a_model_of_a_published_vocabulary_has_it() {
    for (model, vocabulary) in [
        ("gpt-4o", Some(Vocabulary::O200k)),
        ("gpt-4o-mini-2024-07-18", Some(Vocabulary::O200k)),
        ("gpt-4.1", Some(Vocabulary::O200k)),
        ("gpt-5.4-mini", Some(Vocabulary::O200k)),
        ("o1", Some(Vocabulary::O200k)),
        ("o3-pro", Some(Vocabulary::O200k)),
        ("openai/gpt-oss-120b", Some(Vocabulary::O200k)),
        ("gpt-oss:20b", Some(Vocabulary::O200k)),
        ("ft:gpt-4o-mini:acme::abc", Some(Vocabulary::O200k)),
        ("gpt-4", Some(Vocabulary::Cl100k)),
        ("gpt-4-turbo-2024-04-09", Some(Vocabulary::Cl100k)),
        ("gpt-3.5-turbo", Some(Vocabulary::Cl100k)),
        ("gpt-6.1-sol", None),
        ("gpt-4.9", None),
        ("o1x", None),
        ("o4", None),
        ("claude-haiku-4-5", None),
        ("", None),
    ] {
        assert_eq!(Vocabulary::of(model), vocabulary, "{model}");
    }
}

#[test]
fn a_count_is_exact_when_the_vocabulary_is_there() {
    let has_vocabulary = cfg!(any(feature = "tokens", feature = "tiktoken"));
    for model in MODELS {
        let is_published = Vocabulary::of(model).is_some();
        assert_eq!(count(model, "Hello").exact, is_published && has_vocabulary, "{model}");
    }
}

#[test]
fn nothing_is_no_tokens() {
    for model in MODELS {
        assert_eq!(count(model, "").tokens, 0, "{model}");
    }
}

#[test]
fn a_long_text_is_not_counted_to_its_end() {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(5_000);
    for model in MODELS {
        assert_eq!(count_till_limit(model, &text, 8_000), None, "{model}");
    }
}

#[test]
fn newer_claudes_have_more_tokens_for_the_same_text() {
    let text = "What a tokenizer does to a text depends on its vocabulary.".repeat(20);
    assert!(count("claude-sonnet-5", &text).tokens > count("claude-sonnet-4-6", &text).tokens);
}

#[test]
fn a_request_has_tokens_around_its_messages() {
    let (system, user) = ("You are a careful programmer.", "Write a function that adds two numbers.");
    for (model, around_message, before_answer) in [("gpt-4o", 4, 3), ("claude-sonnet-5", 8, 8)] {
        let texts = count(model, system).tokens + count(model, user).tokens;
        let request = count_request(model, [system, user]);
        assert_eq!(request.tokens, texts + 2 * around_message + before_answer, "{model}");
        assert!(!request.exact, "{model}: what is around messages is not published");
    }
}

proptest! {
    #[test]
    fn a_text_fits_from_its_count_on(text: String, which in 0..MODELS.len()) {
        let model = MODELS[which];
        let counted = count(model, &text);
        prop_assert_eq!(count_till_limit(model, &text, counted.tokens), Some(counted));
        if let Some(less) = counted.tokens.checked_sub(1) {
            prop_assert_eq!(count_till_limit(model, &text, less), None);
        }
    }

    #[test]
    fn an_estimate_of_a_longer_text_is_not_much_less(start: String, more: String, which in 2..MODELS.len()) {
        let model = MODELS[which];
        let longer = format!("{start}{more}");
        // Where the two meet, what was an end of its own can become part of a run.
        prop_assert!(count(model, &longer).tokens + 6 >= count(model, &start).tokens);
    }
}
