//! Every crate is fit to be published.

use std::fs;

use super::metadata::{folder, members, text};

/// The crates with system calls in modules of their own. All others forbid unsafe code.
const DENY_UNSAFE: [&str; 1] = ["samokoder-sandbox"];

#[test]
fn every_published_crate_says_what_it_is() {
    for package in members().filter(|package| package["publish"].is_null()) {
        let name = text(package, "name");
        for field in ["description", "license", "repository", "readme", "rust_version"] {
            assert!(!text(package, field).is_empty(), "{name} has no {field}");
        }
        assert!(text(package, "description").ends_with('.'), "{name}: a description is a sentence");
        for list in ["keywords", "categories"] {
            let count = package[list].as_array().unwrap().len();
            assert!((1..=5).contains(&count), "{name} has {count} {list}; one to five are allowed");
        }
        let readme = folder(package).join(text(package, "readme"));
        assert!(readme.is_file(), "{name}: {} is not there", readme.display());
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(folder(package).join(licence).is_file(), "{name} is published without {licence}");
        }
    }
}

#[test]
fn every_library_forbids_unsafe_code() {
    for package in members() {
        let name = text(package, "name");
        for target in package["targets"].as_array().unwrap() {
            let is_library = target["kind"].as_array().unwrap().iter().any(|kind| kind == "lib");
            if !is_library {
                continue;
            }
            let source = fs::read_to_string(text(target, "src_path")).unwrap();
            let says = |level: &str| source.contains(&format!("#![{level}(unsafe_code)]"));
            let denied = DENY_UNSAFE.contains(&name) && says("deny");
            assert!(says("forbid") || denied, "{name}: its lib.rs does not forbid unsafe code");
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for package in members() {
        let manifest = fs::read_to_string(text(package, "manifest_path")).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} has lints of its own",
            text(package, "name")
        );
    }
}
