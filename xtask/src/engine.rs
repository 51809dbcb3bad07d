//! A container engine of the tests' own. It ends when the tests have.

use std::{
    ffi::OsString,
    fs,
    os::unix::{net::UnixStream, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long it may take to answer, and to end when it is told to.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs the engine until its standard input ends, which it does however this program ends.
const KEEPER: &str = r#"
pid_file=$1; shift
{ sh -c 'echo $$ > "$0"; exec "$@"' "$pid_file" "$@" < /dev/null; kill $$; } &
cat > /dev/null
kill "$(cat "$pid_file")"
wait
"#;

/// A running engine. Dropping it ends it, with the containers that it runs.
#[derive(Debug)]
pub(crate) struct Engine {
    keeper: Child,
    folder: PathBuf,
}

impl Engine {
    /// Starts the one that a program with these arguments is, which listens at [`socket`]. Its images stay for the next
    /// time.
    ///
    /// # Errors
    /// In words, why that was not possible.
    pub(crate) fn start(folder: PathBuf, program: &[OsString]) -> Result<Self, String> {
        let log = fs::File::create(folder.join("engine.log")).map_err(|error| error.to_string())?;
        let stderr = log.try_clone().map_err(|error| error.to_string())?;
        // One of an earlier time is somebody else's by now.
        let _ = fs::remove_file(folder.join("keeper.pid"));
        // A group of its own: Ctrl-C is for the tests.
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(folder.join("keeper.pid"))
            .args(program)
            // Podman's monitors leave files where they are.
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(stderr)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("the engine could not be started: {error}"))?;
        let mut engine = Self { keeper, folder };
        engine.wait_until_ready()?;
        Ok(engine)
    }

    /// Where it listens.
    pub(crate) fn host(&self) -> String {
        host(&self.folder)
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(socket(&self.folder)).is_err() || !self.answers() {
            if let Ok(Some(status)) = self.keeper.try_wait() {
                let log = fs::read_to_string(self.folder.join("engine.log")).unwrap_or_default();
                let reason = log.lines().last().unwrap_or_default();
                return Err(format!("it ended with {status}: {reason}"));
            }
            if Instant::now() > deadline {
                return Err(format!("it did not answer within {} s", PATIENCE.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn answers(&self) -> bool {
        use std::io::{Read as _, Write as _};
        let ask = || {
            let mut stream = UnixStream::connect(socket(&self.folder))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /_ping HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        };
        ask().is_ok_and(|answer: String| answer.contains(" 200 "))
    }

    /// For an engine that did not end when it was told to.
    fn kill(&mut self) {
        let pid = fs::read_to_string(self.folder.join("keeper.pid")).unwrap_or_default();
        let group = format!("-{}", self.keeper.id());
        let targets = [group.as_str(), pid.trim()];
        let targets = targets.iter().filter(|target| !target.is_empty());
        let _ = Command::new("kill").args(["-KILL", "--"]).args(targets).stderr(Stdio::null()).status();
        let _ = self.keeper.wait();
    }

    fn wait(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if matches!(self.keeper.try_wait(), Ok(Some(_)) | Err(_)) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        if !self.wait() {
            self.kill();
        }
    }
}

/// A folder for an engine, which is made.
///
/// # Errors
/// In words, why that was not possible.
pub(crate) fn folder(root: &Path, name: &str) -> Result<PathBuf, String> {
    let folder = root.join("target").join(name);
    fs::create_dir_all(&folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|error| format!("{name}: {error}"))
}

/// Where an engine with this folder listens.
pub(crate) fn socket(folder: &Path) -> PathBuf {
    folder.join("engine.sock")
}

/// The same, as an address.
pub(crate) fn host(folder: &Path) -> String {
    format!("unix://{}", socket(folder).display())
}

/// An option with a path.
pub(crate) fn option(name: &str, path: impl AsRef<Path>) -> OsString {
    format!("--{name}={}", path.as_ref().display()).into()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Starts an engine in a place of its own, and looks at what is left when it is dropped.
    pub(crate) fn leaves_nothing_running(start: impl Fn(&Path) -> Result<Engine, String>) {
        let root = std::env::temp_dir().join(format!("xtask-engine-{:?}", std::thread::current().id()));
        let root = PathBuf::from(format!("{}-{}", root.display(), std::process::id()));
        let engine = start(&root).unwrap();
        let folder = engine.folder.clone();
        assert_eq!(engine.host(), format!("unix://{}/engine.sock", folder.display()));
        assert!(engine.answers());
        drop(engine);
        assert!(UnixStream::connect(socket(&folder)).is_err(), "something still listens");
        let mark = folder.display().to_string();
        let running = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&mark)
        });
        assert_eq!(running.count(), 0, "its processes are left");
        fs::remove_dir_all(&root).unwrap();
    }
}
