//! What comes in from outside is what `deny.toml` lets in.

use std::{collections::BTreeSet, fs};

use super::metadata::{foreign, root, text};

fn rules() -> toml::Table {
    let rules = fs::read_to_string(root().join("deny.toml")).expect("deny.toml is there");
    rules.parse().expect("deny.toml is TOML")
}

fn strings(list: &toml::Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().map(|entry| entry.as_str().expect("a list of strings"))
}

#[test]
fn every_licence_is_allowed() {
    let rules = rules();
    let allowed: BTreeSet<_> = strings(&rules["licenses"]["allow"]).collect();
    let exceptions = rules["licenses"]["exceptions"].as_array().unwrap();
    for package in foreign() {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        let own = exceptions.iter().find(|exception| exception["crate"].as_str() == Some(name));
        let own: BTreeSet<_> = own.into_iter().flat_map(|exception| strings(&exception["allow"])).collect();
        let is_allowed = |licence: &str| allowed.contains(licence) || own.contains(licence);
        assert!(permits(licence, &is_allowed), "{name}: {licence:?} is not among the licences in deny.toml");
    }
}

#[test]
fn every_crate_comes_from_the_one_registry() {
    let sources: BTreeSet<_> = foreign().map(|package| text(package, "source")).collect();
    assert!(sources.iter().all(|source| source.starts_with("registry+")), "{sources:?}");
    assert_eq!(sources.len(), 1, "{sources:?}");
}

#[test]
fn banned_crates_stay_out() {
    let rules = rules();
    for ban in rules["bans"]["deny"].as_array().unwrap() {
        let (name, reason) = (ban["crate"].as_str().unwrap(), ban["reason"].as_str().unwrap());
        assert!(!foreign().any(|package| text(package, "name") == name), "{name}: {reason}");
    }
}

/// Whether a licence expression can be met. `AND` binds stronger than `OR`; old manifests write `/` for `OR`, and `+`
/// for later versions, of which the first is one.
fn permits(expression: &str, is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any(&mut rest, is_allowed);
    met && rest.is_empty()
}

fn any(words: &mut &[&str], is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all(words, is_allowed);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= all(words, is_allowed);
    }
    met
}

fn all(words: &mut &[&str], is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, is_allowed);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words, is_allowed);
    }
    met
}

fn one(words: &mut &[&str], is_allowed: &dyn Fn(&str) -> bool) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = any(words, is_allowed);
            *words = words.strip_prefix(&[")"]).unwrap_or(words);
            met
        }
        [licence, "WITH", exception, rest @ ..] => {
            *words = rest;
            is_allowed(&format!("{licence} WITH {exception}"))
        }
        [licence, rest @ ..] => {
            *words = rest;
            is_allowed(licence.trim_end_matches('+'))
        }
        [] => false,
    }
}

#[test]
fn a_licence_expression_is_met_by_the_licences_it_asks_for() {
    let is_met = |expression| permits(expression, &|licence| ["MIT", "Zlib"].contains(&licence));
    for met in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(GPL-3.0 OR MIT) AND Zlib", "GPL-3.0 AND X OR MIT+"]
    {
        assert!(is_met(met), "{met}");
    }
    for unmet in ["", "GPL-3.0", "MIT AND GPL-3.0", "GPL-3.0 AND MIT OR X", "MIT WITH X", "(MIT OR X) AND Y"]
    {
        assert!(!is_met(unmet), "{unmet}");
    }
}
