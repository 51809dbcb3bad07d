//! What agents may run and write, decided by code.
//!
//! Instructions can be talked out of a model; a [`Policy`] can't. The pipeline asks it before a command is run and before
//! a proposal is committed, whoever's agent it is. A [`Refusal`] names the rule, so that the agent can tell its model
//! why, and a person can find the rule. What a person changes is not asked about.

mod builtin;
mod command;
mod manifest;
mod path;
mod pattern;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use command::CommandRule;
pub use manifest::FileWrite;
pub use path::PathRule;

use crate::project::{Architecture, Change};

/// What agents may run and write, as ordered rules: of those that stand for a command or a path, the first decides.
///
/// [`Policy::default`] is the built-in policy: the usual toolchains with files of the app, no code in arguments, no
/// shells, no installs; nothing that version control, CI, shells, editors or package managers run by themselves.
/// A policy that is read, from JSON or TOML, has only the rules that are written there; put it before another one by
/// [`then`](Self::then).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// Which commands may be run. One that no rule stands for may not.
    #[serde(default)]
    pub commands: Vec<CommandRule>,
    /// Patterns of variables that a command may not set, such as "LD_*". Case does not matter.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Which files may be written and deleted. One that no rule stands for may.
    #[serde(default)]
    pub paths: Vec<PathRule>,
    /// Who decides on what package managers run.
    #[serde(default)]
    pub scripts: Scripts,
}

/// Who decides on what package managers run by themselves: the scripts of a `package.json`, the build hooks of a
/// `pyproject.toml`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scripts {
    /// The architecture: its commands may stand there as `start` and `test`. What is there already may stay.
    #[default]
    Structured,
    /// Whoever writes the file.
    Free,
}

/// What a rule says of what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It may be.
    Allow,
    /// It may not.
    Deny,
}

/// A rule that forbids something, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub struct Refusal {
    /// The rule's name: "protected-path".
    pub rule: String,
    /// What it forbids, why, and what to do instead.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(rule: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { rule: rule.into(), reason: reason.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused by the policy's rule `{}`: {}", self.rule, self.reason)
    }
}

impl Policy {
    /// A policy without rules: no command may be run, every path may be written.
    pub const fn empty() -> Self {
        Self { commands: Vec::new(), variables: Vec::new(), paths: Vec::new(), scripts: Scripts::Structured }
    }

    /// The rules of this policy, and after them those of `other`. Scripts are free if one of the two says so.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.commands.extend(other.commands);
        self.variables.extend(other.variables);
        self.paths.extend(other.paths);
        if other.scripts == Scripts::Free {
            self.scripts = Scripts::Free;
        }
        self
    }

    /// Whether an architecture's commands may be run and its files written.
    ///
    /// # Errors
    /// The first refusal.
    pub fn architecture(&self, architecture: &Architecture) -> Result<(), Refusal> {
        self.argv(&architecture.start)?;
        self.argv(&architecture.test)?;
        architecture.files.iter().try_for_each(|file| self.path(&file.path))
    }

    /// Whether a change may be committed, as far as it can be told without the contents of files: see
    /// [`file`](Self::file) for those.
    ///
    /// # Errors
    /// The first refusal.
    pub fn change(&self, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::ArchitectureChosen { architecture } => self.architecture(architecture),
            Change::PlanMade { tasks, .. } => {
                tasks.iter().flat_map(|task| &task.files).try_for_each(|path| self.path(path))
            }
            Change::StepsPlanned { steps, .. } => steps.iter().try_for_each(|step| self.path(&step.path)),
            Change::IterationPlanned { iteration } => {
                iteration.steps.iter().try_for_each(|step| self.path(&step.path))
            }
            Change::FileWritten { path, .. } | Change::FileDeleted { path, .. } => self.path(path),
            _ => Ok(()),
        }
    }
}
