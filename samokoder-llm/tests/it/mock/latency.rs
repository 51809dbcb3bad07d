//! How slow answers are, on a clock that is not real.

use std::time::Duration;

use samokoder_llm::mock::{Latency, MockServer, Reply, Script};
use tokio::time::Instant;

use super::{
    answering,
    client::{CHAT, MESSAGES, OLLAMA, RESPONSES, ask},
};

const FIRST: Duration = Duration::from_secs(3);
const TOKEN: Duration = Duration::from_millis(250);

#[tokio::test(start_paused = true)]
async fn a_stream_takes_the_time_of_its_first_byte_and_of_each_token() {
    for path in [CHAT, RESPONSES, MESSAGES, OLLAMA] {
        let reply = Reply::text("One two three four.").after(Latency::first_byte(FIRST).per_token(TOKEN));
        let server = answering(reply).await;
        let began = Instant::now();
        ask(&server, path, true).await;
        assert_eq!(began.elapsed().as_millis(), 4000, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_takes_as_long_as_the_stream_would() {
    let latency = Latency::first_byte(FIRST).per_token(TOKEN);
    let script = Script::default().otherwise(Reply::text("One two three four.")).with_latency(latency);
    let server = MockServer::start(script).await.unwrap();
    let began = Instant::now();
    ask(&server, CHAT, false).await;
    assert_eq!(began.elapsed().as_millis(), 4000);
}

#[tokio::test(start_paused = true)]
async fn slow_bytes_come_a_few_at_a_time() {
    let latency = Latency::default().in_chunks(10, Duration::from_millis(100));
    let server = answering(Reply::text("Слово за слово.").after(latency)).await;
    let began = Instant::now();
    let slow = ask(&server, CHAT, true).await;
    assert!(slow.chunks.iter().all(|chunk| chunk.len() <= 10));
    let first_of_events = slow.data().len();
    let waits = u128::try_from(slow.chunks.len() - first_of_events).unwrap();
    assert_eq!(began.elapsed().as_millis(), waits * 100);
    assert!(slow.chunks.iter().any(|chunk| std::str::from_utf8(chunk).is_err()), "characters are split too");
    let quick = ask(&answering(Reply::text("Слово за слово.")).await, CHAT, true).await;
    assert_eq!(slow.body, quick.body);
}
