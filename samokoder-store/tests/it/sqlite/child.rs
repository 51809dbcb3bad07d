//! This test program again, as another process that does one thing.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

const FILE: &str = "SAMOKODER_TEST_FILE";
/// What a child says begins with it, so that it is told from what the test harness says.
const SAYS: &str = "child says ";

/// The file that the parent wants this process to work on; none when it is not a child.
pub(crate) fn file() -> Option<PathBuf> {
    std::env::var_os(FILE).map(PathBuf::from)
}

/// Tells the parent something.
pub(crate) fn say(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{SAYS}{text}").unwrap();
    out.flush().unwrap();
}

/// A child that was started. It is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
}

/// Starts the test `name` in another process, by way of `wrapper` when there is one.
pub(crate) fn start(wrapper: &[&str], name: &str, file: &Path) -> Running {
    let exe = std::env::current_exe().unwrap();
    let mut command = match wrapper {
        [] => Command::new(exe),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(exe);
            command
        }
    };
    let mut child = command
        .args([name, "--exact", "--nocapture"])
        .env(FILE, file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    Running { child, out }
}

impl Running {
    /// What the child says next; none when it is gone.
    pub(crate) fn hear(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.out.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // The harness does not end its own line before a test says something.
            if let Some((_, text)) = line.split_once(SAYS) {
                return Some(text.trim_end().to_owned());
            }
        }
    }

    /// Kills the child, as `kill -9` does, and gives the last thing that it said since.
    pub(crate) fn kill(mut self) -> Option<String> {
        self.child.kill().unwrap();
        let mut last = None;
        while let Some(text) = self.hear() {
            last = Some(text);
        }
        self.child.wait().unwrap();
        last
    }

    /// Waits until the child has ended and tells whether its test passed.
    pub(crate) fn passed(mut self) -> bool {
        while self.hear().is_some() {}
        self.child.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
