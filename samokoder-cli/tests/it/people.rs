//! People who talk to a run from another terminal.

use std::fs;

use crate::command::{Place, QUESTION, Running};

/// A run that waits for an answer, with someone who could give it.
fn waiting(place: &Place) -> Running {
    let mut running = place.start(&["new", QUESTION, "--dir", "app", "--json"]);
    running.until("question_asked");
    running
}

#[test]
fn a_question_is_answered_from_another_terminal_while_the_run_waits_on_node() {
    let place = Place::new();
    let mut running = waiting(&place);
    let shown = place.expect(4, &["answer", "app"]);
    assert!(shown.out.contains("Which values can \"Status\""), "nobody to ask: it is shown: {}", shown.out);

    let answered = place.expect(0, &["answer", "app", "raw, ripe"]);
    assert!(answered.out.contains("the run goes on with it"), "{}", answered.out);
    running.until("run_ended");
    let ran = running.finish();
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains(r#""values":["raw","ripe"]"#));
    assert!(place.expect(2, &["answer", "app", "too late"]).err.contains("no question is open"));
}

#[test]
fn a_run_is_cancelled_from_another_terminal_on_node() {
    let place = Place::new();
    let mut running = waiting(&place);
    let cancelled = place.expect(0, &["cancel", "app"]);
    assert!(cancelled.out.contains("resume app"), "how to go on: {}", cancelled.out);
    running.until("cancelled");
    assert_eq!(running.finish().code, Some(1));
    assert!(place.expect(2, &["cancel", "app"]).err.contains("no run is working on this app"));
    place.expect(4, &["resume", "app"]);
}

#[test]
fn only_one_run_works_on_an_app() {
    let place = Place::new();
    let _running = waiting(&place);
    let second = place.expect(1, &["resume", "app"]);
    assert!(second.err.contains("another run is working on this project"), "{}", second.err);
    let log = place.expect(0, &["log", "app"]).out;
    assert!(log.contains("asks: Which values"), "but everyone may look: {log}");
}

#[test]
fn a_question_is_answered_after_the_run_has_ended_on_node() {
    let place = Place::new();
    let ended = place.expect(4, &["new", QUESTION, "--dir", "app"]);
    assert!(ended.out.contains("Waiting for an answer"), "{}", ended.out);
    assert!(ended.out.contains("answer app"), "what to type: {}", ended.out);
    place.expect(4, &["resume", "app"]);
    assert!(
        place
            .expect(2, &["answer", "app", "x", "--question", "zzz"])
            .err
            .contains("no open question has that id")
    );

    let answered = place.expect(0, &["answer", "app", "raw, ripe"]);
    assert!(answered.out.contains("resume app"), "{}", answered.out);
    let again = place.expect(2, &["answer", "app", "something else"]);
    assert!(again.err.contains("it is answered already; go on with: "), "{}", again.err);
    place.expect(0, &["resume", "app"]);
    let shown = place.expect(0, &["show", "app"]).out;
    assert!(shown.contains("enumeration: raw, ripe"), "{shown}");
}

#[test]
fn of_answers_at_the_same_time_one_counts_and_the_others_are_told_on_node() {
    let place = Place::new();
    place.expect(4, &["new", QUESTION, "--dir", "app"]);
    for round in 0..6 {
        fs::remove_dir_all(place.path("copy")).ok();
        assert!(
            std::process::Command::new("cp")
                .args(["-r", "app", "copy"])
                .current_dir(place.path(""))
                .status()
                .unwrap()
                .success()
        );
        let answers: Vec<_> =
            (0..4).map(|n| place.start(&["answer", "copy", &format!("raw{n}, ripe{n}")])).collect();
        let ended: Vec<_> = answers.into_iter().map(Running::finish).collect();
        let won = ended.iter().filter(|ran| ran.code == Some(0)).count();
        assert_eq!(won, 1, "round {round}: {ended:#?}");
        assert!(ended.iter().all(|ran| ran.code == Some(0) || ran.err.contains("answered")), "{ended:#?}");
    }
}
