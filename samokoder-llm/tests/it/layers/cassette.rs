//! Recording calls and giving them again.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use samokoder_core::llm::{ChatRequest, LlmErrorKind, LlmProvider, LlmProviderExt as _};
use samokoder_llm::layer::{Layer as _, Recorder, Replayer};

use super::scripted::*;

/// A file in memory.
#[derive(Debug, Clone, Default)]
struct Tape(Arc<Mutex<Vec<u8>>>);

impl Tape {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn recorded(turns: Vec<Turn>, requests: Vec<ChatRequest>) -> String {
    let tape = Tape::default();
    let provider = Recorder::new(tape.clone()).wrap(Scripted::new(turns));
    for request in requests {
        let _ = provider.complete(request, &call()).await;
    }
    tape.text()
}

fn replayed(cassette: &str) -> (Replayer, Arc<dyn LlmProvider>, Arc<Scripted>) {
    let (replayer, inner) = (Replayer::new(cassette).unwrap(), Scripted::new([]));
    (replayer.clone(), replayer.wrap(inner.clone()), inner)
}

#[tokio::test(start_paused = true)]
async fn answers_and_errors_come_again_as_they_were_without_the_provider() {
    let turns = vec![
        vec![text("on"), text("e"), used(10, 5), finish()],
        vec![fail(LlmErrorKind::ContentRefused)],
        vec![text("half"), fail(LlmErrorKind::Connection)],
    ];
    let cassette = recorded(turns, vec![request("a"), request("b"), request("c")]).await;
    assert_eq!(cassette.lines().count(), 3);
    let (replayer, provider, inner) = replayed(&cassette);
    // In another order than they were recorded in.
    let error = provider.complete(request("b"), &call()).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::ContentRefused);
    let one = provider.complete(request("a"), &call()).await.unwrap();
    assert_eq!((one.text().as_str(), one.usage), ("one", usage(10, 5)));
    let broken = provider.complete(request("c"), &call()).await.unwrap_err();
    assert_eq!(broken.kind, LlmErrorKind::Connection);
    assert_eq!((replayer.left(), inner.calls()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_request_made_twice_gets_its_answers_in_their_order() {
    let cassette = recorded(vec![answer("one"), answer("two")], vec![request("a"), request("a")]).await;
    let (_, provider, _) = replayed(&cassette);
    for expected in ["one", "two"] {
        assert_eq!(provider.complete(request("a"), &call()).await.unwrap().text(), expected);
    }
    let error = provider.complete(request("a"), &call()).await.unwrap_err();
    assert_eq!(
        error.message,
        "the request is not on the cassette: every call on the cassette was made again already"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_not_recorded_fails_and_shows_where_it_differs_from_the_nearest() {
    let recordings = vec![ask("other:model", "x"), request("write the plan for a shop")];
    let (_, provider, _) = replayed(&recorded(vec![], recordings).await);
    let error = provider.complete(request("write the plan for a blog"), &call()).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::BadRequest);
    assert_eq!(
        error.message,
        "the request is not on the cassette: call 2 on the cassette is the nearest, and \
         /messages/0/parts/0/text differs: recorded \"write the plan for a shop\", asked \"write the plan for a blog\""
    );
}

#[tokio::test(start_paused = true)]
async fn secrets_are_not_on_the_cassette_and_the_request_is_found_all_the_same() {
    let secret = format!("ghp_{}", "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3hJ5");
    let asked = request(&format!("deploy with {secret}"));
    let cassette = recorded(vec![answer(&format!("used {secret}"))], vec![asked.clone()]).await;
    assert!(!cassette.contains(&secret) && cassette.contains("[GitHub token removed]"), "{cassette}");
    let (_, provider, _) = replayed(&cassette);
    let answer = provider.complete(asked, &call()).await.unwrap();
    assert_eq!(answer.text(), "used [GitHub token removed]");
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_fraction_is_found_however_the_fraction_was_written() {
    let mut asked = request("a");
    asked.temperature = Some(0.7);
    let cassette = recorded(vec![answer("one")], vec![asked.clone()]).await;
    let (short, long) = ("\"temperature\":0.7", "\"temperature\":0.699999988079071");
    assert!(cassette.contains(short) && !cassette.contains(long), "{cassette}");
    for cassette in [cassette.clone(), cassette.replace(short, long)] {
        let (_, provider, _) = replayed(&cassette);
        assert_eq!(provider.complete(asked.clone(), &call()).await.unwrap().text(), "one");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_can_not_be_written_fails() {
    #[derive(Debug)]
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("no space left"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let provider = Recorder::new(Full).wrap(Scripted::new([]));
    let error = provider.complete(request("a"), &call()).await.unwrap_err();
    assert_eq!(error.message, "the call can't be recorded: no space left");
}

#[tokio::test(start_paused = true)]
async fn a_recording_to_a_file_goes_on_after_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.jsonl");
    for words in ["a", "b"] {
        let provider = Recorder::append(&path).unwrap().wrap(Scripted::new([]));
        provider.complete(request(words), &call()).await.unwrap();
    }
    assert_eq!(Replayer::open(&path).unwrap().left(), 2);
}

#[test]
fn a_file_that_is_no_cassette_is_refused_with_the_line() {
    let error = Replayer::new("\n{\"request\": 1}\n").unwrap_err();
    assert!(error.to_string().starts_with("line 2 of the cassette: missing field `events`"), "{error}");
}
