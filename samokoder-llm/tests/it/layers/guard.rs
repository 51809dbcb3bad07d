//! Checks of prompts and answers.

use std::sync::Arc;

use futures::StreamExt as _;
use samokoder_core::{
    budget::Budget,
    llm::{LlmErrorKind, LlmProvider, LlmProviderExt as _, PromptSource, StreamEvent},
};
use samokoder_llm::layer::{Guard, Layer as _, Moderation, Secrets};
use serde_json::json;

use super::scripted::*;

fn secret() -> String {
    format!("gsk_{}", "aB3dE5gH7jK9mN1pQ3sT5vX7")
}

fn guarded(guard: &Guard, inner: &Arc<Scripted>) -> Arc<dyn LlmProvider> {
    guard.wrap(inner.clone())
}

#[tokio::test(start_paused = true)]
async fn a_prompt_with_a_secret_is_refused_before_it_is_sent() {
    let inner = Scripted::new([]);
    let provider = guarded(&Guard::new(Secrets::refuse()), &inner);
    let error = provider.complete(request(&format!("use {}", secret())), &call()).await.unwrap_err();
    assert_eq!((error.kind, inner.calls()), (LlmErrorKind::ContentRefused, 0));
    assert_eq!(error.message, "there is a secret in it (Groq key); take it out and ask again");
    assert!(provider.complete(request("use no key"), &call()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_taken_out_of_the_prompt_its_variables_and_the_answer() {
    // The key comes in two pieces.
    let key = secret();
    let (begin, end) = key.split_at(9);
    let inner = Scripted::new([vec![text(&format!("it is {begin}")), text(end), used(10, 5), finish()]]);
    let provider = guarded(&Guard::new(Secrets::redact()), &inner);
    let mut asked = request(&format!("use {} here", secret()));
    asked.prompt = Some(PromptSource { template: "t".into(), variables: json!({"env": [secret()]}) });
    let response = provider.complete(asked, &call()).await.unwrap();
    assert_eq!((response.text().as_str(), response.usage), ("it is [Groq key removed]", usage(10, 5)));
    let sent = &inner.requests()[0];
    assert_eq!(sent.messages[0].text(), "use [Groq key removed] here");
    assert_eq!(sent.prompt.as_ref().unwrap().variables, json!({"env": ["[Groq key removed]"]}));
}

#[tokio::test(start_paused = true)]
async fn answers_are_held_back_only_when_they_are_read() {
    for (reads, first_after) in [(false, 0), (true, 100)] {
        let inner = Scripted::new([vec![text("a"), wait(100), finish()]]);
        let provider = guarded(&Guard::new(Secrets::redact().answers(reads)), &inner);
        let start = tokio::time::Instant::now();
        let mut stream = provider.stream(request("hi"), &call()).await.unwrap();
        while !stream.next().await.unwrap().unwrap().is_content() {}
        assert_eq!(start.elapsed().as_millis(), first_after);
    }
}

fn judge(answers: &[&str]) -> (Arc<Scripted>, Guard) {
    let judge = Scripted::new(answers.iter().map(|words| answer(words)));
    let moderation = Moderation::by_model(judge.clone(), "judge:small".parse().unwrap(), "No weapons.");
    (judge, Guard::new(moderation))
}

const FINE: &str = r#"{"acceptable": true, "reason": ""}"#;
const NOT_FINE: &str = r#"{"acceptable": false, "reason": "It is about weapons."}"#;

#[tokio::test(start_paused = true)]
async fn a_model_judges_prompts_and_answers_and_is_paid_from_the_calls_budget() {
    let (judge, guard) = judge(&[FINE, NOT_FINE]);
    let inner = Scripted::new([answer("a sword")]);
    let budget = Budget::default();
    let call = call().budget(budget.clone());
    let error = guarded(&guard, &inner).complete(request("what is sharp?"), &call).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (LlmErrorKind::ContentRefused, "It is about weapons."));
    assert_eq!(inner.calls(), 1);
    let asked = judge.requests();
    let shown: Vec<_> = asked.iter().map(|request| request.messages[1].text()).collect();
    assert_eq!(shown, ["what is sharp?", "a sword"]);
    assert!(asked[0].messages[0].text().ends_with("No weapons.\n"));
    assert_eq!((budget.spent().calls, call.spent_earlier().tokens), (2, 30));
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_is_not_acceptable_or_not_judged_is_not_sent() {
    for (words, kind) in [(NOT_FINE, LlmErrorKind::ContentRefused), ("Sure!", LlmErrorKind::Malformed)] {
        let (_, guard) = judge(&[words]);
        let inner = Scripted::new([]);
        let error = guarded(&guard, &inner).complete(request("hi"), &call()).await.unwrap_err();
        assert_eq!((error.kind, inner.calls()), (kind, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn whether_an_answer_was_paid_for_does_not_depend_on_who_finds_fault_with_it() {
    for kind in [LlmErrorKind::RateLimited, LlmErrorKind::ContentRefused, LlmErrorKind::Connection] {
        for (answers, sent) in [(vec![vec![fail(kind)]], 0), (vec![answer(FINE), vec![fail(kind)]], 1)] {
            let judge = Scripted::new(answers);
            let moderation = Moderation::by_model(judge, "judge:small".parse().unwrap(), "No weapons.");
            let inner = Scripted::new([answer("a sword")]);
            let provider = guarded(&Guard::new(moderation), &inner);
            let error = provider.complete(request("what is sharp?"), &call()).await.unwrap_err();
            assert_eq!((error.kind, inner.calls()), (kind, sent));
            assert_eq!(
                error.was_refused(),
                sent == 0,
                "{kind:?}: what was not sent is free, what was is paid"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_can_judge_too() {
    let service = Moderation::by(|text| {
        let reason = text.contains("weapon").then(|| "no weapons".to_owned());
        Box::pin(async move { Ok(reason) })
    });
    let inner = Scripted::new([]);
    let provider = guarded(&Guard::new(service), &inner);
    assert!(provider.complete(request("flowers"), &call()).await.is_ok());
    let error = provider.complete(request("weapons"), &call()).await.unwrap_err();
    assert_eq!(error.message, "no weapons");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_read_is_given_whole() {
    let inner = Scripted::new([answer("fine")]);
    let stream =
        guarded(&Guard::new(Secrets::refuse()), &inner).stream(request("hi"), &call()).await.unwrap();
    let events: Vec<_> = stream.map(Result::unwrap).collect().await;
    assert!(matches!(events.last(), Some(StreamEvent::Finish(_))));
}
