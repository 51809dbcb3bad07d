//! `samokoder.toml`.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use samokoder::{
    agent::Role,
    agents::{Architect, BugHunter, CodeMonkey, Developer, SpecWriter, TechLead},
    budget::SpendLimits,
    llm::{ModelId, Money},
    policy::Policy,
    providers::catalogue::ModelEntry,
};
use serde::Deserialize;

use crate::{args, failure::Failure, folder, provider::ProviderConfig};

/// The file's name, in the folder where the command is typed or in the app's.
pub(crate) const NAME: &str = "samokoder.toml";

/// The agents that ask a model.
const ROLES: [Role; 6] =
    [SpecWriter::ROLE, Architect::ROLE, TechLead::ROLE, Developer::ROLE, CodeMonkey::ROLE, BugHunter::ROLE];

/// What `samokoder.toml` may say. Everything has a default; what is typed wins.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Where it is, or would be.
    #[serde(skip)]
    pub(crate) file: PathBuf,
    /// The model that agents ask.
    pub(crate) model: Option<ModelId>,
    /// Models of single agents, by role.
    pub(crate) models: BTreeMap<String, ModelId>,
    /// Models that are asked, in this order, when the chosen one does not answer.
    pub(crate) fallback: Vec<ModelId>,
    /// Where the app's code runs.
    pub(crate) sandbox: Option<String>,
    /// Limits.
    pub(crate) limits: Limits,
    /// What the history keeps.
    pub(crate) history: History,
    /// Rules of what agents may run and write that come before the built-in ones.
    pub(crate) policy: Option<Policy>,
    /// How providers are reached, by id.
    pub(crate) providers: BTreeMap<String, ProviderConfig>,
    /// What is known of models, by `provider:model`: it wins over the built-in catalogue.
    pub(crate) catalogue: BTreeMap<ModelId, ModelEntry>,
}

/// Limits of a run.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Dollars over the app's whole life.
    pub(crate) cost_usd: Option<f64>,
    /// Tokens over the app's whole life.
    pub(crate) tokens: Option<u64>,
    /// Calls to models over the app's whole life.
    pub(crate) calls: Option<u64>,
    /// Attempts at an assignment.
    pub(crate) attempts: Option<u32>,
    /// Rounds of repair after failed tests.
    pub(crate) fixes: Option<usize>,
    /// Agents that may work at a time.
    pub(crate) parallel: Option<usize>,
    /// Seconds that one sitting may last.
    pub(crate) wall_s: Option<u64>,
    /// Seconds that a model may take over one answer.
    pub(crate) call_timeout_s: Option<u64>,
    /// Seconds that the app's tests may take.
    pub(crate) test_timeout_s: Option<u64>,
}

/// What the history keeps.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct History {
    /// Days after which `gc` removes what calls asked and answered.
    pub(crate) keep_calls_days: Option<u32>,
    /// Whether keys and passwords are taken out of what is recorded, which they are unless it says no.
    pub(crate) redact: Option<bool>,
    /// Where large contents go that apps record which are made from then on: `folder:PATH` or `s3://BUCKET/PREFIX`.
    blobs: Option<String>,
}

impl Config {
    /// The configuration in the folder where the command is typed, or else in the app's.
    pub(crate) fn load(app: Option<&Path>) -> Result<Self, Failure> {
        let here = PathBuf::from(NAME);
        for path in std::iter::once(here.clone()).chain(app.map(|app| app.join(NAME))) {
            match folder::read_text(&path) {
                Ok(text) => {
                    let config: Self = toml::from_str(&text).map_err(|error| {
                        Failure::usage(format!("{}: {}", path.display(), error.to_string().trim_end()))
                    })?;
                    config.check().map_err(|wrong| Failure::usage(format!("{}: {wrong}", path.display())))?;
                    return Ok(Self { file: path, ..config });
                }
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(error) => return Err(Failure::failed(format!("{}: {error}", path.display()))),
            }
        }
        Ok(Self { file: here, ..Self::default() })
    }

    /// Finds what can be written but makes no sense.
    fn check(&self) -> Result<(), String> {
        if let Some(unknown) =
            self.models.keys().find(|name| ROLES.iter().all(|role| role.as_str() != **name))
        {
            let known = ROLES.each_ref().map(Role::as_str).join(", ");
            return Err(format!("no agent that asks a model is called {unknown:?}; choose from: {known}"));
        }
        match self.limits.cost_usd {
            Some(amount) if !args::is_amount(amount) => Err(format!("cost_usd: {}", args::NO_AMOUNT)),
            _ => Ok(()),
        }
    }

    /// Where large contents go. A relative path is one beside the file.
    pub(crate) fn blobs(&self) -> Option<String> {
        let uri = self.history.blobs.as_deref()?;
        let path = uri.strip_prefix("folder:").filter(|path| !path.is_empty());
        let beside = |path| std::path::absolute(self.file.with_file_name(path)).ok();
        Some(path.and_then(beside).map_or_else(|| uri.into(), |path| format!("folder:{}", path.display())))
    }

    /// Models by role.
    pub(crate) fn roles(&self) -> impl Iterator<Item = (Role, ModelId)> {
        self.models.iter().map(|(role, model)| (Role::new(role), model.clone()))
    }
}

impl Limits {
    /// What may be spent, `typed` dollars instead of those in the file. `None` when neither says anything.
    pub(crate) fn spend(&self, typed: Option<f64>) -> Option<SpendLimits> {
        let money = typed.or(self.cost_usd).map(Money::from_dollars);
        let limits = SpendLimits { money, tokens: self.tokens, calls: self.calls };
        (limits != SpendLimits::default()).then_some(limits)
    }

    pub(crate) fn seconds(seconds: Option<u64>) -> Option<Duration> {
        seconds.map(Duration::from_secs)
    }
}
