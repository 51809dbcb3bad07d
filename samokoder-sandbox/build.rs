//! Builds the programs that are embedded: the init program of `local`, the agent of `docker`, the suite's probe.
//!
//! They are programs of their own so that a session can start from any process, whatever that process has loaded,
//! how many threads it runs, and without running the embedding program a second time.

#![expect(clippy::panic, reason = "how a build script reports that it can't go on")]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo::rerun-if-changed=init");
    println!("cargo::rerun-if-changed=agent");
    println!("cargo::rerun-if-changed=inside");
    println!("cargo::rerun-if-changed=probe");
    println!("cargo::rustc-check-cfg=cfg(local_backend, docker_backend, probe_program)");
    let linux = variable("CARGO_CFG_TARGET_OS") == "linux";
    // System calls have other numbers on other architectures.
    let known = ["x86_64", "aarch64", "riscv64"].contains(&variable("CARGO_CFG_TARGET_ARCH").as_str());
    if !linux || !known {
        return;
    }
    if env::var_os("CARGO_FEATURE_LOCAL").is_some() {
        println!("cargo::rustc-cfg=local_backend");
        build("init", "samokoder_init", false);
    }
    if env::var_os("CARGO_FEATURE_DOCKER").is_some() {
        println!("cargo::rustc-cfg=docker_backend");
        // An image may have another C library, or none.
        build("agent", "samokoder_agent", true);
    }
    if env::var_os("CARGO_FEATURE_SUITE").is_some() {
        println!("cargo::rustc-cfg=probe_program");
        build("probe", "samokoder_probe", true);
    }
}

/// Compiles `FOLDER/main.rs` to a program of that name in the output folder.
fn build(folder: &str, name: &str, must_be_whole: bool) {
    let target = variable("TARGET");
    let output = PathBuf::from(variable("OUT_DIR")).join(folder);
    let mut rustc = Command::new(variable("RUSTC"));
    rustc
        .args(["--edition=2024", "--crate-name", name, "--crate-type=bin", "--target", &target])
        .args(["-Copt-level=2", "-Cpanic=abort", "-Cstrip=symbols", "-Ccodegen-units=1", "--cap-lints=allow"])
        .arg("-o")
        .arg(&output)
        .arg(Path::new(folder).join("main.rs"));
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut option = std::ffi::OsString::from("-Clinker=");
        option.push(linker);
        rustc.arg(option);
    }
    // Without libraries to look for it starts sooner, holds less memory, and runs in any root. Not every system has
    // what it takes to link it so.
    let whole = rustc.arg("-Ctarget-feature=+crt-static").output();
    if whole.is_ok_and(|done| done.status.success()) {
        return;
    }
    assert!(
        !must_be_whole,
        "{folder} could not be linked without libraries, as any image needs it: {rustc:?}"
    );
    let status = rustc.arg("-Ctarget-feature=-crt-static").status();
    let status = status.unwrap_or_else(|error| panic!("could not run {rustc:?}: {error}"));
    assert!(status.success(), "the sandbox's program {folder} could not be built for {target}: {rustc:?}");
}

#[expect(clippy::disallowed_methods, reason = "the environment is how cargo talks to a build script")]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| panic!("cargo sets {name} for build scripts: {error}"))
}
