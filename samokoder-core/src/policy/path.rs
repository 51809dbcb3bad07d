//! Which files may be written.

use serde::{Deserialize, Serialize};

use super::{Decision, Policy, Refusal, pattern};
use crate::project::WorkspacePath;

/// The rule that protects what no rule of a policy has a say in.
const PROTECTED: &str = "protected-path";

/// What is so with the files that some patterns stand for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PathRule {
    /// What a refusal calls it: "protected-path".
    #[serde(default = "protected")]
    pub rule: String,
    /// Patterns, `/`-separated: one with a `/` in it begins at the app's folder, any other stands for a name in any
    /// folder. Each stands for what is beneath it too. A `*` stands for characters of one name.
    ///
    /// Names are compared as the laxest file system would: without case, with compatible forms of characters as one,
    /// without characters that are not seen.
    pub patterns: Vec<String>,
    /// Whether the files may be written.
    pub then: Decision,
    /// Why not, for a refusal.
    #[serde(default)]
    pub reason: String,
}

fn protected() -> String {
    PROTECTED.to_owned()
}

impl PathRule {
    /// Allows what these patterns stand for.
    pub fn allow<I: IntoIterator<Item = S>, S: Into<String>>(patterns: I) -> Self {
        let patterns = patterns.into_iter().map(Into::into).collect();
        Self { rule: protected(), patterns, then: Decision::Allow, reason: String::new() }
    }

    /// Denies what these patterns stand for, with the reason why.
    pub fn deny<I: IntoIterator<Item = S>, S: Into<String>>(patterns: I, reason: impl Into<String>) -> Self {
        Self { then: Decision::Deny, reason: reason.into(), ..Self::allow(patterns) }
    }

    /// Renames it.
    #[must_use]
    pub fn named(mut self, rule: impl Into<String>) -> Self {
        self.rule = rule.into();
        self
    }

    fn stands_for(&self, names: &[String]) -> bool {
        self.patterns.iter().any(|pattern| {
            let mut wanted =
                pattern.split('/').filter(|name| !name.is_empty()).map(pattern::fold_pattern).peekable();
            if wanted.peek().is_none() {
                return false;
            }
            let mut names = names.iter();
            if pattern.contains('/') {
                wanted.all(|wanted| names.next().is_some_and(|name| pattern::matches(&wanted, name)))
            } else {
                wanted.any(|wanted| names.any(|name| pattern::matches(&wanted, name)))
            }
        })
    }
}

impl Policy {
    /// Whether agents may write or delete this file.
    ///
    /// # Errors
    /// The refusal, with its rule.
    pub fn path(&self, path: &WorkspacePath) -> Result<(), Refusal> {
        let names: Vec<String> = path.as_str().split('/').map(pattern::fold).collect();
        if let Some(rule) = self.paths.iter().find(|rule| rule.stands_for(&names)) {
            return match rule.then {
                Decision::Allow => Ok(()),
                Decision::Deny => {
                    let reason = format!("{path} may not be written: {}", rule.reason);
                    Err(Refusal::new(&rule.rule, reason))
                }
            };
        }
        if names.iter().any(|name| is_short_name(name)) {
            let reason = format!(
                "{path} may not be written: on Windows a name with `~` and a number stands for another one"
            );
            return Err(Refusal::new(PROTECTED, reason));
        }
        Ok(())
    }
}

/// Whether Windows may have made this name up for a longer one: "GIT~1" is `.git`.
fn is_short_name(name: &str) -> bool {
    name.split('~').skip(1).any(|after| after.starts_with(|c: char| c.is_ascii_digit()))
}
