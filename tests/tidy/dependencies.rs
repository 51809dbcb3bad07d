//! Arrows never point up, and little comes in from outside.

use std::collections::BTreeSet;

use super::metadata::{cargo, members, text};

/// The crates, each with its layer, counted from below, and what it may depend on here.
const LAYERS: [(&str, usize, &[&str]); 6] = [
    ("samokoder-core", 0, &[]),
    ("samokoder-llm", 1, &["samokoder-core"]),
    ("samokoder-sandbox", 1, &["samokoder-core"]),
    ("samokoder-store", 1, &["samokoder-core"]),
    ("samokoder", 2, &["samokoder-core", "samokoder-llm", "samokoder-sandbox", "samokoder-store"]),
    ("samokoder-cli", 3, &["samokoder"]),
];

/// What the core reaches only through its ports.
const NOT_IN_CORE: [&str; 8] =
    ["axum", "bollard", "hyper", "object_store", "reqwest", "rusqlite", "sqlx", "tonic"];

/// Crates that someone gets with `samokoder` and its default features, this workspace's own among them. Lower it when
/// it can be lowered; raise it only for something that every user needs.
const DEFAULT_TREE: usize = 140;

#[test]
fn crates_depend_only_on_the_layers_below() {
    let layer_of = |name: &str| LAYERS.iter().find(|(crate_name, ..)| *crate_name == name);
    for package in members() {
        let name = text(package, "name");
        // Only this workspace's own have a path.
        let inner =
            package["dependencies"].as_array().unwrap().iter().filter(|found| !found["path"].is_null());
        for dependency in inner {
            let (on, is_for_tests) = (text(dependency, "name"), dependency["kind"] == "dev");
            let Some((_, below, _)) = layer_of(on) else {
                panic!("{name} depends on {on}, which belongs to no layer");
            };
            match layer_of(name) {
                // Examples, benchmarks and bindings are above all layers.
                None => {}
                Some((_, layer, _)) if is_for_tests => {
                    assert!(below < layer || on == name, "{name} is tested with {on}, which is not below it");
                }
                Some((.., allowed)) => {
                    assert!(allowed.contains(&on), "{name} depends on {on}; it may only on {allowed:?}");
                }
            }
        }
    }
}

#[test]
fn the_core_knows_no_http_no_sql_and_no_docker() {
    let tree = tree(&["-p", "samokoder-core", "--all-features"]);
    let found: Vec<_> = tree.iter().filter(|name| NOT_IN_CORE.contains(&name.as_str())).collect();
    assert!(found.is_empty(), "samokoder-core depends on {found:?}");
}

#[test]
#[expect(clippy::print_stdout, reason = "shown with --nocapture: the figure that the limit is set by")]
fn the_default_tree_stays_small() {
    let count = tree(&["-p", "samokoder"]).len();
    println!("samokoder with its default features is {count} crates");
    assert!(count <= DEFAULT_TREE, "samokoder brings {count} crates, more than {DEFAULT_TREE}");
}

/// The names of all crates that a crate is built with.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let tree = cargo(&[&["tree", "--locked", "--edges", "normal", "--prefix", "none"], arguments].concat());
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}
