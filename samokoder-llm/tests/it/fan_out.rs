//! Many independent requests at once.

use std::time::Duration;

use samokoder_core::llm::{LlmErrorKind, LlmProvider};
use samokoder_llm::fan_out::FanOut;
use tokio::time::Instant;

use crate::layers::scripted::*;

fn requests(count: usize) -> Vec<samokoder_core::llm::ChatRequest> {
    (0..count).map(|n| request(&n.to_string())).collect()
}

/// A provider that answers with what it was asked, the later ones sooner.
#[derive(Debug)]
struct Echoing;

#[async_trait::async_trait]
impl LlmProvider for Echoing {
    async fn capabilities(
        &self,
        _: &str,
    ) -> Result<samokoder_core::llm::ModelCapabilities, samokoder_core::llm::LlmError> {
        Ok(priced())
    }

    async fn stream(
        &self,
        request: samokoder_core::llm::ChatRequest,
        call: &samokoder_core::llm::CallContext,
    ) -> Result<samokoder_core::llm::ChatStream, samokoder_core::llm::LlmError> {
        let words = request.messages[0].text();
        let number: u64 = words.parse().unwrap();
        Scripted::always(slow_answer(&words, 1_000 - 10 * number)).stream(request, call).await
    }
}

#[tokio::test(start_paused = true)]
async fn sixty_four_requests_of_200_ms_at_sixteen_at_once_take_800_ms() {
    let inner = Scripted::always(slow_answer("ok", 200));
    let start = Instant::now();
    let answers = FanOut::new(inner.clone(), 16).send(requests(64), &call()).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 64);
    assert_eq!((start.elapsed(), inner.most_under_way()), (Duration::from_millis(800), 16));
}

#[tokio::test(start_paused = true)]
async fn answers_are_in_the_order_of_their_requests() {
    let answers = FanOut::new(std::sync::Arc::new(Echoing), 8).send(requests(30), &call()).await;
    let texts: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().text()).collect();
    let expected: Vec<_> = (0..30).map(|n: u32| n.to_string()).collect();
    assert_eq!(texts, expected);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_reported_in_its_place_and_the_others_go_on() {
    let inner = Scripted::new([answer("0"), vec![fail(LlmErrorKind::Timeout)], answer("2")]);
    let answers = FanOut::new(inner, 1).stop_on_fatal(true).send(requests(4), &call()).await;
    let kinds: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().map(|error| error.kind)).collect();
    assert_eq!(kinds, [None, Some(LlmErrorKind::Timeout), None, None]);
}

#[tokio::test(start_paused = true)]
async fn after_an_error_that_all_would_meet_no_more_are_sent_and_those_under_way_are_waited_for() {
    let inner = Scripted::new([slow_answer("0", 500), vec![wait(100), fail(LlmErrorKind::QuotaExhausted)]]);
    let answers = FanOut::new(inner.clone(), 2).stop_on_fatal(true).send(requests(5), &call()).await;
    let kinds: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().map(|error| error.kind)).collect();
    let unsent = Some(LlmErrorKind::Cancelled);
    assert_eq!(kinds, [None, Some(LlmErrorKind::QuotaExhausted), unsent, unsent, unsent]);
    let reason = answers[4].as_ref().unwrap_err().message.clone();
    assert!(reason.starts_with("not sent, as an earlier request failed"), "{reason}");
    assert_eq!(inner.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_what_is_under_way_and_keeps_what_is_done() {
    let inner = Scripted::new([answer("0"), slow_answer("1", 9_000), slow_answer("2", 9_000)]);
    let call = call();
    let start = Instant::now();
    let fan_out = FanOut::new(inner.clone(), 2);
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        call.cancellation.cancel();
    };
    let (answers, ()) = tokio::join!(fan_out.send(requests(6), &call), cancel);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!((answers.len(), start.elapsed(), inner.under_way()), (6, Duration::from_secs(1), 0));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_ends_what_is_under_way() {
    let inner = Scripted::always(slow_answer("ok", 9_000));
    let fan_out = FanOut::new(inner.clone(), 4);
    let asked = call();
    let sent = tokio::time::timeout(Duration::from_secs(1), fan_out.send(requests(9), &asked)).await;
    assert!(sent.is_err());
    assert_eq!((inner.calls(), inner.under_way()), (4, 0));
}
