//! The conformance suite for the sandbox port.
//!
//! ```no_run
//! # async fn test(sandbox: &dyn samokoder_core::sandbox::Sandbox) {
//! samokoder_core::testing::sandbox::conformance(sandbox).await;
//! # }
//! ```
//!
//! The cases need `sh` and the usual small programs in the sandbox; those that need `node` or `python3` use the
//! one that [`capabilities`](crate::sandbox::Sandbox::capabilities) names and are passed over where there is none.

mod files;
mod lifecycle;
mod limits;
mod outcomes;
mod running;
mod sessions;
mod streams;
mod walls;
mod watched;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;

pub use watched::Watched;

use crate::sandbox::{Command, ExecOutcome, Limits, Sandbox, SandboxSession, SessionSpec};

/// What a case found: nothing, or what was wrong in words.
pub type Finding = Result<(), String>;

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The clause is kept.
    Pass,
    /// The clause is not kept, as these words say.
    Fail(String),
    /// The case came to nothing, as these words say, for the sandbox refused something that it can't hold.
    Unsupported(String),
}

/// How long one case may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// One clause of the contract.
#[derive(Clone, Copy)]
pub struct Case {
    /// The clause, as a sentence.
    pub name: &'static str,
    check: fn(Bench<'_>) -> BoxFuture<'_, Finding>,
}

impl Case {
    /// Checks the clause.
    ///
    /// # Errors
    /// What was found to be wrong.
    pub async fn run(&self, sandbox: &dyn Sandbox) -> Finding {
        let bench = Bench { sandbox };
        let checked = tokio::time::timeout(PATIENCE, (self.check)(bench)).await;
        checked.unwrap_or_else(|_| Err(format!("not done after {} s", PATIENCE.as_secs())))
    }

    /// Checks the clause, and tells a sandbox that refuses from one that fails.
    pub async fn judge(&self, sandbox: Arc<dyn Sandbox>) -> Verdict {
        let watched = Watched::new(sandbox);
        match self.run(&watched).await {
            Ok(()) => Verdict::Pass,
            Err(finding) if watched.has_refused() => Verdict::Unsupported(finding),
            Err(finding) => Verdict::Fail(finding),
        }
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All cases.
pub fn cases() -> Vec<Case> {
    [
        running::CASES,
        streams::CASES,
        files::CASES,
        walls::CASES,
        limits::CASES,
        outcomes::CASES,
        lifecycle::CASES,
        sessions::CASES,
    ]
    .concat()
}

/// Runs all cases, one after the other.
///
/// # Panics
/// When a case fails, with what every failing case found.
pub async fn conformance(sandbox: &dyn Sandbox) {
    let mut failures = Vec::new();
    for case in cases() {
        if let Err(finding) = case.run(sandbox).await {
            failures.push(format!("{}: {finding}", case.name));
        }
    }
    assert!(failures.is_empty(), "the sandbox does not keep its contract:\n{}", failures.join("\n"));
}

/// A case from a sentence and a function.
macro_rules! case {
    ($name:literal, $check:path) => {
        $crate::testing::sandbox::Case { name: $name, check: |bench| Box::pin($check(bench)) }
    };
}
use case;

/// What cases work with.
#[derive(Clone, Copy)]
struct Bench<'a> {
    sandbox: &'a dyn Sandbox,
}

impl Bench<'_> {
    /// An owner that nobody has used.
    fn owner() -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        format!("conformance-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
    }

    async fn open(self) -> Result<Arc<dyn SandboxSession>, String> {
        self.open_with(Limits::default()).await
    }

    async fn open_with(self, limits: Limits) -> Result<Arc<dyn SandboxSession>, String> {
        self.sandbox
            .open(SessionSpec::new(Self::owner()).limits(limits))
            .await
            .map_err(|error| error.to_string())
    }

    /// The first of the scripts whose toolchain is there, as a command: `(node, python3)`.
    async fn script(self, node: &str, python: &str) -> Result<Option<Command>, String> {
        let capabilities = self.sandbox.capabilities().await.map_err(|error| error.to_string())?;
        let has = |name: &str| capabilities.toolchains.iter().any(|toolchain| toolchain.name == name);
        Ok(if has("node") {
            Some(Command::new(["node", "-e", node]))
        } else if has("python3") {
            Some(Command::new(["python3", "-c", python]))
        } else {
            None
        })
    }
}

async fn run(session: &Arc<dyn SandboxSession>, command: Command) -> Result<ExecOutcome, String> {
    session.exec(command).await.map_err(|error| error.to_string())
}

async fn shell(session: &Arc<dyn SandboxSession>, text: &str) -> Result<ExecOutcome, String> {
    run(session, Command::new(["sh", "-c", text])).await
}

/// An error that shows the outcome unless `holds`.
fn expect(holds: bool, what: &str, outcome: &ExecOutcome) -> Finding {
    if holds { Ok(()) } else { Err(format!("{what}: {outcome:?}")) }
}
