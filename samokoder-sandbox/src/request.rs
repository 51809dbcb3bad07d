//! What no backend can do, found before anything is asked.

use samokoder_core::sandbox::{Command, Limits, SandboxError, SandboxErrorKind};

/// What arguments and variables may hold together, in bytes.
const LONGEST: usize = 128 * 1024;

/// Refuses what no kernel could run.
pub(crate) fn check_command(command: &Command) -> Result<(), SandboxError> {
    let invalid = |message: &str| Err(SandboxError::new(SandboxErrorKind::InvalidRequest, "exec", message));
    if command.argv.first().is_none_or(String::is_empty) {
        return invalid("the command is empty");
    }
    if command.env.keys().any(|name| name.is_empty() || name.contains('=')) {
        return invalid("a variable's name is empty or contains `=`");
    }
    let texts = command.argv.iter().chain(command.env.keys()).chain(command.env.values());
    if texts.clone().any(|text| text.contains('\0')) {
        return invalid("an argument or a variable contains a NUL character");
    }
    if texts.map(|text| text.len() + 16).sum::<usize>() > LONGEST {
        return invalid("arguments and variables together are longer than 128 KiB; pass a file instead");
    }
    Ok(())
}

/// Refuses limits that can't be meant: nothing runs with less than these of disk and inodes.
pub(crate) fn check_limits(limits: &Limits, disk: u64, inodes: u64) -> Result<(), SandboxError> {
    let smallest = [
        ("memory", limits.memory, 1 << 20),
        ("disk", limits.disk, disk),
        ("inodes", limits.inodes, inodes),
        ("processes", limits.processes, 1),
        ("open_files", limits.open_files, 16),
    ];
    match smallest.iter().find(|(_, value, least)| value < least) {
        None => Ok(()),
        Some((name, value, least)) => Err(SandboxError::new(
            SandboxErrorKind::InvalidRequest,
            "open",
            format!("the limit on {name} is {value}, and nothing runs with less than {least}"),
        )),
    }
}
