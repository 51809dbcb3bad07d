//! The examples that run to an end.

use std::fs;

use super::example;

fn output(name: &str, arguments: &[&str]) -> String {
    let output = example(name).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {} {errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn quickstart_builds_a_tested_app_in_a_folder_on_node() {
    let folder = tempfile::tempdir().unwrap();
    let said = output("quickstart", &[folder.path().to_str().unwrap()]);
    assert!(said.contains("Done { verified: true }"), "{said}");
    let listed: Vec<(u64, &str)> = said
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(size, path)| (size.parse().unwrap(), path))
        .collect();
    assert!(listed.len() > 20, "{said}");
    for (size, path) in listed {
        assert_eq!(fs::metadata(folder.path().join(path)).unwrap().len(), size, "{path}");
    }
    assert!(fs::read_to_string(folder.path().join("README.md")).unwrap().contains("Tea shop"));
}

#[test]
fn an_agent_of_ones_own_adds_a_file_and_the_app_is_still_verified_on_node() {
    let said = output("custom_agent", &[]);
    assert!(said.contains("Done { verified: true }"), "{said}");
    assert_eq!(said.matches("Legal department:").count(), 1, "asked once: {said}");
    assert!(said.contains("holder: \"Example Ltd.\""), "the fact is in the state: {said}");
    assert!(said.contains("LICENSE:\nMIT License\n\nCopyright (c) Example Ltd."), "{said}");
}

#[test]
fn a_provider_of_ones_own_counts_calls_and_charges_for_them() {
    let said = output("custom_provider", &[]);
    let calls: u32 =
        said.lines().filter_map(|line| line.split_whitespace().next()?.parse::<u32>().ok()).sum();
    let end = said.lines().last().unwrap();
    assert!(end.starts_with(&format!("Done {{ verified: false }}: {calls} calls, $0.")), "{said}");
    let small: Vec<_> = said.lines().filter(|line| line.contains(" small ")).collect();
    assert!(
        matches!(small[..], [line] if line.ends_with("code_monkey/write")),
        "a model for one role: {said}"
    );
    assert!(said.contains("large  spec_writer/write"), "and another for the rest: {said}");
}

#[test]
fn events_go_on_where_the_connection_was_lost() {
    let said = output("stream_events", &[]);
    let number = |line: &str| line.split_whitespace().next()?.parse::<u64>().ok();
    let shown: Vec<u64> = said.lines().filter(|line| line.starts_with(' ')).filter_map(number).collect();
    let all: Vec<u64> = (1..=shown.len() as u64).collect();
    assert_eq!(shown, all, "every event once, in order: {said}");
    assert!(said.contains("-- the connection is lost after "), "{said}");
    assert!(said.contains("bytes from 0"), "pieces of answers are shown: {said}");
    assert!(said.ends_with(&format!("{} events, Done {{ verified: false }}\n", shown.len())), "{said}");
}
