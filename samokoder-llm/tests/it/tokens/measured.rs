//! How far the estimate is off.

use std::fmt::Write as _;

use samokoder_llm::tokens::count;

/// A text and what tiktoken counts for it.
struct Sample {
    name: &'static str,
    text: &'static str,
    o200k: u64,
    cl100k: u64,
}

const SAMPLES: [Sample; 5] = [
    Sample { name: "English", text: include_str!("samples/english.txt"), o200k: 1262, cl100k: 1262 },
    Sample { name: "Russian", text: include_str!("samples/russian.txt"), o200k: 481, cl100k: 848 },
    Sample { name: "Rust", text: include_str!("samples/rust.txt"), o200k: 584, cl100k: 586 },
    Sample { name: "JavaScript", text: include_str!("samples/javascript.txt"), o200k: 1204, cl100k: 1188 },
    Sample { name: "JSON", text: include_str!("samples/json.txt"), o200k: 1627, cl100k: 1624 },
];

/// Percent that an estimate is above the count, rounded down.
fn above(estimate: u64, exact: u64) -> u64 {
    assert!(estimate >= exact, "an estimate of {estimate} is below {exact}");
    (estimate - exact) * 100 / exact
}

#[test]
fn the_errors_in_the_documentation_are_those_of_the_estimate() {
    let mut table = String::from(
        "| text | characters | `o200k` | estimate | | `cl100k` | estimate for others | |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for Sample { name, text, o200k, cl100k } in SAMPLES {
        // Neither has a published vocabulary, so that these are estimates with any features.
        let (openai, others) =
            (count("gpt-6.1-sol", text).tokens, count("llama-3.3-70b-versatile", text).tokens);
        let (openai_above, others_above) = (above(openai, o200k), above(others, cl100k));
        let characters = text.chars().count();
        write!(table, "| {name} | {characters} | {o200k} | {openai} | + {openai_above} % ").unwrap();
        writeln!(table, "| {cl100k} | {others} | + {others_above} % |").unwrap();
    }
    assert_eq!(table, include_str!("../../../src/tokens/measured.md"));
}

#[test]
#[cfg(any(feature = "tokens", feature = "tiktoken"))]
fn the_samples_have_the_tokens_that_the_estimate_is_measured_against() {
    for Sample { name, text, o200k, cl100k } in SAMPLES {
        assert_eq!([count("gpt-4o", text).tokens, count("gpt-4", text).tokens], [o200k, cl100k], "{name}");
    }
}
