//! A folder in which commands are typed, and what comes of them.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread::JoinHandle,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

/// How long a command may say nothing. Far longer than any is silent; without it a test could hang.
const PATIENCE: Duration = Duration::from_mins(2);

/// A description that leads to a small app.
pub(crate) const SMALL: &str = "A jar: coins with a title and a year";

/// A description that leads to a question before there is any file.
pub(crate) const QUESTION: &str = "Ideas: title, status (enum)";

/// A folder in which commands are typed.
pub(crate) struct Place {
    folder: TempDir,
    search_path: Option<OsString>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), search_path: None }
    }

    /// One where the only toolchain is Python: the command finds them in PATH.
    pub(crate) fn with_python_only() -> Self {
        let place = Self::new();
        let ask = "import sys; print(getattr(sys, '_base_executable', None) or sys.executable)";
        let python = Command::new("python3").args(["-I", "-c", ask]).output().unwrap();
        let bin = place.path("bin");
        fs::create_dir(&bin).unwrap();
        let program = String::from_utf8(python.stdout).unwrap();
        std::os::unix::fs::symlink(program.trim(), bin.join("python3")).unwrap();
        Self { search_path: Some(bin.into()), ..place }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    /// Every file in here, those that no one is meant to see included.
    pub(crate) fn everything(&self) -> BTreeMap<String, Vec<u8>> {
        files(self.folder.path(), |_| true)
    }

    /// Fails unless every file here is as it was. What a database keeps beside itself while it is open may differ.
    pub(crate) fn is_as_before(&self, before: &BTreeMap<String, Vec<u8>>, what: &str) {
        let now = self.everything();
        for path in
            before.keys().chain(now.keys()).filter(|path| !path.ends_with("-shm") && !path.ends_with("-wal"))
        {
            assert!(before.get(path) == now.get(path), "{what} changed {path}");
        }
    }

    /// The app's own files.
    pub(crate) fn app(&self, path: &str) -> BTreeMap<String, Vec<u8>> {
        files(&self.path(path), |name| name != ".samokoder")
    }

    /// A command that is typed here, with nobody at the keyboard.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_samokoder"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("NO_COLOR")
            .env_remove("SAMOKODER_LOG");
        if let Some(path) = &self.search_path {
            command.env("PATH", path);
        }
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.start(arguments).finish()
    }

    /// Runs a command to its end, which must be this exit code.
    pub(crate) fn expect(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:#?}");
        ran
    }
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Absent when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Standard output as JSON lines, all of it.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }
}

/// A command that is going on. It is killed when this is dropped.
pub(crate) struct Running {
    process: Child,
    lines: Receiver<String>,
    out: String,
    errors: Option<JoinHandle<String>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (mut out, mut err) =
            (BufReader::new(process.stdout.take().unwrap()), process.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while out.read_until(b'\n', &mut line).unwrap() > 0 {
                // Nobody listens any more once the test has what it wants.
                let _ = sender.send(String::from_utf8(std::mem::take(&mut line)).unwrap());
            }
        });
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).unwrap();
            text
        });
        Self { process, lines, out: String::new(), errors: Some(errors) }
    }

    /// The next line of standard output.
    pub(crate) fn line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.out.push_str(&line);
                Some(line)
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("it says nothing any more after:\n{}", self.out),
        }
    }

    /// Waits for a line with this in it.
    pub(crate) fn until(&mut self, wanted: &str) -> String {
        loop {
            let line = self.line().unwrap_or_else(|| panic!("it ended without {wanted:?}:\n{}", self.out));
            if line.contains(wanted) {
                return line;
            }
        }
    }

    /// Types a line.
    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub(crate) fn is_going_on(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Leaves it, as someone who closes their end of the line, and waits for the end.
    pub(crate) fn finish(mut self) -> Ran {
        drop(self.process.stdin.take());
        while self.line().is_some() {}
        let code = self.process.wait().unwrap().code();
        Ran { code, out: std::mem::take(&mut self.out), err: self.errors.take().unwrap().join().unwrap() }
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) -> Ran {
        self.process.kill().unwrap();
        self.finish()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where a test waited for that.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Every file beneath a folder, by path. Folders whose name is not wanted are passed by.
fn files(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend(is_wanted(path.file_name().unwrap().to_str().unwrap()).then_some(path));
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}
