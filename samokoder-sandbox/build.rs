//! Builds the init program that the `local` backend embeds.
//!
//! It is a program of its own so that a session can start from any process, whatever that process has loaded,
//! how many threads it runs, and without running the embedding program a second time.

#![expect(clippy::panic, reason = "how a build script reports that it can't go on")]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo::rerun-if-changed=init");
    println!("cargo::rustc-check-cfg=cfg(local_backend)");
    let linux = variable("CARGO_CFG_TARGET_OS") == "linux";
    // System calls have other numbers on other architectures.
    let known = ["x86_64", "aarch64", "riscv64"].contains(&variable("CARGO_CFG_TARGET_ARCH").as_str());
    if env::var_os("CARGO_FEATURE_LOCAL").is_none() || !linux || !known {
        return;
    }
    println!("cargo::rustc-cfg=local_backend");
    let target = variable("TARGET");
    let output = PathBuf::from(variable("OUT_DIR")).join("init");
    let mut rustc = Command::new(variable("RUSTC"));
    rustc
        .args(["--edition=2024", "--crate-name=samokoder_init", "--crate-type=bin", "--target", &target])
        .args(["-Copt-level=2", "-Cpanic=abort", "-Cstrip=symbols", "-Ccodegen-units=1", "--cap-lints=allow"])
        .arg("-o")
        .arg(&output)
        .arg(Path::new("init").join("main.rs"));
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
    let status = rustc.arg("-Ctarget-feature=-crt-static").status();
    let status = status.unwrap_or_else(|error| panic!("could not run {rustc:?}: {error}"));
    assert!(status.success(), "the sandbox's init program could not be built for {target}: {rustc:?}");
}

#[expect(clippy::disallowed_methods, reason = "the environment is how cargo talks to a build script")]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| panic!("cargo sets {name} for build scripts: {error}"))
}
