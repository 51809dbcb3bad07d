//! A sitting: from what was typed to its end, with someone watching.

use std::{
    env,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::StreamExt as _;
use samokoder::{
    agents::Team,
    llm::ModelId,
    open,
    pipeline::{Answers, Pipeline, Run, RunOptions, RunReport},
    policy::Policy,
    sandbox::Limits as SandboxLimits,
    store::{RunEnd, Seq, StateStore},
};

use crate::{
    args::Options,
    config::{Config, Limits},
    failure::{Failure, Outcome},
    provider, redaction,
    view::{self, Person, Settings, View},
};

/// What a sitting is made of.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) pipeline: Pipeline,
    pub(crate) options: RunOptions,
    pub(crate) has_sandbox: bool,
    json: bool,
    folder: PathBuf,
    settings: Settings,
}

/// The model for those who have chosen none.
const OFFLINE: &str = "offline";

/// The model that was typed, or that the configuration names, or the offline one.
pub(crate) fn model(typed: &Options, config: &Config) -> Result<ModelId, Failure> {
    match typed.model.as_ref().or(config.model.as_ref()) {
        Some(model) => Ok(model.clone()),
        None => OFFLINE.parse().map_err(|_| Failure::failed("the offline model has no name")),
    }
}

impl Session {
    /// Puts together what was typed and what the configuration says.
    pub(crate) fn new(
        folder: &Path,
        store: Arc<dyn StateStore>,
        typed: &Options,
        config: &Config,
    ) -> Result<Self, Failure> {
        let limits = &config.limits;
        let team = match limits.fixes {
            Some(rounds) => Team::default().fixes(rounds),
            None => Team::default(),
        };
        let settings = Settings { file: config.file.clone(), fixes: team.workflow.fixes };
        let mut builder = team.join(Pipeline::empty(store));
        let uri = typed.sandbox.as_deref().or(config.sandbox.as_deref()).unwrap_or("local");
        let sandbox = open::sandbox(uri, &search_path())?;
        let has_sandbox = sandbox.is_some();
        if let Some(sandbox) = sandbox {
            builder = builder.sandbox(sandbox);
        }
        let options = options(folder, typed, config)?;
        let (pipeline, folder) = (builder.build()?, folder.into());
        Ok(Self { pipeline, options, has_sandbox, json: typed.json, folder, settings })
    }

    /// Watches a run to its end and says what came of it.
    pub(crate) async fn watch(&self, run: Run, view: Box<dyn View>) -> Result<Outcome, Failure> {
        let cancellation = self.options.cancellation.clone();
        let interrupted = async move {
            // Where there is no such signal, nobody can press it.
            let _ = tokio::signal::ctrl_c().await;
            cancellation.cancel();
            let _ = tokio::signal::ctrl_c().await;
            std::process::exit(130);
        };
        let report = tokio::select! {
            report = follow(run, view, self.person()) => report?,
            never = interrupted => never,
        };
        if !self.json {
            view::summary(&self.folder, &report, &self.settings);
        }
        Ok(match report.end {
            RunEnd::Done { .. } => Outcome::Done,
            RunEnd::Waiting { .. } => Outcome::Waiting,
            RunEnd::Exhausted { .. } => Outcome::Budget,
            _ => Outcome::Failed,
        })
    }

    /// The view that fits where the output goes.
    pub(crate) fn view(&self) -> Box<dyn View> {
        if self.json {
            Box::new(view::Json)
        } else if std::io::stdout().is_terminal() {
            Box::new(view::Live::new())
        } else {
            Box::new(view::Plain::default())
        }
    }

    fn person(&self) -> Option<Person> {
        match self.options.answers {
            Answers::Wait if self.json => Some(Person::Json),
            Answers::Wait => Some(Person::Terminal),
            _ => None,
        }
    }
}

async fn follow(run: Run, mut view: Box<dyn View>, person: Option<Person>) -> Result<RunReport, Failure> {
    let mut person = person.map(view::Desk::open);
    let mut events = Box::pin(run.events(Seq::START));
    let mut deltas = run.deltas();
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(event) => {
                    let event = event?;
                    let is_new = event.seq > run.before();
                    if is_new {
                        view.record(&event);
                    } else {
                        view.recall(&event);
                    }
                    if let Some(desk) = &mut person {
                        desk.record(&event);
                        if is_new {
                            desk.put(&mut *view);
                        }
                    }
                }
                None => break,
            },
            Ok(delta) = deltas.recv() => view.delta(&delta),
            Some(heard) = view::hear(&mut person) => match heard {
                view::Heard::Answer(question, answer) => run.answer(question, answer).await?,
                view::Heard::Unclear(why) => view.say(&why),
                view::Heard::Cancel => run.cancel().await?,
                view::Heard::Gone => run.set_answers(Answers::End),
            },
        }
    }
    view.close();
    Ok(run.finish().await?)
}

fn options(folder: &Path, typed: &Options, config: &Config) -> Result<RunOptions, Failure> {
    let model = model(typed, config)?;
    let mut options = RunOptions::new(provider::open(model.provider(), config)?, model).folder(folder);
    for (role, model) in config.roles() {
        options = options
            .provider(model.provider(), provider::open(model.provider(), config)?)
            .model_for(role, model);
    }
    let limits = &config.limits;
    options.budget = limits.spend(typed.max_cost);
    options.wall = Limits::seconds(limits.wall_s);
    if let Some(agents) = typed.max_parallel.map(usize::from).or(limits.parallel) {
        options = options.parallel(agents);
    }
    if let Some(attempts) = limits.attempts {
        options = options.attempts(attempts);
    }
    if let Some(timeout) = Limits::seconds(limits.call_timeout_s) {
        options.call_timeout = timeout;
    }
    if let Some(timeout) = Limits::seconds(limits.test_timeout_s) {
        options.sandbox_limits = SandboxLimits::default().wall(timeout);
    }
    options.redactor = redaction::redactor(config);
    if let Some(own) = config.policy.clone() {
        options = options.policy(own.then(Policy::default()));
    }
    let someone_is_there = typed.json || (std::io::stdin().is_terminal() && std::io::stdout().is_terminal());
    Ok(options.answers(match (typed.yes, someone_is_there) {
        (true, _) => Answers::Defaults,
        (false, true) => Answers::Wait,
        (false, false) => Answers::End,
    }))
}

/// Where this machine keeps programs.
pub(crate) fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}
