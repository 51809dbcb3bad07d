//! `--json`: a program watches and is the person.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::command::{Place, QUESTION, Ran, Running, SMALL};

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?}"))
}

/// Waits for the question and returns it.
fn asked(running: &mut Running) -> Value {
    let event = parse(&running.until("question_asked"));
    let changes = event["changes"].as_array().unwrap();
    changes.iter().find(|change| change["change"] == "question_asked").unwrap()["question"].clone()
}

fn is_asked_and_answered_with(ran: &Ran, values: &Value) {
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains(&format!(r#""values":{values}"#)), "the answer is in the specification");
}

fn end(ran: &Ran) -> Value {
    ran.events().pop().unwrap()["end"].clone()
}

#[test]
fn events_are_objects_numbered_from_one_without_gaps_on_node() {
    let place = Place::new();
    let ran = place.expect(0, &["new", SMALL, "--dir", "app", "--json"]);
    assert_eq!(ran.err, "");
    let events = ran.events();
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], at + 1);
        assert!(event["at_ms"].is_u64() && event["type"].is_string(), "{event}");
    }
    let kinds: BTreeSet<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["commit", "ended", "intent", "outcome", "run_ended", "run_started", "started"].into());
    assert_eq!(end(&ran), json!({"end": "done", "verified": true}));

    let more = place.expect(0, &["resume", "app", "--json"]).events();
    assert_eq!(more[0]["seq"], events.len() + 1, "the next sitting goes on counting");
}

#[test]
fn an_error_is_no_event() {
    let ran = Place::new().expect(2, &["new", "", "--json"]);
    assert_eq!(ran.out, "");
    assert!(ran.err.starts_with("error: "), "{}", ran.err);
}

#[test]
fn a_question_is_answered_by_its_id_on_node() {
    let place = Place::new();
    let mut running = place.start(&["new", QUESTION, "--dir", "app", "--json"]);
    let question = asked(&mut running);
    assert!(question["text"].as_str().unwrap().contains("Status"), "{question}");
    running.say("this is not JSON");
    running.say(&json!({"answer": "raw, ripe", "question": question["id"]}).to_string());
    let ran = running.finish();
    is_asked_and_answered_with(&ran, &json!(["raw", "ripe"]));
    assert!(ran.err.contains("this is not JSON"), "what can't be understood is said: {}", ran.err);
}

#[test]
fn a_question_can_be_answered_before_it_is_asked_on_node() {
    let place = Place::new();
    let mut running = place.start(&["new", QUESTION, "--dir", "app", "--json"]);
    running.say(r#"{"answer": "one, two"}"#);
    is_asked_and_answered_with(&running.finish(), &json!(["one", "two"]));
}

#[test]
fn a_person_who_leaves_ends_the_run_with_the_question_open_on_node() {
    let place = Place::new();
    let mut running = place.start(&["new", QUESTION, "--dir", "app", "--json"]);
    let question = asked(&mut running);
    let left = running.finish();
    assert_eq!((left.code, &end(&left)["end"]), (Some(4), &"waiting".into()));
    assert_eq!(end(&left)["questions"], json!([question["id"]]));

    let mut running = place.start(&["resume", "app", "--json"]);
    running.say(r#"{"answer": "here, gone"}"#);
    let ran = running.finish();
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let spec_calls =
        ran.events().iter().filter(|event| event["kind"]["template"] == "spec_writer/write").count();
    assert_eq!(spec_calls, 1, "the first call was finished and is not made again");
}

#[test]
fn defaults_answer_for_whoever_wants_no_questions_on_node() {
    let ran = Place::new().expect(0, &["new", QUESTION, "--dir", "app", "--json", "--yes"]);
    assert!(ran.out.contains("question_asked") && ran.out.contains("question_answered"), "it is on record");
    assert!(!ran.out.contains("enumeration"), "without values it is free text");
}

#[test]
fn a_run_is_cancelled_by_a_line_and_can_be_resumed_on_node() {
    let place = Place::new();
    let mut running = place.start(&["new", QUESTION, "--dir", "app", "--json"]);
    asked(&mut running);
    running.say(r#"{"cancel": true}"#);
    running.until("run_ended");
    let ran = running.finish();
    assert_eq!((ran.code, end(&ran)), (Some(1), json!({"end": "cancelled"})));
    place.expect(0, &["resume", "app", "--yes"]);
}
