//! What Podman wants otherwise.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::{fd::AsRawFd as _, unix::fs::MetadataExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use bollard::Docker;
use rustix::process::{Resource, getrlimit};
use samokoder_core::{digest::Digest, sandbox::SandboxError};
use tokio::net::UnixStream;

use super::{Endpoint, engine, profile::Engine, seccomp};
use crate::local::files::in_memory;

/// Processes of one user on a machine with Podman: less than Podman allows itself.
const PROCESSES: i64 = 1 << 14;

/// Whose engine it is, and what has to be kept open for it. `token` is a name that nobody else uses.
pub(super) async fn whose(
    docker: &Docker,
    endpoint: &Endpoint,
    token: &str,
) -> Result<(Engine, Option<Arc<File>>), SandboxError> {
    if !engine::is_podman(docker).await? {
        return Ok((Engine::Docker, None));
    }
    let Endpoint::Unix { path: socket } = endpoint else {
        let message =
            "Podman takes the profile of system calls from a file of its own machine: let a broker run there";
        return Err(SandboxError::unsupported("open", message));
    };
    let content = seccomp::profile().to_string();
    // Who listens, and not whose file the socket is: root's engine may be open to a user.
    let listener = UnixStream::connect(socket).await.and_then(|engine| engine.peer_cred());
    let user = listener.map_err(|error| SandboxError::io("open", &error))?.uid();
    let rootless = user != 0;
    let (profile, kept) = if rootless {
        let path = beside(socket, user, &content, token).map_err(|error| {
            let message = format!(
                "rootless Podman takes the profile of system calls from a file, which can't be written beside {}: {error}",
                socket.display()
            );
            SandboxError::unsupported("open", message)
        })?;
        (path.display().to_string(), None)
    } else {
        let file = in_memory(content.as_bytes()).map_err(|error| SandboxError::io("open", &error))?;
        (format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()), Some(Arc::new(file)))
    };
    let most = getrlimit(Resource::Nproc).maximum;
    let processes = most.and_then(|most| i64::try_from(most).ok()).unwrap_or(PROCESSES).min(PROCESSES);
    Ok((Engine::Podman { profile, processes, rootless }, kept))
}

/// The file with this content beside a socket: in a folder that is the engine's user's alone. A rootless engine is in a
/// user namespace of its own, from where it can't look into this process.
fn beside(socket: &Path, user: u32, content: &str, token: &str) -> io::Result<PathBuf> {
    let mut name = Digest::of(content.as_bytes()).to_string();
    name.truncate(16);
    let folder = socket.parent().unwrap_or_else(|| Path::new("/"));
    let found = fs::metadata(folder)?;
    if found.uid() != user || found.mode() & 0o022 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may write there too"));
    }
    let path = folder.join(format!("samokoder-seccomp-{name}.json"));
    if !fs::read(&path).is_ok_and(|found| found == content.as_bytes()) {
        // Others may write it at the same time: it appears whole.
        let own = folder.join(format!("samokoder-seccomp-{name}.{token}"));
        let written = File::options().write(true).create_new(true).open(&own);
        let written = written.and_then(|mut file| file.write_all(content.as_bytes()));
        if let Err(error) = written.and_then(|()| fs::rename(&own, &path)) {
            let _ = fs::remove_file(&own);
            return Err(error);
        }
    }
    Ok(path)
}
