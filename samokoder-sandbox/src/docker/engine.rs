//! The engine, and its answers as errors of ours.

use std::time::Duration;

use bollard::{Docker, errors::Error};
use samokoder_core::sandbox::{SandboxError, SandboxErrorKind};

use super::Endpoint;

/// Seconds that the engine may take for one answer. Importing an image takes longest.
const PATIENCE: u64 = 300;

/// The oldest version of the API that has all that is needed: Docker 20.10, Podman 4.
const OLDEST: (usize, usize) = (1, 41);

/// Connects, as far as that can be said: each request has a connection of its own.
///
/// # Errors
/// [`SandboxErrorKind::Unsupported`] when there is no engine, or one that is too old.
pub(super) async fn connect(endpoint: &Endpoint) -> Result<Docker, SandboxError> {
    let docker = open(endpoint)?.negotiate_version().await.map_err(|error| unreachable(endpoint, &error))?;
    let version = docker.client_version();
    if (version.major_version, version.minor_version) < OLDEST {
        let (major, minor) = OLDEST;
        let message = format!("the engine's API has version {version}; {major}.{minor} or newer is needed");
        return Err(SandboxError::unsupported("open", message));
    }
    Ok(docker)
}

/// How often, and how soon, an engine is asked again that fails at a container which is just ending, as Podman does.
pub(super) const ATTEMPTS: u32 = 40;
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// Whether it is Podman.
pub(super) async fn is_podman(docker: &Docker) -> Result<bool, SandboxError> {
    let version = docker.version().await.map_err(|error| failed("open", &error))?;
    let components = version.components.unwrap_or_default();
    Ok(components.iter().any(|component| component.name.contains("Podman")))
}

fn open(endpoint: &Endpoint) -> Result<Docker, SandboxError> {
    match endpoint {
        Endpoint::Unix { path } => {
            Docker::connect_with_unix(&path.to_string_lossy(), PATIENCE, bollard::API_DEFAULT_VERSION)
                .map_err(|error| unreachable(endpoint, &error))
        }
        #[cfg(feature = "docker-tls")]
        Endpoint::Tls { address, key, certificate, authority } => Docker::connect_with_ssl(
            address,
            key,
            certificate,
            authority,
            PATIENCE,
            bollard::API_DEFAULT_VERSION,
        )
        .map_err(|error| unreachable(endpoint, &error)),
        #[cfg(not(feature = "docker-tls"))]
        Endpoint::Tls { address, .. } => Err(SandboxError::unsupported(
            "open",
            format!(
                "this build reaches no engine over TLS, as {address} asks for: build it with `docker-tls`"
            ),
        )),
    }
}

fn unreachable(endpoint: &Endpoint, error: &Error) -> SandboxError {
    let place = match endpoint {
        Endpoint::Unix { path } => path.display().to_string(),
        Endpoint::Tls { address, .. } => address.clone(),
    };
    let message = format!("no Docker engine answers at {place}: {error}. Start one, or name another place");
    SandboxError::unsupported("open", message)
}

/// What the engine answered, as an error.
pub(super) fn failed(operation: &str, error: &Error) -> SandboxError {
    let (kind, message) = match error {
        Error::DockerResponseServerError { status_code: 404, message } => {
            (SandboxErrorKind::Closed, message.clone())
        }
        // Podman's way to say so of one that has just gone.
        Error::DockerResponseServerError { message, .. } if message.ends_with("no such container") => {
            (SandboxErrorKind::Closed, message.clone())
        }
        // The engine does not know the runtime, or the kernel lacks something.
        Error::DockerResponseServerError { status_code: 400, message } => {
            (SandboxErrorKind::Unsupported, message.clone())
        }
        other => (SandboxErrorKind::Infrastructure, other.to_string()),
    };
    SandboxError::new(kind, operation, format!("the engine says: {message}"))
}

/// Whether the engine answered with this status.
pub(super) fn has_status(error: &Error, status: u16) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code, .. } if *status_code == status)
}
