//! A Python environment with other people's clients and servers, which tests hold this project's protocols against.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What tests read to find the environment's Python.
pub(crate) const VARIABLE: &str = "SAMOKODER_PYTHON_CLIENTS";

/// Tests with this in their name can't run without it.
pub(crate) const LEAVES_OUT: &str = "with_python_clients";

const REQUIREMENTS: &str = "samokoder-llm/tests/clients/requirements.txt";
const FOLDER: &str = "target/python-clients";

/// Makes the environment, unless it is there with what is required, and returns the path of its Python.
///
/// # Errors
/// In words, why that was not possible.
pub(crate) fn provide(root: &Path) -> Result<PathBuf, String> {
    let root = root.canonicalize().map_err(|error| error.to_string())?;
    let (required, folder) = (root.join(REQUIREMENTS), root.join(FOLDER));
    let python = folder.join("bin/python");
    // Written last, so that an environment that was not finished is made again.
    let finished = folder.join("requirements.txt");
    let wanted = fs::read(&required).map_err(|error| format!("{REQUIREMENTS}: {error}"))?;
    if fs::read(&finished).is_ok_and(|made| made == wanted) {
        return Ok(python);
    }
    println!("install    {FOLDER}");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&required))?;
    fs::write(&finished, wanted).map_err(|error| format!("{}: {error}", finished.display()))?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    println!("{}", error.trim_end());
    Err(format!("{} ended with {}", command.get_program().display(), output.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_is_pinned() {
        let required = fs::read_to_string(super::super::root().join(REQUIREMENTS)).unwrap();
        let lines = required.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            assert!(line.contains("=="), "{line} names no version");
        }
    }

    #[test]
    fn without_its_list_there_is_no_environment() {
        let error = provide(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err();
        assert!(error.starts_with(REQUIREMENTS), "{error}");
    }
}
