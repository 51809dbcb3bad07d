//! From a step that failed to words that help.

use std::{fs, io};

use samokoder_core::sandbox::{SandboxError, SandboxErrorKind};

use super::wire::Failure;

/// What a session that could not be built lacked.
pub(super) fn setup(failure: &Failure) -> SandboxError {
    let error = io::Error::from_raw_os_error(failure.errno);
    let what = format!("could not {}: {error}", failure.step);
    let refused = matches!(
        failure.errno,
        libc::EPERM
            | libc::EACCES
            | libc::EINVAL
            | libc::ENOSYS
            | libc::ENOSPC
            | libc::EUSERS
            | libc::EOPNOTSUPP
            | libc::ENODEV
    );
    if refused {
        SandboxError::new(SandboxErrorKind::Unsupported, "open", format!("{what}. {}", advice(failure)))
    } else {
        SandboxError::new(SandboxErrorKind::Infrastructure, "open", what)
    }
}

/// What a session could not do.
pub(super) fn request(operation: &str, failure: &Failure) -> SandboxError {
    let error = io::Error::from_raw_os_error(failure.errno);
    let message = format!("could not {}: {error}", failure.step);
    let kind = match failure.errno {
        libc::ENOSPC | libc::EEXIST | libc::ENOTDIR | libc::EISDIR | libc::ENAMETOOLONG => {
            SandboxErrorKind::InvalidRequest
        }
        _ => SandboxErrorKind::Infrastructure,
    };
    let hint = if failure.errno == libc::ENOSPC {
        ". The files need more room than the session's limits on disk and inodes give"
    } else {
        ""
    };
    SandboxError::new(kind, operation, message + hint)
}

/// What could not be done to a file of the workspace.
pub(super) fn file(operation: &str, path: &str, failure: &Failure) -> SandboxError {
    let (kind, reason) = match failure.errno {
        libc::ENOENT | libc::ENOTDIR if operation != "write file" => {
            (SandboxErrorKind::NotFound, "is not there")
        }
        libc::ELOOP | libc::EXDEV => {
            (SandboxErrorKind::InvalidRequest, "is a link, or beneath one; nothing follows it")
        }
        libc::ENXIO if operation == "read file" => (SandboxErrorKind::InvalidRequest, "is no regular file"),
        libc::ENXIO if operation == "list files" => (SandboxErrorKind::InvalidRequest, "is no folder"),
        libc::EISDIR => (SandboxErrorKind::InvalidRequest, "is a folder"),
        libc::ENXIO | libc::ENOTDIR => {
            (SandboxErrorKind::InvalidRequest, "is beneath something that is no folder")
        }
        libc::EOVERFLOW => (SandboxErrorKind::InvalidRequest, "has more entries than were asked for"),
        libc::ENOSPC | libc::EDQUOT => (
            SandboxErrorKind::InvalidRequest,
            "needs more room than the session's limits on disk and inodes leave",
        ),
        libc::EBUSY => (
            SandboxErrorKind::InvalidRequest,
            "is in use: the data folder itself stays, and so does a folder that is filled meanwhile",
        ),
        libc::ENAMETOOLONG | libc::EACCES | libc::EPERM | libc::EROFS => {
            (SandboxErrorKind::InvalidRequest, "can't be used")
        }
        _ => return request(operation, failure),
    };
    let error = io::Error::from_raw_os_error(failure.errno);
    SandboxError::new(kind, operation, format!("{path} {reason} ({error})"))
}

/// What is in the way of namespaces on this machine, as far as it shows.
fn advice(failure: &Failure) -> &'static str {
    if failure.step.contains("Landlock") {
        return "This kernel was built or started without it: add `landlock` to the kernel's `lsm=` parameter, or set \
                `landlock` of the backend to 0, which leaves mounts and permissions as the only wall around files";
    }
    let setting = |name: &str| fs::read_to_string(format!("/proc/sys/{name}")).unwrap_or_default();
    if setting("kernel/unprivileged_userns_clone").trim() == "0" {
        return "This kernel keeps user namespaces from ordinary users: \
                `sudo sysctl kernel.unprivileged_userns_clone=1` allows them";
    }
    if setting("user/max_user_namespaces").trim() == "0" {
        return "User namespaces are switched off: `sudo sysctl user.max_user_namespaces=10000` allows them";
    }
    if setting("kernel/apparmor_restrict_unprivileged_userns").trim() == "1" {
        return "AppArmor keeps user namespaces from programs without a profile, as Ubuntu does: \
                `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows them, or give this program a \
                profile with `userns,`";
    }
    if failure.errno == libc::EPERM
        && failure.step.contains("read-only")
        && rustix::process::geteuid().is_root()
    {
        return "This process is root without the right to mount (CAP_SYS_ADMIN): start it as an ordinary user, \
                or give it that right";
    }
    "The sandbox needs user, mount, process and network namespaces. In a container, allow them (Docker: \
     `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`), or start this on the machine itself"
}
