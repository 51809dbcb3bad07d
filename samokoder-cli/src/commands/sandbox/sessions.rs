//! `samokoder sandbox ps` and `samokoder sandbox reap`.

use std::sync::Arc;

use samokoder::{
    open::{self, OpenError},
    sandbox::{ReapReport, Sandbox, SandboxError, SessionInfo},
};
use serde_json::json;

use crate::{
    args::BackendArg,
    config::Config,
    failure::{Failure, Outcome},
    session,
};

/// The sandboxes that are looked at when none is typed, beside the one in the configuration.
const AT_HAND: [&str; 2] = ["local", "docker"];

pub(super) async fn list(args: BackendArg) -> Result<Outcome, Failure> {
    let mut asked = Asked::default();
    for (uri, sandbox) in backends(args.backend)? {
        let found = sandbox.list().await;
        asked.take(uri, found);
    }
    if args.json {
        let sessions = asked
            .all()
            .map(|(uri, session): (_, &SessionInfo)| json!({ "backend": uri, "session": session }));
        outln!("{}", json!({ "sessions": sessions.collect::<Vec<_>>(), "unreachable": asked.unreachable }));
        return Ok(asked.outcome());
    }
    outln!("{:<10} {:<28} {:<12} {:>8}  {:<8} OWNER", "BACKEND", "SESSION", "TENANT", "AGE", "STATE");
    for (uri, session) in asked.all() {
        let state = if session.orphaned { "orphaned" } else { "open" };
        let age = format!("{} s", session.age_ms / 1000);
        outln!("{uri:<10} {:<28} {:<12} {age:>8}  {state:<8} {}", session.id, session.tenant, session.owner);
    }
    Ok(asked.outcome())
}

pub(super) async fn reap(args: BackendArg) -> Result<Outcome, Failure> {
    let mut asked = Asked::default();
    for (uri, sandbox) in backends(args.backend)? {
        let report = sandbox.reap().await.map(|report| vec![report]);
        asked.take(uri, report);
    }
    if args.json {
        let reports =
            asked.all().map(|(uri, report): (_, &ReapReport)| json!({ "backend": uri, "report": report }));
        outln!("{}", json!({ "reports": reports.collect::<Vec<_>>(), "unreachable": asked.unreachable }));
    } else {
        for (uri, report) in asked.all() {
            let lines = [("ended", &report.ended), ("removed", &report.removed), ("FAILED", &report.failed)];
            for (did, what) in lines.iter().flat_map(|(did, all)| all.iter().map(move |what| (did, what))) {
                outln!("{uri}: {did} {what}");
            }
            if lines.iter().all(|(_, all)| all.is_empty()) {
                outln!("{uri}: nothing to do");
            }
        }
    }
    let failed = asked.all().any(|(_, report)| !report.failed.is_empty());
    Ok(if failed { Outcome::Failed } else { asked.outcome() })
}

/// What sandboxes answered.
struct Asked<T> {
    answers: Vec<(String, Vec<T>)>,
    /// Those that did not.
    unreachable: Vec<String>,
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self { answers: Vec::new(), unreachable: Vec::new() }
    }
}

impl<T> Asked<T> {
    fn take(&mut self, uri: String, answer: Result<Vec<T>, SandboxError>) {
        match answer {
            Ok(answer) => self.answers.push((uri, answer)),
            Err(error) => {
                errln!("samokoder: {uri}: {error}");
                self.unreachable.push(uri);
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = (&str, &T)> {
        self.answers.iter().flat_map(|(uri, found)| found.iter().map(move |one| (uri.as_str(), one)))
    }

    /// That one of several can't be reached is no failure.
    fn outcome(&self) -> Outcome {
        if self.answers.is_empty() { Outcome::Failed } else { Outcome::Done }
    }
}

/// A sandbox and how it is named.
type Named = (String, Arc<dyn Sandbox>);

/// The sandbox that was typed, or all that are at hand.
fn backends(typed: Option<String>) -> Result<Vec<Named>, Failure> {
    if typed.is_some() {
        return Ok(vec![super::chosen(typed)?]);
    }
    let mut uris: Vec<String> = AT_HAND.map(Into::into).into();
    if let Some(configured) = Config::load(None)?.sandbox.filter(|uri| !uris.contains(uri)) {
        uris.push(configured);
    }
    let mut found = Vec::new();
    for uri in uris {
        match open::sandbox(&uri, &session::search_path()) {
            Ok(sandbox) => found.extend(sandbox.map(|sandbox| (uri, sandbox))),
            // This build does without it.
            Err(OpenError::Unknown { .. }) if AT_HAND.contains(&uri.as_str()) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
