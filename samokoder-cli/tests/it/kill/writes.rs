//! Killed at the very system call that writes: at each place where what is on the disk changes.
//!
//! `strace` delivers the signal as the call is entered, for the nth call of its kind of a thread.

use std::process::{Command, Stdio};

use super::{Setting, Undisturbed, kills};
use crate::command::{Place, Running};

/// What changes the state's file and the app's folder.
const CALLS: [&str; 4] = ["pwrite64", "fsync", "rename", "write"];

/// The same command, killed when it enters a system call for the `nth` time.
fn killed_at(command: &Command, call: &str, nth: u32) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    strace.arg("-e").arg(format!("inject={call}:signal=SIGKILL:when={nth}"));
    strace.arg("--").arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        strace.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace
}

#[test]
fn killed_at_each_write_under_strace() {
    // What runs in the sandbox would be counted, too, and killed.
    let undisturbed = Undisturbed::run(Setting { options: &["--sandbox", "none"], ..Setting::default() });
    for call in CALLS {
        let mut nth = 1;
        for kill in 1.. {
            let place = Place::new();
            let mut command = killed_at(&undisturbed.setting.begin(&place), call, nth);
            command.stdin(Stdio::null());
            let killed = Running::start(command).finish();
            undisturbed.resume(&place, &killed, &format!("at {call} number {nth}"));
            if killed.code == Some(0) {
                assert!(nth > 1, "{call} is never called: the test tests nothing");
                break;
            }
            // Ever fewer, but for who has an afternoon.
            nth += if kills() >= 1000 { 1 } else { kill * kill };
        }
    }
}
