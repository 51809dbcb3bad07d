//! Debian's packages.

use std::process::{Command, Stdio};

/// Installs packages.
///
/// # Errors
/// In words, why that was not possible.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    let list = packages.join(" ");
    if !is_there("apt-get") {
        return Err(format!("not a Debian machine; install what Debian calls {list}"));
    }
    if !is_root() {
        return Err(format!("not root; run: sudo apt-get install {list}"));
    }
    println!("install    {list}");
    apt_get(&["update"])?;
    apt_get(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("apt-get")
        .arg("--quiet")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("apt-get could not be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    println!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    Err(format!("apt-get {} ended with {}", arguments.join(" "), output.status))
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
