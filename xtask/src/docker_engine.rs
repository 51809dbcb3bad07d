//! A Docker engine of the tests' own, with gVisor as a second runtime. It ends when the tests have.

use std::{
    fs,
    os::unix::{net::UnixStream, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What tests read to find the engine.
pub(crate) const VARIABLE: &str = "SAMOKODER_DOCKER_HOST";

/// Tests with this in their name can't run without it.
pub(crate) const LEAVES_OUT: &str = "in_docker";

/// Tests with this in their name can't run without the second runtime.
pub(crate) const LEAVES_OUT_GVISOR: &str = "in_gvisor";

const FOLDER: &str = "target/docker-engine";

/// How long it may take to answer, and to end when it is told to.
const PATIENCE: Duration = Duration::from_mins(1);

/// gVisor without hardware for it, without a network: its own stack takes none from the engine.
const SETTINGS: &str = r#"{
  "runtimes": {
    "runsc": { "path": "runsc", "runtimeArgs": ["--platform=ptrace", "--network=none"] }
  }
}
"#;

/// Runs the engine until its standard input ends, which it does however this program ends.
const KEEPER: &str = r#"
pid_file=$1; shift
{ dockerd "$@" < /dev/null; kill $$; } &
cat > /dev/null
kill "$(cat "$pid_file")"
wait
"#;

/// A running engine. Dropping it ends it, with the containers that it runs.
#[derive(Debug)]
pub(crate) struct DockerEngine {
    keeper: Child,
    folder: PathBuf,
}

impl DockerEngine {
    /// Starts one. Its images stay for the next time.
    ///
    /// # Errors
    /// In words, why that was not possible.
    pub(crate) fn start(root: &Path) -> Result<Self, String> {
        let folder = root.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|error| format!("{FOLDER}: {error}"))?;
        let folder = folder.canonicalize().map_err(|error| format!("{FOLDER}: {error}"))?;
        let settings = folder.join("daemon.json");
        fs::write(&settings, SETTINGS).map_err(|error| error.to_string())?;
        let log = fs::File::create(folder.join("engine.log")).map_err(|error| error.to_string())?;
        let stderr = log.try_clone().map_err(|error| error.to_string())?;
        let option = |name: &str, path: PathBuf| format!("--{name}={}", path.display());
        let pid_file = folder.join("engine.pid");
        // A group of its own: Ctrl-C is for the tests.
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(&pid_file)
            .arg(option("config-file", settings))
            .arg(format!("--host={}", Self::host_in(&folder)))
            .arg(option("data-root", folder.join("data")))
            .arg(option("exec-root", folder.join("run")))
            .arg(option("pidfile", pid_file))
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(stderr)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("dockerd could not be started: {error}"))?;
        let mut engine = Self { keeper, folder };
        engine.wait_until_ready()?;
        Ok(engine)
    }

    /// Where it listens.
    pub(crate) fn host(&self) -> String {
        Self::host_in(&self.folder)
    }

    fn host_in(folder: &Path) -> String {
        format!("unix://{}", Self::socket(folder).display())
    }

    fn socket(folder: &Path) -> PathBuf {
        folder.join("engine.sock")
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(Self::socket(&self.folder)).is_err() || !self.answers() {
            if let Ok(Some(status)) = self.keeper.try_wait() {
                let log = fs::read_to_string(self.folder.join("engine.log")).unwrap_or_default();
                let reason = log.lines().last().unwrap_or_default();
                return Err(format!("dockerd ended with {status}: {reason}"));
            }
            if Instant::now() > deadline {
                return Err(format!("dockerd did not answer within {} s", PATIENCE.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn answers(&self) -> bool {
        use std::io::{Read as _, Write as _};
        let ask = || {
            let mut stream = UnixStream::connect(Self::socket(&self.folder))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /_ping HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        };
        ask().is_ok_and(|answer: String| answer.contains(" 200 "))
    }

    /// For an engine that did not end when it was told to.
    fn kill(&mut self) {
        let pid = fs::read_to_string(self.folder.join("engine.pid")).unwrap_or_default();
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

impl Drop for DockerEngine {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        if !self.wait() {
            self.kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_answers_until_it_is_dropped_and_leaves_nothing_running_in_docker() {
        let root = std::env::temp_dir().join(format!("xtask-engine-{}", std::process::id()));
        let engine = DockerEngine::start(&root).unwrap();
        let folder = engine.folder.clone();
        assert_eq!(engine.host(), format!("unix://{}/engine.sock", folder.display()));
        assert!(engine.answers());
        drop(engine);
        assert!(UnixStream::connect(DockerEngine::socket(&folder)).is_err(), "something still listens");
        let mark = folder.display().to_string();
        let running = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&mark)
        });
        assert_eq!(running.count(), 0, "its processes are left");
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn the_settings_are_what_an_engine_reads() {
        let braces = |which: char| SETTINGS.chars().filter(|character| *character == which).count();
        assert_eq!(braces('{'), braces('}'));
        assert!(SETTINGS.contains("\"runsc\"") && SETTINGS.contains("--network=none"));
    }
}
