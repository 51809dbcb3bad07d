//! What package managers run by themselves changes only as the architecture says.

use serde_json::{Map, Value};

use super::{Policy, Refusal, Scripts, pattern};
use crate::project::{Architecture, WorkspacePath};

/// The rule that keeps scripts as the architecture has them.
const SCRIPTS: &str = "package-scripts";

/// Keys of a `package.json` beside `scripts` under which tools look for commands to run by themselves.
const HOOKS: [&str; 7] =
    ["gypfile", "husky", "simple-git-hooks", "pre-commit", "lint-staged", "ghooks", "packageManager"];

/// Parts of the names under which `pyproject.toml` has code run when a package is built or installed. A key can be
/// written with escapes, which is why a backslash counts as one.
const BUILD: [&str; 8] = ["build", "backend", "requires", "hook", "scripts", "cmdclass", "entry", "\\"];

/// A file that is about to be written.
#[derive(Debug, Clone, Copy)]
pub struct FileWrite<'a> {
    /// The file.
    pub path: &'a WorkspacePath,
    /// What it holds, if it is there.
    pub before: Option<&'a [u8]>,
    /// What it will hold.
    pub after: &'a [u8],
    /// How the app is built, if that is settled.
    pub architecture: Option<&'a Architecture>,
}

impl Policy {
    /// Whether what is written to this path is looked at, by [`file`](Self::file).
    pub fn looks_into(&self, path: &WorkspacePath) -> bool {
        self.scripts == Scripts::Structured && manifest(path).is_some()
    }

    /// Whether agents may write this file with this content.
    ///
    /// # Errors
    /// The refusal, with its rule.
    pub fn file(&self, write: FileWrite<'_>) -> Result<(), Refusal> {
        self.path(write.path)?;
        match manifest(write.path) {
            Some(check) if self.scripts == Scripts::Structured => check(write),
            _ => Ok(()),
        }
    }
}

fn manifest(path: &WorkspacePath) -> Option<fn(FileWrite<'_>) -> Result<(), Refusal>> {
    match pattern::fold(path.file_name()).as_str() {
        "package.json" => Some(package_json),
        "pyproject.toml" => Some(pyproject_toml),
        _ => None,
    }
}

fn package_json(write: FileWrite<'_>) -> Result<(), Refusal> {
    let path = write.path;
    let refuse = |reason: String| Err(Refusal::new(SCRIPTS, format!("{path}: {reason}")));
    let after: Map<String, Value> = match serde_json::from_slice(write.after) {
        Ok(after) => after,
        Err(error) => {
            return refuse(format!("it is no JSON object ({error}), so its scripts can't be checked"));
        }
    };
    let before: Map<String, Value> =
        write.before.and_then(|before| serde_json::from_slice(before).ok()).unwrap_or_default();
    if let Some(hook) =
        HOOKS.iter().find(|key| after.get(**key).is_some_and(|hook| before.get(**key) != Some(hook)))
    {
        return refuse(format!("tools run what stands under `{hook}` by themselves; leave it as it was"));
    }
    let none = Map::new();
    let before = before.get("scripts").and_then(Value::as_object).unwrap_or(&none);
    let scripts = match after.get("scripts") {
        None => return Ok(()),
        Some(Value::Object(scripts)) => scripts,
        Some(_) => return refuse("`scripts` is not an object of commands".into()),
    };
    for (name, script) in scripts.iter().filter(|(name, script)| before.get(*name) != Some(script)) {
        let planned = match (name.as_str(), write.architecture) {
            ("start", Some(architecture)) => as_script(&architecture.start),
            ("test", Some(architecture)) => as_script(&architecture.test),
            _ => {
                return refuse(format!(
                    "the script {name:.100?} is none of the architecture's; only `start` and `test` may be there"
                ));
            }
        };
        let Some(planned) = planned else {
            return refuse(format!(
                "the architecture's command would mean something else as the script `{name}`"
            ));
        };
        if script.as_str() != Some(&planned) {
            return refuse(format!("the script `{name}` must be the architecture's command, {planned:?}"));
        }
    }
    Ok(())
}

/// A command as a package manager's shell would read it; `None` if that could take a part of it for its own.
fn as_script(argv: &[String]) -> Option<String> {
    let is_plain = |argument: &String| {
        !argument.is_empty() && argument.chars().all(|c| c.is_alphanumeric() || "_-./=:@%+,*".contains(c))
    };
    argv.iter().all(is_plain).then(|| argv.join(" "))
}

fn pyproject_toml(write: FileWrite<'_>) -> Result<(), Refusal> {
    let path = write.path;
    let refuse = |reason: String| Err(Refusal::new("build-hook", format!("{path}: {reason}")));
    let Ok(after) = std::str::from_utf8(write.after) else {
        return refuse("it is not text, so it can't be checked".into());
    };
    if write.before == Some(write.after) {
        return Ok(());
    }
    if let Some(line) = after.lines().find(|line| may_be_hook(line)) {
        return refuse(format!(
            "the line {line:.100?} may have code run when the app is built or installed; do without it"
        ));
    }
    if String::from_utf8_lossy(write.before.unwrap_or_default()).lines().any(may_be_hook) {
        return refuse("a person said there how the app is built; leave it as it is".into());
    }
    Ok(())
}

/// Whether a table or a key of a line has to do with building. Values count only where they can hold keys.
fn may_be_hook(line: &str) -> bool {
    let keys = if line.contains('{') { line } else { line.split('=').next().unwrap_or(line) }.to_lowercase();
    keys.trim() != "requires-python" && BUILD.iter().any(|word| keys.contains(word))
}
