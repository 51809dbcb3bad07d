//! What `samokoder.toml` says of what agents may run and write.

use crate::command::{Place, SMALL};

const BUILD: [&str; 6] = ["new", SMALL, "--dir", "app", "--sandbox", "none"];

#[test]
fn rules_of_ones_own_come_before_the_built_in_ones_and_a_refusal_names_them() {
    let place = Place::new();
    let rules = r#"
[[policy.commands]]
rule = "only-python-here"
programs = ["node"]
then = "deny"
reason = "this machine is for Python"
"#;
    place.write("samokoder.toml", rules);
    let ran = place.expect(1, &BUILD);
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("only-python-here") && said.contains("this machine is for Python"), "{ran:#?}");
}

#[test]
fn the_offline_models_apps_are_within_the_built_in_policy_and_rules_that_allow_change_nothing() {
    let place = Place::new();
    place.write("samokoder.toml", "[[policy.paths]]\npatterns = [\".env\"]\nthen = \"allow\"\n");
    place.expect(0, &BUILD);
}

#[test]
fn a_rule_that_makes_no_sense_is_told_before_anything_is_done() {
    let place = Place::new();
    place.write("samokoder.toml", "[[policy.paths]]\npatterns = [\".env\"]\nthen = \"perhaps\"\n");
    let ran = place.expect(2, &BUILD);
    assert!(ran.err.contains("samokoder.toml") && ran.err.contains("perhaps"), "{ran:#?}");
}
