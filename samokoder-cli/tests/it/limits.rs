//! Where a limit stops a run, whoever does what is said comes further.

use serde_json::json;

use crate::{
    command::{Place, Ran, SMALL},
    model::{Model, team, team_that_asks},
};

const BUILD: [&str; 6] = ["new", SMALL, "--dir", "app", "--sandbox", "none"];

/// What to type next.
fn next(ran: &Ran) -> &str {
    ran.out.lines().find_map(|line| line.strip_prefix("Next: ")).unwrap_or_else(|| panic!("{ran:#?}"))
}

/// Raises a limit as often as it is said, until the app is done. Says how often that was.
fn raised_until_done(limit: &str, least: u64) -> usize {
    let place = Place::new();
    let mut value = least;
    for round in 0..20 {
        place.write("samokoder.toml", &format!("[limits]\n{limit} = {value}\n"));
        let ran =
            if round == 0 { place.run(&BUILD) } else { place.run(&["resume", "app", "--sandbox", "none"]) };
        if ran.code == Some(0) {
            return round;
        }
        assert_eq!(ran.code, Some(3), "{ran:#?}");
        let (setting, command) = next(&ran)
            .strip_prefix("set `")
            .and_then(|hint| hint.split_once("` under [limits] in samokoder.toml, then: "))
            .unwrap_or_else(|| panic!("{ran:#?}"));
        assert!(command.ends_with("samokoder resume app"), "{command}");
        let raised = setting.strip_prefix(&format!("{limit} = ")).unwrap().parse().unwrap();
        assert!(raised > value, "{ran:#?}");
        value = raised;
    }
    panic!("20 times was not enough");
}

#[test]
fn whoever_raises_the_limit_on_calls_as_is_said_comes_to_the_end() {
    assert!((1..10).contains(&raised_until_done("calls", 0)));
}

#[test]
fn whoever_raises_the_limit_on_tokens_as_is_said_comes_to_the_end() {
    assert!((1..10).contains(&raised_until_done("tokens", 1)));
}

#[test]
fn a_sitting_that_was_too_short_is_gone_on_with() {
    let place = Place::new();
    place.write("samokoder.toml", "[limits]\nwall_s = 0\n");
    let ran = place.expect(3, &BUILD);
    assert!(next(&ran).contains("resume app") && next(&ran).contains("`wall_s` under [limits]"), "{ran:#?}");
}

#[test]
fn what_was_typed_stays_until_something_else_is() {
    let (place, server) = (Place::new(), Model::start(team_that_asks("Whom does it greet?")));
    let card = || std::fs::read_to_string(place.path("app/.samokoder/project.json")).unwrap();
    let model = ["--model", "openai:gpt-4o", "--max-cost", "50"];
    let begin =
        [&["new", "A greeter", "--dir", "app", "--sandbox", "remote:unix:no.sock"], &model[..]].concat();
    assert_ne!(server.run(&place, &begin).code, Some(0), "there is no broker, so that nothing begins");
    assert!(!place.path("app").exists());
    let begin = [&["new", "A greeter", "--dir", "app", "--sandbox", "none"], &model[..]].concat();
    assert_eq!(server.run(&place, &begin).code, Some(4));
    place.expect(0, &["answer", "app", "Ann"]);
    place.write("app/samokoder.toml", "model = \"offline\"\nsandbox = \"remote:unix:none.sock\"\n");
    let resumed = server.run(&place, &["resume", "app"]);
    assert_eq!(resumed.code, Some(0), "{resumed:#?}");
    assert!(resumed.out.contains("Model: openai:gpt-4o"), "{}", resumed.out);
    assert!(card().contains(r#""sandbox": "none""#), "{}", card());
    let again = server.run(&place, &["resume", "app", "--model", "offline", "--sandbox", "local"]);
    assert!(again.out.contains("Model: offline"), "{again:#?}");
    assert!(
        card().contains(r#""sandbox": "local""#) && card().contains(r#""model": "offline""#),
        "{}",
        card()
    );
}

#[test]
fn a_limit_that_was_typed_holds_though_the_run_was_killed_before_its_first_record() {
    let (place, server) = (Place::new(), Model::start(team()));
    let branch = json!({
        "scope": "local", "project": "01a22e9b-325f-75c2-9465-aba366b92ef1",
        "id": "01a22e9b-325f-75c2-9465-aba497a06e4d",
    });
    let card = json!({
        "store": "sqlite:state.db", "branch": branch, "description": "A greeter", "name": null,
        "model": "openai:gpt-4o", "sandbox": "none", "max_cost": 0.000_01,
    });
    place.write("app/.samokoder/project.json", &card.to_string());
    place.write("samokoder.toml", "[limits]\ncost_usd = 50.0\n");
    let ran = server.run(&place, &["resume", "app"]);
    assert_eq!((ran.code, server.server.stats().asked), (Some(3), 0), "{ran:#?}");
    let ran = server.run(&place, &["resume", "app", "--max-cost", "50"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
}

#[test]
fn the_configuration_beside_the_app_is_named_where_it_is() {
    let place = Place::new();
    place.write("app/samokoder.toml", "[limits]\ncalls = 3\n");
    let ran = place.expect(3, &BUILD);
    assert!(next(&ran).contains("under [limits] in app/samokoder.toml"), "{ran:#?}");
}

#[test]
fn tests_that_still_fail_are_mended_by_hand_or_in_more_rounds_on_node() {
    let place = Place::new();
    place.expect(0, &["new", SMALL, "--dir", "app"]);
    place.write("app/tests/app.test.mjs", "throw new Error('broken by hand');\n");
    place.write("samokoder.toml", "[limits]\nfixes = 0\n");
    let ran = place.expect(3, &["resume", "app"]);
    assert!(next(&ran).starts_with("mend it by hand, or set `fixes = 2` under [limits]"), "{ran:#?}");
}

#[test]
fn a_limit_stays_when_another_one_is_set_on_node() {
    let place = Place::new();
    place.write("samokoder.toml", "[limits]\ncalls = 5\n");
    place.expect(3, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    place.write("samokoder.toml", "[limits]\ntokens = 1000000\n");
    let stopped = place.expect(3, &["resume", "app", "--sandbox", "none", "--max-cost", "7"]);
    assert!(stopped.out.contains("limit on calls"), "{}", stopped.out);
    place.write("samokoder.toml", "[limits]\ncalls = 100\n");
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
}
