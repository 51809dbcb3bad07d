//! What someone sees who is, or is not, at a terminal.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::command::{Place, QUESTION, Running, SMALL};

const ESCAPE: char = '\u{1b}';

/// How long after Ctrl-C a run may take to end.
const SECOND: Duration = Duration::from_secs(1);

/// A command at a terminal that `script` makes for it.
fn at_a_terminal(place: &Place, arguments: &str, environment: &[(&str, &str)]) -> Running {
    let typed = format!("{} {arguments}", env!("CARGO_BIN_EXE_samokoder"));
    let mut command = Command::new("script");
    command.args(["-qefc", &typed, "/dev/null"]).current_dir(place.path("")).env_remove("NO_COLOR");
    command.env("TERM", "xterm-256color").envs(environment.iter().copied());
    Running::start(command)
}

/// Whether a text sets colours or weights.
fn is_coloured(text: &str) -> bool {
    let codes = text.split("\u{1b}[").skip(1);
    codes
        .filter_map(|code| code.split_once('m'))
        .any(|(code, _)| code.chars().all(|c| c.is_ascii_digit() || c == ';') && !["", "0"].contains(&code))
}

fn is_interrupted_within_a_second(place: &Place, running: Running) {
    let began = Instant::now();
    running.signal("INT");
    let ran = running.finish();
    assert!(began.elapsed() < SECOND, "it took {:?}", began.elapsed());
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("Stopped. Everything finished is kept."), "{}", ran.out);
    assert!(ran.out.lines().last().unwrap().ends_with("resume app"), "{}", ran.out);
    place.expect(0, &["resume", "app"]);
}

#[test]
fn an_interrupt_stops_a_run_within_a_second_and_says_how_to_go_on_on_node() {
    let place = Place::new();
    let mut running = place.start(&["new", SMALL, "--dir", "app"]);
    running.until("code-monkey");
    is_interrupted_within_a_second(&place, running);
}

#[test]
fn an_interrupt_stops_the_apps_own_tests_within_a_second_on_node() {
    let place = Place::new();
    let mut running = place.start(&["new", SMALL, "--dir", "app"]);
    running.until("in the sandbox");
    is_interrupted_within_a_second(&place, running);
}

#[test]
fn away_from_a_terminal_there_are_plain_lines_on_node() {
    let place = Place::new();
    let ran = place.expect(0, &["new", SMALL, "--dir", "app"]);
    assert!(!ran.out.contains(ESCAPE) && !ran.err.contains(ESCAPE), "{ran:?}");
    assert!(ran.out.contains("Model: offline. This is the built-in rule-based model"), "{}", ran.out);
    assert!(ran.out.contains("--model PROVIDER:MODEL"), "and how to use a real one: {}", ran.out);
    for agent in ["spec-writer", "architect", "tech-lead", "developer", "code-monkey", "executor"] {
        assert!(ran.out.lines().any(|line| line.starts_with(agent)), "{agent}: {}", ran.out);
    }
    let cost = ran.out.lines().find(|line| line.starts_with("Cost")).unwrap();
    assert!(cost.contains(" calls, 0 tokens, $0. Time: "), "{cost}");
    assert!(ran.out.lines().last().unwrap().ends_with("run app"), "the next command to type: {}", ran.out);
}

#[test]
fn a_terminal_shows_colours_unless_told_not_to_on_node() {
    let place = Place::new();
    let ran = at_a_terminal(&place, "new 'A jar: coins with a title' --dir app", &[]).finish();
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(is_coloured(&ran.out), "{}", ran.out);
    let ran =
        at_a_terminal(&place, "new 'A jar: coins with a title' --dir other", &[("NO_COLOR", "1")]).finish();
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(!is_coloured(&ran.out), "{:?}", ran.out);
}

#[test]
fn a_question_is_put_and_answered_at_a_terminal_on_node() {
    let place = Place::new();
    let mut running = at_a_terminal(&place, &format!("new '{QUESTION}' --dir app"), &[]);
    // A terminal has no lines to wait for; from another one it can be seen that the question is open.
    while place.run(&["answer", "app"]).code != Some(4) {
        assert!(running.is_going_on(), "it ended without a question");
    }
    running.say("raw, ripe");
    let ran = running.finish();
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(
        ran.out.contains("Which values can \"Status\"") && ran.out.contains("Enter to leave it open"),
        "{}",
        ran.out
    );
    assert!(place.expect(0, &["show", "app"]).out.contains("enumeration: raw, ripe"));
}

#[test]
fn whoever_reads_only_the_first_line_is_not_told_about_it() {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    let mut command = Command::new("sh");
    let typed = format!("{} log app | head -n 1", env!("CARGO_BIN_EXE_samokoder"));
    command.args(["-c", &typed]).current_dir(place.path(""));
    let ran = Running::start(command).finish();
    assert_eq!((ran.code, ran.err.as_str(), ran.out.lines().count()), (Some(0), "", 1));
}
