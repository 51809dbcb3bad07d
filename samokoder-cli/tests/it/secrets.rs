//! Keys are in no file, wherever they come from.

use samokoder_llm::mock::Script;

use crate::{
    command::{Place, QUESTION, SMALL},
    model::{KEY, Model, team, team_that_asks},
};

/// A key of a known form. Put together here, so that no scanner takes this file for a leak.
fn typed() -> String {
    format!("{}{}", "ghp_", "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3hJ5")
}

/// Files with this in them.
fn holding(place: &Place, secret: &str) -> Vec<String> {
    let has = |content: &[u8]| content.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
    place.everything().into_iter().filter(|(_, content)| has(content)).map(|(path, _)| path).collect()
}

#[test]
fn a_key_that_is_typed_into_a_description_is_in_no_file() {
    let place = Place::new();
    let description = format!("{SMALL}. Use the key {}", typed());
    place.expect(0, &["new", &description, "--dir", "app", "--sandbox", "none"]);
    assert_eq!(holding(&place, &typed()), [""; 0]);
    let shown = place.expect(0, &["show", "app"]).out;
    assert!(shown.contains("[GitHub token removed]"), "{shown}");
    let calls = place.expect(0, &["log", "app", "--calls", "--full"]).out;
    assert!(calls.contains("[GitHub token removed]") && !calls.contains(&typed()), "{calls}");
}

#[test]
fn a_header_of_the_configuration_that_is_typed_into_a_description_is_in_no_file() {
    const TOKEN: &str = "plainwords-of-a-gateway";
    let place = Place::new();
    let header = format!("[providers.compatible.headers]\nauthorization = \"Bearer {TOKEN}\"\n");
    place.write("samokoder.toml", &header);
    place.expect(0, &["new", &format!("{SMALL}. Use the key {TOKEN}"), "--dir", "app", "--sandbox", "none"]);
    assert_eq!(holding(&place, TOKEN), ["samokoder.toml"]);
}

#[test]
fn a_key_that_is_typed_into_an_answer_is_in_no_file() {
    let place = Place::new();
    place.expect(4, &["new", QUESTION, "--dir", "app", "--sandbox", "none"]);
    place.expect(0, &["answer", "app", &format!("raw, {}", typed())]);
    assert_eq!(holding(&place, &typed()), [""; 0], "before a run has taken it");
    place.run(&["resume", "app", "--sandbox", "none"]);
    assert_eq!(holding(&place, &typed()), [""; 0]);
}

#[test]
fn keys_that_a_model_echoes_are_in_no_file() {
    let mut script = team();
    // The key that the call was made with, in an answer, and one of a known form.
    let text = serde_json::to_string(&script).unwrap();
    let echoed = text.replace("It greets by name.", &format!("It greets {KEY} and {}.", typed()));
    assert_ne!(text, echoed);
    script = serde_json::from_str::<Script>(&echoed).unwrap();
    let (place, server) = (Place::new(), Model::start(script));
    let model = "openai:gpt-4o";
    let ran = server.run(
        &place,
        &[
            "new",
            "A greeter",
            "--dir",
            "app",
            "--model",
            model,
            "--max-cost",
            "50",
            "--yes",
            "--sandbox",
            "none",
        ],
    );
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    for secret in [KEY.to_owned(), typed()] {
        assert_eq!(holding(&place, &secret), [""; 0], "{secret}");
    }
    // What is compressed in the store is not found by looking at its bytes.
    let calls = place.expect(0, &["log", "app", "--calls", "--full"]).out;
    assert!(!calls.contains(KEY) && !calls.contains(&typed()), "{calls}");
    let shown = place.expect(0, &["show", "app"]).out;
    assert!(shown.contains("It greets [OPENAI_API_KEY removed] and [GitHub token removed]."), "{shown}");
}

#[test]
fn what_is_answered_where_a_password_is_asked_for_is_in_no_file_and_whoever_answers_is_told() {
    const ANSWER: &str = "marzipan";
    let (place, server) = (Place::new(), Model::start(team_that_asks("What is the admin's password?")));
    let choice = ["--model", "openai:gpt-4o", "--max-cost", "50", "--sandbox", "none"];
    let ran = server.run(&place, &[&["new", "A greeter", "--dir", "app"], &choice[..]].concat());
    assert_eq!(ran.code, Some(4), "{ran:#?}");
    let answered = place.expect(0, &["answer", "app", ANSWER]);
    assert!(answered.err.contains("keys and passwords are not kept"), "{answered:?}");
    assert!(answered.err.contains("[secret removed]") && !format!("{answered:?}").contains(ANSWER));
    assert_eq!(holding(&place, ANSWER), [""; 0], "before a run has taken it");
    let ran = server.run(&place, &["resume", "app"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(holding(&place, ANSWER), [""; 0]);
    let calls = place.expect(0, &["log", "app", "--calls", "--full"]).out;
    assert!(calls.contains("[secret removed]") && !calls.contains(ANSWER), "{calls}");
}

#[test]
fn whoever_says_so_keeps_what_looks_like_a_key() {
    let place = Place::new();
    place.write("samokoder.toml", "[history]\nredact = false\n");
    let description = format!("{SMALL}. Use the key {}", typed());
    place.expect(0, &["new", &description, "--dir", "app", "--sandbox", "none"]);
    assert!(place.expect(0, &["show", "app"]).out.contains(&typed()));
}

/// Secrets that have no form of their own, each as someone would type it.
const TOLD: [(&str, &str); 9] = [
    ("DB_PASSWORD=kJ8s7df6Gh3kLq92", "kJ8s7df6Gh3kLq92"),
    ("the admin's password is hunter2", "hunter2"),
    ("its data is in postgres://admin:pw77@db.example.org/coins", "pw77"),
    ("it sends Authorization: Bearer abc123def", "abc123def"),
    ("as https://example.org/?token=a1b2c3d4", "a1b2c3d4"),
    ("my api key is q1w2e3r4", "q1w2e3r4"),
    ("mysql -u root -pswordfish8", "swordfish8"),
    ("log in as bob with tulips77", "tulips77"),
    ("the password is marzipan", "marzipan"),
];

#[test]
fn what_is_typed_as_a_password_by_name_is_in_no_file() {
    let place = Place::new();
    let told: Vec<_> = TOLD.iter().map(|(text, _)| *text).collect();
    let description = format!("{SMALL}. Use this: {}.", told.join(", "));
    place.expect(0, &["new", &description, "--dir", "app", "--sandbox", "none"]);
    let shown = place.expect(0, &["show", "app"]).out;
    let calls = place.expect(0, &["log", "app", "--calls", "--full"]).out;
    for (_, secret) in TOLD {
        assert_eq!(holding(&place, secret), [""; 0], "{secret}");
        assert!(!shown.contains(secret) && !calls.contains(secret), "{secret}: {shown}{calls}");
    }
    assert!(shown.contains("the admin's password is [secret removed]"), "{shown}");
}

#[test]
fn secrets_of_an_address_that_are_typed_are_in_no_file() {
    let place = Place::new();
    let url = "http://ann:plain-words@localhost/v1?api-key=more-plain-words";
    place.write("samokoder.toml", &format!("[providers.compatible]\nbase_url = \"{url}\"\n"));
    let description = format!("{SMALL}. Remember plain-words and more-plain-words");
    place.expect(0, &["new", &description, "--dir", "app", "--sandbox", "none"]);
    assert_eq!(holding(&place, "plain-words"), ["samokoder.toml"]);
}

#[test]
fn a_file_named_or_filled_with_a_secret_stays_out_of_the_history() {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    place.write(&format!("app/{}.txt", typed()), "nothing");
    place.write("app/settings.py", "DB_PASSWORD = 'kJ8s7df6Gh3kLq92'\n");
    place.write("app/prod.env", "PORT=8080\n");
    place.write("app/compose.yaml", "environment:\n  POSTGRES_PASSWORD: tulip\n");
    place.write("app/example.py", "PASSWORD = 'changeme1'\n");
    let resumed = place.expect(0, &["resume", "app", "--json", "--sandbox", "none"]);
    assert!(resumed.err.contains("Left out of the history: settings.py"), "{resumed:?}");
    place.expect(0, &["rewind", "app", "--to", "2"]);
    let log = place.expect(0, &["log", "app", "--branch", "main"]).out;
    assert!(log.contains("example.py") && !log.contains("settings.py"), "{log}");
    assert!(!log.contains("prod.env") && !log.contains("compose.yaml"), "{log}");
    assert!(!log.contains(&typed()), "{log}");
    assert!(place.path("app/settings.py").exists(), "it stays where it is");
}
