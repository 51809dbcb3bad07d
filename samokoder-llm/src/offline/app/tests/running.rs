//! Generated apps pass their own tests.

use std::path::Path;
use std::process::Command;

use samokoder_core::project::Specification;

use super::super::{Runtime, architecture};
use super::{files, fixtures};

fn passes_its_own_tests(spec: &Specification, runtime: Runtime) {
    let folder = tempfile::tempdir().unwrap();
    write(spec, runtime, folder.path());
    let [program, arguments @ ..] = &*architecture(spec, runtime).test else {
        panic!("there is no test command")
    };
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("HOME")
        // Node's test runner, started by one, would report to that.
        .env_remove("NODE_TEST_CONTEXT")
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed on the PATH: {error}"));
    let shown = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}");
}

fn write(spec: &Specification, runtime: Runtime, folder: &Path) {
    for (path, text) in files(spec, runtime) {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

#[test]
fn library_on_node() {
    passes_its_own_tests(&fixtures::library(), Runtime::Node);
}

#[test]
fn shop_on_node() {
    passes_its_own_tests(&fixtures::shop(), Runtime::Node);
}

#[test]
fn one_field_on_node() {
    passes_its_own_tests(&fixtures::single(), Runtime::Node);
}

#[test]
fn hostile_on_node() {
    passes_its_own_tests(&fixtures::hostile(), Runtime::Node);
}

#[test]
fn library_on_python() {
    passes_its_own_tests(&fixtures::library(), Runtime::Python);
}

#[test]
fn shop_on_python() {
    passes_its_own_tests(&fixtures::shop(), Runtime::Python);
}

#[test]
fn one_field_on_python() {
    passes_its_own_tests(&fixtures::single(), Runtime::Python);
}

#[test]
fn hostile_on_python() {
    passes_its_own_tests(&fixtures::hostile(), Runtime::Python);
}
