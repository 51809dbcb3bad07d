//! A PostgreSQL server for the tests: made anew, reached by a socket of its own, gone with what holds it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// What tests read to find the server: its URL.
pub(crate) const VARIABLE: &str = "SAMOKODER_POSTGRES";

/// Tests with this in their name can't run without it.
pub(crate) const LEAVES_OUT: &str = "on_postgres";

/// Where Debian has the programs, each version in a folder of its own.
const VERSIONS: &str = "/usr/lib/postgresql";

/// How long the server may take to start or to stop.
const LIMIT: Duration = Duration::from_mins(1);

/// A server that runs. Dropping this stops it and removes what it stored.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    folder: PathBuf,
    socket: PathBuf,
}

/// Whether its programs are there.
pub(crate) fn is_installed() -> bool {
    programs().is_some()
}

/// The folder of the newest version's programs.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).ok()?.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let programs = entry.path().join("bin");
        programs.join("initdb").exists().then_some((version, programs))
    });
    versions.max().map(|(_, programs)| programs)
}

impl Server {
    /// Makes a server's files under `target/` and starts it.
    ///
    /// # Errors
    /// In words, why that was not possible.
    pub(crate) fn start(root: &Path) -> Result<Self, String> {
        let programs = programs().ok_or("its programs are not there")?;
        let root = root.canonicalize().map_err(|error| error.to_string())?;
        let log = root.join("target/xtask/postgres.log");
        let user = User::find()?;
        let folder = user.folder(&root)?;
        // Not beside its files: the path of a socket has room for 107 bytes.
        let socket = std::env::temp_dir().join(format!("samokoder-postgres-{}", std::process::id()));
        let server = start(&programs, &user, &folder, &socket, &log);
        match server {
            Ok(process) => Self { process, folder, socket }.wait_until_ready(&programs, &log),
            Err(error) => {
                remove(&[&folder, &socket]);
                Err(error)
            }
        }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}&sslmode=disable", self.socket.display())
    }

    fn wait_until_ready(mut self, programs: &Path, log: &Path) -> Result<Self, String> {
        let deadline = Instant::now() + LIMIT;
        let mut asking = Command::new(programs.join("pg_isready"));
        asking.arg("--quiet").arg("--host").arg(&self.socket);
        while Instant::now() < deadline {
            if asking.status().is_ok_and(|status| status.success()) {
                return Ok(self);
            }
            if self.process.try_wait().map_err(|error| error.to_string())?.is_some() {
                break;
            }
            sleep(Duration::from_millis(50));
        }
        Err(format!("the server did not start; see {}", log.display()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends its connections, writes what it has to, and stops.
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        let deadline = Instant::now() + LIMIT;
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < deadline {
            sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        remove(&[&self.folder, &self.socket]);
    }
}

fn remove(folders: &[&Path]) {
    for folder in folders {
        let _ = fs::remove_dir_all(folder);
    }
}

fn start(programs: &Path, user: &User, folder: &Path, socket: &Path, log: &Path) -> Result<Child, String> {
    let error = |error: io::Error| error.to_string();
    fs::create_dir_all(log.parent().unwrap_or(log)).map_err(error)?;
    let log = File::create(log).map_err(error)?;
    fs::create_dir(socket).map_err(error)?;
    user.give(socket).map_err(error)?;
    let data = folder.join("data");
    let made = user
        .command(&programs.join("initdb"))
        .args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--pgdata",
        ])
        .arg(&data)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(error)?)
        .stderr(log.try_clone().map_err(error)?)
        .status()
        .map_err(error)?;
    if !made.success() {
        return Err(format!("initdb ended with {made}"));
    }
    let mut server = user.command(&programs.join("postgres"));
    server.arg("-D").arg(&data).arg("-k").arg(socket);
    // Durable, as a real one is. Tests count statements.
    for setting in [
        "listen_addresses=",
        "fsync=on",
        "max_connections=300",
        "shared_preload_libraries=pg_stat_statements",
    ] {
        server.args(["-c", setting]);
    }
    server
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(error)?)
        .stderr(log)
        .spawn()
        .map_err(error)
}

/// Who runs the server, which refuses to be the superuser's.
#[derive(Debug)]
struct User {
    /// The user's and the group's number; none when it is the one who runs this.
    other: Option<[u32; 2]>,
}

impl User {
    fn find() -> Result<Self, String> {
        if id("-u", "")? != 0 {
            return Ok(Self { other: None });
        }
        // The one that the package makes; else one that has nothing.
        let of = |name| Ok::<_, String>([id("-u", name)?, id("-g", name)?]);
        Ok(Self { other: Some(of("postgres").or_else(|_| of("nobody"))?) })
    }

    /// A program that this user runs. It is told to stop when this one is killed.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if let Some([user, group]) = self.other {
            command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".into()]);
        }
        command.arg(program);
        command
    }

    fn give(&self, folder: &Path) -> io::Result<()> {
        #[cfg(unix)]
        if let Some([user, group]) = self.other {
            std::os::unix::fs::chown(folder, Some(user), Some(group))?;
        }
        let _ = folder;
        Ok(())
    }

    /// A folder that this user may use: under `target/`; where others may not go there, among the temporary ones.
    fn folder(&self, root: &Path) -> Result<PathBuf, String> {
        let name = format!("postgres-data-{}", std::process::id());
        for parent in [root.join("target"), std::env::temp_dir()] {
            let folder = parent.join(&name);
            if fs::create_dir_all(&folder).and_then(|()| self.give(&folder)).is_err() {
                continue;
            }
            let test = self.command(Path::new("test")).arg("-w").arg(&folder).status();
            if test.is_ok_and(|status| status.success()) {
                return Ok(folder);
            }
            remove(&[&folder]);
        }
        Err("there is no folder that the server's user may use".into())
    }
}

/// A number that `id` prints.
fn id(which: &str, name: &str) -> Result<u32, String> {
    let mut command = Command::new("id");
    command.arg(which);
    if !name.is_empty() {
        command.arg(name);
    }
    let output = command.output().map_err(|error| error.to_string())?;
    String::from_utf8_lossy(&output.stdout).trim().parse().map_err(|_| format!("there is no user {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_and_leaves_nothing_behind_on_postgres() {
        let server = Server::start(&super::super::root()).unwrap();
        let query = ["--no-align", "--tuples-only", "--command", "SHOW fsync"];
        let asked = Command::new("psql").arg(server.url()).args(query).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&asked.stdout), "on\n");
        let (folder, socket) = (server.folder.clone(), server.socket.clone());
        assert!(folder.exists() && socket.exists());
        drop(server);
        assert!(!folder.exists() && !socket.exists());
    }
}
