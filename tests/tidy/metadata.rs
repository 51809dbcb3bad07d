//! What cargo knows about this workspace.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::Value;

/// `cargo metadata` with all features, for all platforms.
pub(crate) static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let json = cargo(&["metadata", "--format-version", "1", "--all-features", "--locked"]);
    serde_json::from_str(&json).expect("cargo metadata is JSON")
});

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs cargo and returns what it prints.
pub(crate) fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output();
    let output = output.expect("cargo can be started");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints text")
}

/// The packages of this workspace.
pub(crate) fn members() -> impl Iterator<Item = &'static Value> {
    packages().filter(|package| package["source"].is_null())
}

/// The packages of others.
pub(crate) fn foreign() -> impl Iterator<Item = &'static Value> {
    packages().filter(|package| !package["source"].is_null())
}

fn packages() -> impl Iterator<Item = &'static Value> {
    METADATA["packages"].as_array().expect("there are packages").iter()
}

/// A field of a package that is text.
pub(crate) fn text(package: &'static Value, field: &str) -> &'static str {
    package[field].as_str().unwrap_or_default()
}

/// Where a package lies.
pub(crate) fn folder(package: &'static Value) -> PathBuf {
    let manifest = Path::new(text(package, "manifest_path"));
    manifest.parent().expect("a manifest lies in a folder").to_owned()
}
