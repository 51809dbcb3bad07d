//! The example server, over HTTP.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    example,
    http::{self, Response, post},
};

struct Server {
    process: Child,
    address: String,
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process =
            example("server").arg(folder.path()).arg("0").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Listening on http://").unwrap().to_owned();
        Self { process, address, folder }
    }

    fn begin(&self, description: &str) -> String {
        let (status, run) = post(&self.address, "/runs", &json!({ "description": description }).to_string());
        assert_eq!(status, 201, "{run}");
        run["id"].as_str().unwrap().to_owned()
    }

    /// The events after number `after`, each with the `id:` it came with.
    fn events(&self, run: &str, after: u64) -> impl Iterator<Item = (u64, Value)> + use<> {
        let Response { status, body } = self.follow(run, &format!("Last-Event-ID: {after}\r\n"));
        assert_eq!(status, 200);
        let mut id = 0;
        body.lines().map_while(Result::ok).filter_map(move |line| match line.split_once(": ")? {
            ("id", number) => {
                id = number.parse().unwrap();
                None
            }
            ("data", data) => Some((id, serde_json::from_str(data).unwrap())),
            _ => None,
        })
    }

    fn follow(&self, run: &str, headers: &str) -> Response {
        http::send(&self.address, "GET", &format!("/runs/{run}/events"), headers, "")
    }

    /// Ends as a person ends it, and waits for that.
    fn stop(mut self) -> bool {
        let interrupted =
            std::process::Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        assert!(interrupted.unwrap().success());
        self.process.wait().unwrap().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is gone already where it was stopped.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_run_is_followed_over_lost_connections_without_a_gap_or_a_double_on_node() {
    let server = Server::start();
    let run = server.begin("A shelf: games with title, players and year");
    let mut seen: Vec<(u64, Value)> = Vec::new();
    // Each connection is dropped after a few more events than the one before.
    for length in 1.. {
        let last = seen.last().map_or(0, |(id, _)| *id);
        seen.extend(server.events(&run, last).take(length));
        if seen.last().is_some_and(|(_, event)| event["type"] == "run_ended") {
            break;
        }
    }
    let numbers: Vec<u64> = seen.iter().map(|(id, _)| *id).collect();
    assert_eq!(numbers, (1..=seen.len() as u64).collect::<Vec<_>>());
    assert!(seen.iter().all(|(id, event)| event["seq"] == *id), "the id is the event's number");
    let (last, end) = seen.last().unwrap();
    assert_eq!(end["end"], json!({"end": "done", "verified": true}));
    assert!(server.folder.path().join(&run).join("README.md").exists(), "the app is in a folder of its own");

    assert!(server.events(&run, 0).eq(seen.iter().cloned()), "and all of it again for whoever comes late");
    assert_eq!(server.follow(&run, &format!("Last-Event-ID: {last}\r\n")).status, 204, "there is no more");
}

#[test]
fn a_question_is_answered_on_node() {
    let server = Server::start();
    let run = server.begin("Ideas: title, status (enum)");
    let mut events = server.events(&run, 0);
    let question = events.find_map(|(_, event)| {
        let change = event["changes"].as_array()?.first()?.clone();
        (change["change"] == "question_asked").then(|| change["question"].clone())
    });
    let question = question.unwrap();
    assert!(question["text"].as_str().unwrap().contains("tatus"), "{question}");

    let answers = format!("/runs/{run}/answers");
    let answer = json!({"question": question["id"], "answer": "raw, ripe"}).to_string();
    assert_eq!(post(&server.address, &answers, &answer).0, 202);
    assert!(events.any(|(_, event)| event["end"]["end"] == "done"), "the run goes on to its end");
    let written = events_of(&server, &run, "specification_written");
    assert!(written.to_string().contains(r#""values":["raw","ripe"]"#), "{written}");

    assert_eq!(post(&server.address, &answers, &answer).0, 409, "it is answered already");
    let unknown = json!({"question": "00000000-0000-8000-8000-000000000000", "answer": ""}).to_string();
    assert_eq!(post(&server.address, &answers, &unknown).0, 404);
}

fn events_of(server: &Server, run: &str, change: &str) -> Value {
    let mut changes =
        server.events(run, 0).filter_map(|(_, event)| event["changes"].as_array().cloned()).flatten();
    changes.find(|made| made["change"] == change).unwrap()
}

#[test]
fn what_is_wrong_is_said_in_json() {
    let server = Server::start();
    let refused = |(status, body): (u16, Value)| {
        assert!(
            body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()),
            "{status} {body}"
        );
        status
    };
    let address = &server.address;
    assert_eq!(refused(post(address, "/runs", "{")), 400);
    assert_eq!(refused(post(address, "/runs", r#"{"what": 1}"#)), 422);
    assert_eq!(refused(post(address, "/nowhere", "{}")), 404);
    assert_eq!(refused(http::json(server.follow("none", ""))), 404);
    let answer = json!({"question": "00000000-0000-8000-8000-000000000000", "answer": ""}).to_string();
    assert_eq!(refused(post(address, "/runs/none/answers", &answer)), 404);
}

#[test]
fn a_server_that_is_stopped_cancels_its_runs_and_ends_their_streams() {
    let server = Server::start();
    let run = server.begin("Ideas: title, status (enum)");
    let mut events = server.events(&run, 0);
    assert!(events.any(|(_, event)| event["kind"]["kind"] == "question"), "it waits for an answer");
    assert!(server.stop());
    let (_, last) = events.last().unwrap();
    assert_eq!(last["end"]["end"], "cancelled");
}
