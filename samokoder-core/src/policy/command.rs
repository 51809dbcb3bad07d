//! Which commands may be run.

use serde::{Deserialize, Serialize};

use super::{Decision, Policy, Refusal, pattern};
use crate::{project::WorkspacePath, sandbox::Command};

/// What is so with the commands that it stands for.
///
/// It stands for a command when everything that it asks of it is so. A rule that only names its program stands for
/// all commands of that program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CommandRule {
    /// What a refusal calls it: "no-shell".
    pub rule: String,
    /// Patterns of programs; `*` stands for any characters. A path is no name: "node" does not stand for "./node".
    pub programs: Vec<String>,
    /// The only options that may come before the first argument that is none, each a pattern, or several for an option
    /// with its value: "--test", "--test-name-pattern=*", "-V *". `**` at the end says that anything may follow:
    /// "-m unittest **". With `None` the options can be any.
    #[serde(default)]
    pub options: Option<Vec<String>>,
    /// The first argument that is no option must be a file of the workspace or a pattern of such.
    #[serde(default)]
    pub own_files: bool,
    /// Patterns each of which some argument must be like.
    #[serde(default)]
    pub required: Vec<String>,
    /// Patterns that no argument may be like.
    #[serde(default)]
    pub forbidden: Vec<String>,
    /// Whether such a command may be run.
    pub then: Decision,
    /// Why not, for a refusal.
    #[serde(default)]
    pub reason: String,
}

impl CommandRule {
    /// Allows all commands of these programs.
    pub fn allow<I: IntoIterator<Item = S>, S: Into<String>>(rule: impl Into<String>, programs: I) -> Self {
        Self {
            rule: rule.into(),
            programs: programs.into_iter().map(Into::into).collect(),
            options: None,
            own_files: false,
            required: Vec::new(),
            forbidden: Vec::new(),
            then: Decision::Allow,
            reason: String::new(),
        }
    }

    /// Denies all commands of these programs, with the reason why.
    pub fn deny<I: IntoIterator<Item = S>, S: Into<String>>(
        rule: impl Into<String>,
        programs: I,
        reason: impl Into<String>,
    ) -> Self {
        Self { then: Decision::Deny, reason: reason.into(), ..Self::allow(rule, programs) }
    }

    /// Stands only for commands with no options but these.
    #[must_use]
    pub fn options<I: IntoIterator<Item = S>, S: Into<String>>(mut self, options: I) -> Self {
        self.options = Some(options.into_iter().map(Into::into).collect());
        self
    }

    /// Stands only for commands that run files of the workspace.
    #[must_use]
    pub fn own_files(mut self) -> Self {
        self.own_files = true;
        self
    }

    /// Stands only for commands with an argument like this.
    #[must_use]
    pub fn required(mut self, argument: impl Into<String>) -> Self {
        self.required.push(argument.into());
        self
    }

    /// Stands only for commands without an argument like this.
    #[must_use]
    pub fn forbidden(mut self, argument: impl Into<String>) -> Self {
        self.forbidden.push(argument.into());
        self
    }

    fn is_of(&self, program: &str) -> bool {
        self.programs.iter().any(|pattern| pattern::matches(pattern, program))
    }

    /// What of a command of its programs it does not stand for, in words.
    fn objection(&self, arguments: &[String]) -> Option<String> {
        let like = |pattern: &String| arguments.iter().find(|argument| pattern::matches(pattern, argument));
        if let Some(missing) = self.required.iter().find(|pattern| like(pattern).is_none()) {
            return Some(format!("an argument like {missing:?} is missing"));
        }
        if let Some(argument) = self.forbidden.iter().find_map(like) {
            return Some(format!("the argument {argument:.100?} is not among what is allowed"));
        }
        let rest = match after_options(self.options.as_deref(), arguments) {
            Ok(rest) => rest?,
            Err(option) => return Some(format!("the option {option:.100?} is not among what is allowed")),
        };
        let file = rest
            .first()
            .filter(|file| self.own_files && WorkspacePath::parse(&file.replace('*', "x")).is_err());
        file.map(|file| format!("{file:.100?} is not a file of the app"))
    }
}

/// The arguments after the options, `None` if anything may follow these, or the first option that is not `allowed`.
fn after_options<'a>(
    allowed: Option<&[String]>,
    mut arguments: &'a [String],
) -> Result<Option<&'a [String]>, &'a str> {
    while let Some(option) = arguments.first().filter(|argument| argument.starts_with('-')) {
        let Some(allowed) = allowed else {
            arguments = &arguments[1..];
            continue;
        };
        let taken = allowed.iter().find_map(|words| take(words, arguments)).ok_or(option.as_str())?;
        match taken {
            Taken::All => return Ok(None),
            Taken::Words(count) => arguments = &arguments[count..],
        }
    }
    Ok(Some(arguments))
}

enum Taken {
    Words(usize),
    All,
}

/// How much of the arguments an allowed option stands for.
fn take(words: &str, arguments: &[String]) -> Option<Taken> {
    let mut count = 0;
    for word in words.split_whitespace() {
        if word == "**" {
            return Some(Taken::All);
        }
        arguments.get(count).filter(|argument| pattern::matches(word, argument))?;
        count += 1;
    }
    (count > 0).then_some(Taken::Words(count))
}

impl Policy {
    /// Whether agents may run this command.
    ///
    /// # Errors
    /// The refusal, with its rule.
    pub fn command(&self, command: &Command) -> Result<(), Refusal> {
        self.argv(&command.argv)?;
        let is_protected = |name: &&String| {
            let name = name.to_uppercase();
            self.variables.iter().any(|pattern| pattern::matches(&pattern.to_uppercase(), &name))
        };
        match command.env.keys().find(is_protected) {
            Some(name) => {
                let reason =
                    format!("the variable {name} changes what programs load or reach; leave it as it is");
                Err(Refusal::new("protected-variable", reason))
            }
            None => Ok(()),
        }
    }

    /// Whether agents may run a command with these arguments, the first of which is the program.
    ///
    /// # Errors
    /// The refusal, with its rule.
    pub fn argv(&self, argv: &[String]) -> Result<(), Refusal> {
        let Some((program, arguments)) = argv.split_first() else {
            return Err(Refusal::new("unlisted-program", "the command is empty"));
        };
        let mut objection = None;
        for rule in self.commands.iter().filter(|rule| rule.is_of(program)) {
            match (rule.objection(arguments), rule.then) {
                (None, Decision::Allow) => return Ok(()),
                (None, Decision::Deny) => {
                    let reason = format!("{program:.100?} is not run: {}", rule.reason);
                    return Err(Refusal::new(&rule.rule, reason));
                }
                (Some(why), Decision::Allow) => {
                    objection.get_or_insert_with(|| {
                        Refusal::new(&rule.rule, format!("{program:.100?} is not run like this: {why}"))
                    });
                }
                (Some(_), Decision::Deny) => {}
            }
        }
        Err(objection.unwrap_or_else(|| {
            let mut listed: Vec<_> = self
                .commands
                .iter()
                .filter(|rule| rule.then == Decision::Allow)
                .flat_map(|rule| rule.programs.iter().map(String::as_str))
                .collect();
            listed.dedup();
            let reason =
                format!("{program:.100?} is none of the programs that are run: {}", listed.join(", "));
            Refusal::new("unlisted-program", reason)
        }))
    }
}
