//! From a command to a request.

use std::collections::BTreeMap;

use samokoder_core::sandbox::{Command, SandboxError};

use super::super::agent::Exec;
use crate::request::check_command;

/// A command as the agent takes it, with variables that it may replace.
///
/// # Errors
/// [`InvalidRequest`](samokoder_core::sandbox::SandboxErrorKind::InvalidRequest) for what no kernel could run.
pub(super) fn exec(
    command: &Command,
    variables: BTreeMap<String, String>,
    service: bool,
    streaming: bool,
) -> Result<Exec, SandboxError> {
    check_command(command)?;
    let mut env = variables;
    env.extend(command.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(Exec {
        argv: command.argv.iter().map(|text| text.clone().into_bytes()).collect(),
        env: env.iter().map(|(name, value)| format!("{name}={value}").into_bytes()).collect(),
        // Zero is the session's limit; a limit of nothing is the shortest one there is.
        wall_ms: command.timeout.map_or(0, |wall| u64::try_from(wall.as_millis()).unwrap_or(u64::MAX).max(1)),
        service,
        streaming,
    })
}
