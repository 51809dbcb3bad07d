//! From a step that failed in the container to words that help.

use std::io;

use samokoder_core::sandbox::{SandboxError, SandboxErrorKind};

use super::super::agent::Failure;

/// What a session could not do.
pub(in super::super) fn failure(operation: &str, failure: &Failure) -> SandboxError {
    let (kind, hint) = match failure.errno {
        libc::ENOENT => (SandboxErrorKind::NotFound, ""),
        libc::ECONNREFUSED | libc::ETIMEDOUT if operation == "connect" => {
            (SandboxErrorKind::ConnectionRefused, "")
        }
        libc::ENOSPC => (
            SandboxErrorKind::InvalidRequest,
            ". The files need more room than the session's limits on disk and inodes give",
        ),
        libc::EFBIG => (SandboxErrorKind::InvalidRequest, ". It is longer than was allowed for"),
        libc::EOVERFLOW => (SandboxErrorKind::InvalidRequest, ". It has more entries than was allowed for"),
        libc::ELOOP => (SandboxErrorKind::InvalidRequest, ". It is a link, and links are not followed"),
        libc::EINVAL
        | libc::EEXIST
        | libc::ENOTDIR
        | libc::EISDIR
        | libc::ENAMETOOLONG
        | libc::EACCES
        | libc::ENXIO
        | libc::ENOTEMPTY => (SandboxErrorKind::InvalidRequest, ""),
        _ => (SandboxErrorKind::Infrastructure, ""),
    };
    let error = io::Error::from_raw_os_error(failure.errno);
    SandboxError::new(kind, operation, format!("could not {}: {error}{hint}", failure.step))
}

/// An answer that can't be read.
pub(in super::super) fn nonsense(operation: &str) -> SandboxError {
    let message = "the container's agent answered something else than it was asked";
    SandboxError::new(SandboxErrorKind::Infrastructure, operation, message)
}
