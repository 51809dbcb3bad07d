//! What can't be meant is one clear error with exit code 2, and what was there is as it was.

use crate::command::{Place, QUESTION, SMALL};

/// Types something that is refused, and looks for words in the one line that says why.
fn refused(place: &Place, arguments: &[&str], why: &str) {
    let before = place.everything();
    let ran = place.expect(2, arguments);
    assert!(ran.err.starts_with("error: ") && ran.err.contains(why), "{arguments:?}: {}", ran.err);
    assert_eq!(ran.out, "", "{arguments:?}");
    place.is_as_before(&before, &arguments.join(" "));
    assert!(!place.path("app").exists() || !before.is_empty(), "{arguments:?} left a folder behind");
}

#[test]
fn a_description_that_says_nothing_is_refused() {
    let place = Place::new();
    for empty in ["", "   ", "\n\t"] {
        refused(&place, &["new", empty, "--dir", "app"], "say what to build, for example");
    }
    refused(&place, &["new", "hello", "--dir", "app"], "names nothing to build");
    refused(&place, &["new", "make me rich"], "names nothing to build");
    refused(&place, &["new", "сделай мне хорошо", "--dir", "app"], "например");
}

#[test]
fn a_name_that_nothing_has_is_refused() {
    let place = Place::new();
    for (flag, value, why) in [
        ("--model", "nobody:x", "there is no provider of models \"nobody\""),
        ("--model", "offline:x", "this provider has one model"),
        ("--model", ":", "is not a model"),
        ("--store", "mysql:x", "there is no store"),
        ("--store", "sqlite:", "there is no store"),
        ("--sandbox", "bunker", "there is no sandbox"),
        ("--max-cost", "lots", "give an amount of dollars"),
        ("--max-cost", "-1", "give an amount of dollars"),
        ("--max-parallel", "0", "0"),
        ("--frobnicate", "1", "--frobnicate"),
    ] {
        refused(&place, &["new", SMALL, "--dir", "app", flag, value], why);
    }
    refused(&place, &["dance"], "dance");
}

#[test]
fn a_configuration_that_says_something_unknown_is_refused() {
    let place = Place::new();
    for (text, why) in [
        ("colour = 1", "colour"),
        ("[limits]\ncalls = -1", "calls"),
        ("[limits]\ncost_usd = -1.0", "cost_usd: give an amount of dollars"),
        ("[models]\ncode-monky = \"offline\"", "\"code-monky\"; choose from: spec-writer, architect, "),
        ("model = \"\"", "is not a model"),
        ("[", "samokoder.toml"),
    ] {
        place.write("samokoder.toml", text);
        refused(&place, &["new", SMALL, "--dir", "app"], why);
    }
}

#[test]
fn a_folder_that_is_not_empty_is_left_alone() {
    let place = Place::new();
    place.write("app/thesis.txt", "years of work");
    refused(&place, &["new", SMALL, "--dir", "app"], "app is not empty; choose another folder with --dir");
    refused(&place, &["new", SMALL, "--dir", "app/thesis.txt"], "thesis.txt");
    // `new` names the folder after the app when nothing else is said.
    place.write("jar/lid", "");
    refused(&place, &["new", SMALL], "jar is not empty");
}

#[test]
fn a_folder_without_an_app_is_refused() {
    let place = Place::new();
    place.write("plain/file", "");
    for command in ["resume", "answer", "cancel", "log", "show", "run"] {
        refused(&place, &[command, "nowhere"], "nowhere is not an app that samokoder made");
        refused(&place, &[command, "plain"], "plain is not an app that samokoder made");
    }
    refused(&place, &["export", "plain", "app.zip"], "plain is not an app that samokoder made");
}

#[test]
fn a_finished_app_is_never_built_over_on_node() {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app"]);
    refused(&place, &["new", "Add tags", "--dir", "app"], "Changing a finished app is not possible yet");
    refused(&place, &["new", SMALL, "--dir", "app"], "Nothing was touched");
    refused(&place, &["answer", "app", "yes"], "no question is open");
    assert!(place.expect(2, &["cancel", "app"]).err.contains("there is nothing to stop"));
}

#[test]
fn a_version_that_never_was_is_refused() {
    let place = Place::new();
    place.expect(4, &["new", QUESTION, "--dir", "app"]);
    for version in ["0", "99999"] {
        let why = format!("app has no version {version}; the latest is ");
        refused(&place, &["show", "app", "--at", version], &why);
    }
}

#[test]
fn a_folder_that_cant_be_made_is_said_with_what_to_do() {
    let place = Place::new();
    place.write("thesis.txt", "years of work");
    for (arguments, why) in [
        (["--dir", "thesis.txt/app"], "choose another folder with --dir"),
        (["--store", "sqlite:thesis.txt/state.db"], "name a folder that may be written"),
    ] {
        let failed = place.run(&[&["new", SMALL], &arguments[..]].concat());
        assert!(failed.err.starts_with("error: ") && failed.err.contains(why), "{failed:?}");
        assert_eq!((failed.out.as_str(), place.everything().len()), ("", 1));
    }
}

#[test]
fn help_and_version_are_there() {
    let place = Place::new();
    assert_eq!(place.expect(0, &["--version"]).out, format!("samokoder {}\n", env!("CARGO_PKG_VERSION")));
    let help = place.expect(0, &["--help"]).out;
    for command in ["new", "resume", "answer", "cancel", "log", "show", "run", "export"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {help}");
    }
    for more in ["samokoder.toml", "Exit status: 0 done", "samokoder new \"A library: "] {
        assert!(help.contains(more), "{more}: {help}");
    }
    assert!(
        place.expect(2, &[]).err.contains("Usage: samokoder"),
        "nothing typed is a question, not an order"
    );
}
