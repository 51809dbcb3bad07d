//! Which crates there are, and which features they have.

use std::{fs, io, path::Path};

/// Each crate without features, then with each of its features alone, as arguments of cargo.
///
/// Where a feature of the root does nothing but turn on one of a member's, the root is checked with it, and the member
/// on the way.
///
/// # Errors
/// When a manifest can't be read.
pub(crate) fn feature_sets(root: &Path) -> io::Result<Vec<String>> {
    let workspace = fs::read_to_string(root.join("Cargo.toml"))?;
    let mut manifests = vec![workspace.clone()];
    for member in members(&workspace) {
        manifests.push(fs::read_to_string(root.join(member).join("Cargo.toml"))?);
    }
    let mut sets = Vec::new();
    for manifest in manifests {
        let features = features(&manifest);
        let name =
            package(&manifest).ok_or_else(|| io::Error::other("a manifest without a package's name"))?;
        // Without features of its own a crate is checked with all the rest.
        if !features.is_empty() {
            sets.push(format!("-p {name} --no-default-features"));
        }
        let own = features.iter().filter(|feature| !is_forwarded(&workspace, name, feature));
        sets.extend(own.map(|feature| format!("-p {name} --no-default-features --features {feature}")));
    }
    Ok(sets)
}

/// The lines of a table of a manifest.
fn table<'a>(manifest: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let header = format!("[{name}]");
    let after = manifest.lines().skip_while(move |line| line.trim() != header).skip(1);
    after.take_while(|line| !line.starts_with('['))
}

fn package(manifest: &str) -> Option<&str> {
    let name = table(manifest, "package").find_map(|line| line.strip_prefix("name"))?;
    quoted(name).next()
}

/// The features but `default`, which is a set of them.
fn features(manifest: &str) -> Vec<&str> {
    table(manifest, "features")
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphanumeric()))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .filter(|name| *name != "default")
        .collect()
}

/// Whether a feature in the workspace's root is this one of a member's under another name.
fn is_forwarded(workspace: &str, member: &str, feature: &str) -> bool {
    let same = [format!("dep:{member}"), format!("{member}/{feature}")];
    table(workspace, "features").any(|line| quoted(line).eq(&same))
}

/// The crates of a workspace beside its root.
fn members(workspace: &str) -> impl Iterator<Item = &str> {
    let list = workspace.split_once("\nmembers = [").map_or("", |(_, list)| list);
    quoted(list.split(']').next().unwrap_or_default())
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"[workspace]
members = [
    "one",
    "two",
]
default-members = [".", "one"]

[package]
name = "root"

[features]
default = ["a", "b"]
# Says why.
a = ["dep:x", "x/y"]
b = [
    "a",
]

[dependencies]
x = "1"
"#;

    #[test]
    fn what_matters_is_read_from_a_manifest() {
        assert_eq!(members(MANIFEST).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(package(MANIFEST), Some("root"));
        assert_eq!(features(MANIFEST), ["a", "b"]);
        assert!(is_forwarded(MANIFEST, "x", "y") && !is_forwarded(MANIFEST, "x", "a"));
        assert!(features("[package]\nname = \"x\"\n").is_empty());
    }

    #[test]
    fn every_feature_of_this_workspace_is_checked_on_its_own() {
        let sets = feature_sets(&super::super::root()).unwrap();
        for set in ["samokoder", "samokoder-core --no-default-features --features agents"] {
            let set = format!("-p {set}");
            assert!(sets.iter().any(|known| known.starts_with(&set)), "{set} is not in {sets:?}");
        }
    }
}
