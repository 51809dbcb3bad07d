//! The abuse suite: what hostile code tries, each case a sentence, driven through the sandbox port alone.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use samokoder_core::{sandbox::Sandbox, testing::sandbox::Verdict};
//! use samokoder_sandbox::suite::Suite;
//!
//! # async fn example(sandbox: Arc<dyn Sandbox>) {
//! for row in Suite::new(sandbox).run().await {
//!     println!("{:>2} {:?} {}", row.number, row.verdict, row.name);
//! }
//! # }
//! ```
//!
//! With the cases of [`samokoder_core::testing::sandbox`] they are the [clauses](clauses()) of the contract. They run one
//! small program inside, linked without libraries, so that they need nothing of an image. Whatever a case takes is bounded:
//! where a limit is missing, the machine lives through it.
//!
//! A suite that nothing fails proves nothing: this crate's tests also run it on sandboxes that each lack one control, and
//! every one of them is found out.

mod bench;
mod clauses;
mod files;
mod kernel;
mod killed;
mod network;
mod output;
mod processes;
mod secrets;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use samokoder_core::{
    sandbox::Sandbox,
    testing::sandbox::{Finding, Verdict, Watched, cases as contract},
};

pub use bench::probe;
use bench::{Bench, Warm};
pub use clauses::{Clause, clauses};
pub use killed::{OwnerProcess, own};

/// How long one case may take; a kernel in a process is slow.
const PATIENCE: Duration = Duration::from_mins(2);

/// Something that hostile code tries.
#[derive(Clone, Copy)]
pub struct Abuse {
    /// Its number, from 1.
    pub number: u8,
    /// What holds, as a sentence.
    pub name: &'static str,
    check: Check,
}

/// How a case is checked.
#[derive(Clone, Copy)]
enum Check {
    Here(for<'a> fn(Bench<'a>) -> BoxFuture<'a, Finding>),
    /// By the case of the contract with this name, which needs a shell in the sandbox.
    Contract(&'static str),
}

impl fmt::Debug for Abuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.name)
    }
}

/// A case and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The case's number.
    pub number: u8,
    /// The case's name.
    pub name: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
}

/// All cases, in their order.
pub fn cases() -> Vec<Abuse> {
    [
        processes::CASES,
        output::CASES,
        files::CASES,
        secrets::CASES,
        kernel::CASES,
        network::CASES,
        killed::CASES,
    ]
    .concat()
    .into_iter()
    .map(|case| (case.number, case))
    .collect::<std::collections::BTreeMap<_, _>>()
    .into_values()
    .collect()
}

/// The cases, and the sandbox that they are tried on.
///
/// Most of them share a session, with a workspace that each finds empty: on some backends it takes long to open one.
pub struct Suite {
    sandbox: Arc<dyn Sandbox>,
    owner_process: Option<Box<OwnerProcess>>,
    kills: u32,
    warm: Warm,
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").field("sandbox", &self.sandbox).finish_non_exhaustive()
    }
}

impl Suite {
    /// The suite for a sandbox.
    pub fn new(sandbox: Arc<dyn Sandbox>) -> Self {
        Self { sandbox, owner_process: None, kills: 8, warm: Warm::new(fresh("warm")) }
    }

    /// Says how to start a process that [owns](own()) a session of the same sandbox, to be killed. Without it the case about
    /// that can't be tried, and is unsupported.
    #[must_use]
    pub fn owner_process(
        mut self,
        start: impl Fn(&samokoder_core::sandbox::SessionSpec) -> std::process::Command + Send + Sync + 'static,
    ) -> Self {
        self.owner_process = Some(Box::new(start));
        self
    }

    /// Replaces how many owners are killed.
    #[must_use]
    pub fn kills(mut self, count: u32) -> Self {
        self.kills = count;
        self
    }

    /// Tries all cases, one after the other.
    pub async fn run(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for case in cases() {
            rows.push(self.judge(case).await);
        }
        rows
    }

    /// Tries one case.
    pub async fn judge(&self, case: Abuse) -> Row {
        let started = Instant::now();
        let watched = Watched::new(Arc::clone(&self.sandbox));
        let finding = match case.check {
            Check::Here(check) => {
                let bench = Bench { sandbox: &watched, suite: self };
                let checked = tokio::time::timeout(PATIENCE, check(bench)).await;
                checked.unwrap_or_else(|_| Err(format!("not done after {} s", PATIENCE.as_secs())))
            }
            Check::Contract(name) => match contract().into_iter().find(|case| case.name == name) {
                Some(case) => case.run(&watched).await,
                None => Err(format!("the contract has no case {name:?}")),
            },
        };
        let verdict = match finding {
            Ok(()) => Verdict::Pass,
            Err(finding)
                if watched.has_refused() || finding == killed::NOBODY || finding == bench::NO_PROBE =>
            {
                Verdict::Unsupported(finding)
            }
            Err(finding) => Verdict::Fail(finding),
        };
        Row { number: case.number, name: case.name, verdict, duration: started.elapsed() }
    }
}

/// A name that nothing else on this machine has.
fn fresh(what: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("abuse-{what}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A case from its number, a sentence and a function, or the case of the contract that it is.
macro_rules! abuse {
    ($number:literal, $name:literal, $check:path) => {
        $crate::suite::Abuse {
            number: $number,
            name: $name,
            check: $crate::suite::Check::Here(|bench| Box::pin($check(bench))),
        }
    };
    ($number:literal, contract $name:literal) => {
        $crate::suite::Abuse { number: $number, name: $name, check: $crate::suite::Check::Contract($name) }
    };
}
use abuse;
