//! Whether a request fits.

use proptest::prelude::*;
use samokoder_llm::catalogue::{Catalogue, DoesNotFit, ModelEntry, preflight};

fn entry(context_window: u64, max_input: Option<u64>, max_output: u64) -> ModelEntry {
    let mut entry = ModelEntry::default();
    entry.context_window = Some(context_window);
    entry.max_input = max_input;
    entry.max_output = Some(max_output);
    entry
}

#[test]
fn what_fits_may_have_the_answer_that_was_asked_for() {
    assert_eq!(preflight(&entry(1_000, None, 500), 600, Some(400)), Ok(Some(400)));
}

#[test]
fn an_answer_of_no_said_length_gets_what_is_left() {
    assert_eq!(preflight(&entry(1_000, None, 500), 100, None), Ok(Some(500)));
    assert_eq!(preflight(&entry(1_000, None, 500), 900, None), Ok(Some(100)));
    assert_eq!(preflight(&entry(1_000, None, 500), 999, None), Ok(Some(1)));
}

#[test]
fn a_request_that_leaves_no_token_for_the_answer_is_too_long() {
    let error = preflight(&entry(1_000, None, 500), 1_200, None).unwrap_err();
    assert_eq!(error, DoesNotFit::Input { input: 1_200, limit: 999 });
    assert_eq!(
        error.to_string(),
        "the request is about 1200 tokens, 201 more than the 999 that the model takes: leave out or shorten some of \
         it, or use a model with a larger context window"
    );
}

#[test]
fn a_limit_of_the_request_alone_counts_too() {
    let error = preflight(&entry(1_000, Some(700), 500), 701, Some(1)).unwrap_err();
    assert_eq!(error, DoesNotFit::Input { input: 701, limit: 700 });
}

#[test]
fn request_and_answer_share_the_window() {
    let error = preflight(&entry(1_000, None, 500), 600, Some(401)).unwrap_err();
    assert_eq!(error, DoesNotFit::Window { input: 600, max_output: 401, window: 1_000 });
    assert_eq!(
        error.to_string(),
        "the request is about 600 tokens and its answer may have 401, but the model's context window is 1000: shorten \
         the request by 1 tokens, allow the answer at most 400, or use a model with a larger window"
    );
}

#[test]
fn an_answer_longer_than_the_model_writes_is_refused() {
    let error = preflight(&entry(1_000, None, 500), 1, Some(501)).unwrap_err();
    assert_eq!(error, DoesNotFit::Output { max_output: 501, limit: 500 });
    assert!(error.to_string().contains("ask for 500 or fewer"), "{error}");
}

#[test]
fn limits_that_are_not_known_are_not_checked() {
    assert_eq!(preflight(&ModelEntry::default(), u64::MAX, None), Ok(None));
    assert_eq!(preflight(&ModelEntry::default(), u64::MAX, Some(u64::MAX)), Ok(Some(u64::MAX)));
}

proptest! {
    #[test]
    fn what_is_let_through_stays_within_the_window(input: u64, max_output: Option<u64>, near in 0..200_000_u64) {
        let catalogue = Catalogue::builtin();
        let model = catalogue.lookup("openai", "gpt-4o").unwrap();
        for input in [input, near] {
            if let Ok(output) = preflight(model, input, max_output) {
                prop_assert!(output.is_some_and(|output| output <= 16_384 && input + output <= 128_000));
            }
        }
    }
}
