//! From a command to a request.

use samokoder_core::sandbox::{Command, SandboxError, SandboxErrorKind};

use super::super::agent::Exec;

/// What arguments and variables may hold together, in bytes.
const LONGEST: usize = 128 * 1024;

/// A command as the agent takes it.
///
/// # Errors
/// [`SandboxErrorKind::InvalidRequest`] for what no kernel could run.
pub(super) fn exec(command: &Command, service: bool, streaming: bool) -> Result<Exec, SandboxError> {
    let invalid = |message: &str| SandboxError::new(SandboxErrorKind::InvalidRequest, "exec", message);
    if command.argv.first().is_none_or(String::is_empty) {
        return Err(invalid("the command is empty"));
    }
    if command.env.keys().any(|name| name.is_empty() || name.contains('=')) {
        return Err(invalid("a variable's name is empty or contains `=`"));
    }
    let texts = command.argv.iter().chain(command.env.keys()).chain(command.env.values());
    if texts.clone().any(|text| text.contains('\0')) {
        return Err(invalid("an argument or a variable contains a NUL character"));
    }
    if texts.map(|text| text.len() + 16).sum::<usize>() > LONGEST {
        return Err(invalid("arguments and variables together are longer than 128 KiB; pass a file instead"));
    }
    Ok(Exec {
        argv: command.argv.iter().map(|text| text.clone().into_bytes()).collect(),
        env: command.env.iter().map(|(name, value)| format!("{name}={value}").into_bytes()).collect(),
        // Zero is the session's limit; a limit of nothing is the shortest one there is.
        wall_ms: command.timeout.map_or(0, |wall| u64::try_from(wall.as_millis()).unwrap_or(u64::MAX).max(1)),
        service,
        streaming,
    })
}
