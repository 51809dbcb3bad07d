//! A Podman service of the tests' own, with Docker's API. It ends when the tests have.

use std::{
    fs,
    os::unix::{net::UnixStream, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What tests read to find it.
pub(crate) const VARIABLE: &str = "SAMOKODER_PODMAN_HOST";

/// Tests with this in their name can't run without it.
pub(crate) const LEAVES_OUT: &str = "in_podman";

const FOLDER: &str = "target/podman";

/// How long it may take to listen, and to end when it is told to.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs the service until its standard input ends, which it does however this program ends.
const KEEPER: &str = r#"
podman "$@" < /dev/null & service=$!
cat > /dev/null
kill "$service"
wait
"#;

/// A running service. Dropping it ends it; its containers have ended with the tests.
#[derive(Debug)]
pub(crate) struct Podman {
    keeper: Child,
    socket: PathBuf,
}

impl Podman {
    /// Starts one. Its images stay for the next time.
    ///
    /// # Errors
    /// In words, why that was not possible.
    pub(crate) fn start(root: &Path) -> Result<Self, String> {
        let folder = root.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|error| format!("{FOLDER}: {error}"))?;
        let folder = folder.canonicalize().map_err(|error| format!("{FOLDER}: {error}"))?;
        let socket = folder.join("podman.sock");
        let _ = fs::remove_file(&socket);
        let log = fs::File::create(folder.join("podman.log")).map_err(|error| error.to_string())?;
        let option = |name: &str, path: &str| format!("--{name}={}", folder.join(path).display());
        // A group of its own: Ctrl-C is for the tests. Of the two runtimes that Debian has, one knows every layout of
        // cgroups.
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .args([option("root", "data"), option("runroot", "run")])
            .args(["--runtime=runc", "--cgroup-manager=cgroupfs", "--events-backend=file"])
            .args(["system", "service", "--time=0"])
            .arg(format!("unix://{}", socket.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("podman could not be started: {error}"))?;
        let mut podman = Self { keeper, socket };
        podman.wait_until_ready(&folder)?;
        Ok(podman)
    }

    /// Where it listens.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    fn wait_until_ready(&mut self, folder: &Path) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(&self.socket).is_err() {
            let log = fs::read_to_string(folder.join("podman.log")).unwrap_or_default();
            let failed = log.lines().find(|line| line.starts_with("Error:"));
            if failed.is_some() || Instant::now() > deadline {
                return Err(format!("podman does not listen: {}", failed.unwrap_or("it says nothing")));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if matches!(self.keeper.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let group = format!("-{}", self.keeper.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.keeper.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_listens_until_it_is_dropped_in_podman() {
        let root = std::env::temp_dir().join(format!("xtask-{}", std::process::id()));
        let podman = Podman::start(&root).unwrap();
        let socket = podman.socket.clone();
        assert!(UnixStream::connect(&socket).is_ok());
        drop(podman);
        assert!(UnixStream::connect(&socket).is_err(), "something still listens");
        fs::remove_dir_all(&root).unwrap();
    }
}
