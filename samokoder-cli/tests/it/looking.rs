//! What was asked and answered, and what differs between two versions.

use std::fs;

use serde_json::Value;

use crate::command::{Place, SMALL};

fn built() -> Place {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    place
}

#[test]
fn each_call_is_listed_with_its_agent_prompt_answer_tokens_cost_and_time() {
    let place = built();
    let calls = place.expect(0, &["log", "app", "--calls"]).out;
    let first = calls.split("\n\n").next().unwrap();
    for part in ["#", "spec-writer", "offline", "done", "tokens in", "$0", " ms", "spec_writer/write", SMALL]
    {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert!(first.contains("answered:") && first.contains("see --full"), "{first}");
    let full = place.expect(0, &["log", "app", "--calls", "--full"]).out;
    assert!(full.len() > 3 * calls.len() && !full.contains("see --full"));
    assert!(place.expect(2, &["log", "app", "--full"]).err.contains("--calls"));
}

#[test]
fn versions_and_calls_are_lines_of_json_too() {
    let place = built();
    let versions = place.expect(0, &["log", "app", "--json"]).events();
    assert_eq!((&versions[0]["type"], &versions[0]["who"]), (&"version".into(), &"you".into()));
    assert!(versions[0]["what"][0].as_str().unwrap().contains(SMALL));
    assert!(versions.iter().all(|version| version["at_ms"].as_u64() > Some(0)));
    let calls = place.expect(0, &["log", "app", "--calls", "--json"]).events();
    let call = &calls[0];
    assert_eq!((&call["agent"], &call["status"]), (&"spec-writer".into(), &"done".into()));
    assert!(
        call["messages"]
            .as_array()
            .unwrap()
            .iter()
            .any(|message| message["text"].as_str().unwrap().contains(SMALL))
    );
    for number in ["seq", "input_tokens", "output_tokens", "cost_picodollars", "latency_ms"] {
        assert!(call[number].is_u64(), "{number}: {call}");
    }
    assert!(call["answer"].as_str().unwrap().contains("specification"));
    assert!(calls.iter().map(|call| call["seq"].as_u64()).is_sorted(), "the first one first");
}

#[test]
fn a_diff_says_what_files_and_plan_are_that_they_were_not() {
    let place = built();
    fs::write(place.path("app/README.md"), "# Mine\n").unwrap();
    fs::remove_file(place.path("app/AGENTS.md")).unwrap();
    let before = place.expect(0, &["log", "app"]).out;
    let last = before.lines().last().unwrap().split_whitespace().next().unwrap();
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
    let diff = place.expect(0, &["diff", "app", last]).out;
    for line in ["--- a/README.md", "+++ b/README.md", "+# Mine", "--- a/AGENTS.md", "+++ /dev/null"] {
        assert!(diff.lines().any(|found| found == line), "{line}: {diff}");
    }
    let whole = place.expect(0, &["diff", "app", "2", last]).out;
    for part in
        ["+ name: Jar", "+ entity: Coin: title (text, required)", "+ task: ", "(finished)", "--- /dev/null"]
    {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    assert!(place.expect(0, &["diff", "app", last, last]).out.contains("They are the same"));
    let lines: Vec<Value> = place.expect(0, &["diff", "app", last, "--json"]).events();
    let file = lines.iter().find(|line| line["path"] == "AGENTS.md").unwrap();
    assert_eq!((&file["type"], &file["status"]), (&"file".into(), &"deleted".into()));
    assert!(
        lines
            .iter()
            .any(|line| line["path"] == "README.md" && line["diff"].as_str().unwrap().contains("+# Mine"))
    );
}

#[test]
fn gc_says_what_goes_and_keeps_tokens_and_cost_of_calls_whose_words_are_gone() {
    let place = built();
    let files = place.app("app");
    let kept = place.expect(0, &["gc", "app"]).out;
    assert!(kept.contains("Removed 0 contents that nothing refers to"), "{kept}");
    let calls = place.expect(0, &["log", "app", "--calls"]).out;
    let dry = place.expect(0, &["gc", "app", "--keep-calls", "0", "--dry-run"]).out;
    assert!(dry.contains("Would remove") && dry.contains("more than 0 days ago"), "{dry}");
    assert_eq!(place.expect(0, &["log", "app", "--calls"]).out, calls, "nothing was removed");
    place.write("samokoder.toml", "[history]\nkeep_calls_days = 0\n");
    let gone = place.expect(0, &["gc", "app"]).out;
    assert_eq!(gone, dry.replace("Would remove", "Removed"));
    assert!(!gone.lines().nth(1).unwrap().contains("Removed 0"), "{gone}");
    let calls = place.expect(0, &["log", "app", "--calls"]).out;
    assert!(calls.contains("no longer kept") && calls.contains("tokens in"), "{calls}");
    place.expect(0, &["rewind", "app", "--to", "2"]);
    place.expect(0, &["checkout", "app", "main"]);
    assert!(place.app("app") == files, "files are for ever");
}
