//! What the tests share.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use samokoder_core::{
    project::WorkspacePath,
    sandbox::{CheckoutFile, Command, ExecOutcome, Limits, Sandbox as _, SandboxSession, SessionSpec},
};
use samokoder_sandbox::local::{LocalConfig, LocalSandbox};

/// A sandbox that finds programs where the tests' own caller does.
pub(crate) fn sandbox() -> LocalSandbox {
    let path = std::env::var_os("PATH").unwrap_or_default();
    LocalSandbox::new(LocalConfig::default().search_path(std::env::split_paths(&path)))
}

/// A sandbox that looks for no toolchains, and is ready at once.
pub(crate) fn bare_sandbox() -> LocalSandbox {
    LocalSandbox::new(LocalConfig::default().toolchains(Vec::<String>::new()))
}

/// The usual limits with a change.
pub(crate) fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

/// A text that nothing else on this machine contains.
pub(crate) fn mark() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("mark-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A session with the probe program in its workspace.
pub(crate) struct Probed {
    pub(crate) session: Arc<dyn SandboxSession>,
    _sandbox: LocalSandbox,
}

impl Probed {
    pub(crate) async fn open(limits: Limits) -> Self {
        Self::open_with(SessionSpec::new(mark()).limits(limits)).await
    }

    pub(crate) async fn open_with(spec: SessionSpec) -> Self {
        let sandbox = bare_sandbox();
        let session = sandbox.open(spec).await.unwrap();
        let content = samokoder_sandbox::suite::probe().unwrap().into();
        let path = WorkspacePath::parse("probe").unwrap();
        session.checkout(vec![CheckoutFile { path, content }]).await.unwrap();
        Self { session, _sandbox: sandbox }
    }

    /// Runs the probe.
    pub(crate) async fn probe(&self, arguments: &[&str]) -> ExecOutcome {
        let argv = std::iter::once("./probe").chain(arguments.iter().copied());
        self.session.exec(Command::new(argv)).await.unwrap()
    }

    /// Runs the probe and takes the number it prints.
    pub(crate) async fn count(&self, arguments: &[&str]) -> u64 {
        let outcome = self.probe(arguments).await;
        outcome.stdout.text.trim().parse().unwrap_or_else(|_| panic!("{outcome:?}"))
    }
}

/// The processes of this machine whose command line contains `mark`.
pub(crate) fn processes_with(mark: &str) -> Vec<u32> {
    let has_mark = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(mark)
    };
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let own = std::process::id();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != own)
        .filter(has_mark)
        .collect()
}

/// Waits, for a limited time, until `holds`.
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within 20 s");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Fails with the outcome unless the probe found that the wall held.
#[track_caller]
pub(crate) fn held(outcome: &ExecOutcome) {
    assert!(outcome.success(), "{outcome:#?}");
}
