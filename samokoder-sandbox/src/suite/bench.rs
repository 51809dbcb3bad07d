//! What cases work with.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use samokoder_core::{
    project::WorkspacePath,
    sandbox::{
        CheckoutFile, Command, Control, Enforcement, ExecOutcome, ExecStatus, Limits, Sandbox, SandboxError,
        SandboxSession, SessionSpec,
    },
    testing::sandbox::Finding,
};

use super::{Suite, fresh};

/// The program that tries, where one was built for this machine.
#[cfg(probe_program)]
const PROBE: Option<&[u8]> = Some(include_bytes!(concat!(env!("OUT_DIR"), "/probe")));
#[cfg(not(probe_program))]
const PROBE: Option<&[u8]> = None;

/// What is found where there is no such program.
pub(super) const NO_PROBE: &str = "there is no program for this machine that could try";

/// The program that tries, linked without libraries; `None` on systems that no sandbox of this crate runs on.
pub fn probe() -> Option<&'static [u8]> {
    PROBE
}

/// What the cases' common session is held to: little, so that it is soon too much.
pub(super) fn tight() -> Limits {
    let mut limits = Limits::default().wall(Duration::from_secs(30));
    limits.cpu = Duration::from_secs(10);
    (limits.memory, limits.processes, limits.open_files) = (256 << 20, 64, 100);
    (limits.disk, limits.inodes, limits.file_size) = (32 << 20, 1000, 8 << 20);
    (limits.output, limits.output_kept) = (8 << 20, 64 << 10);
    limits
}

/// The session that cases share, kept from one to the next.
pub(super) struct Warm {
    owner: String,
    session: tokio::sync::Mutex<Option<Arc<dyn SandboxSession>>>,
}

impl Warm {
    pub(super) fn new(owner: String) -> Self {
        Self { owner, session: tokio::sync::Mutex::default() }
    }
}

/// What a case works with.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) sandbox: &'a dyn Sandbox,
    pub(super) suite: &'a Suite,
}

impl Bench<'_> {
    /// The common session with nothing but the probe in its workspace.
    pub(super) async fn session(self) -> Result<Probed, String> {
        // Opened again each time: it is the same as long as someone has it, and a case may have ended it.
        let probed = self.open(SessionSpec::new(&self.suite.warm.owner).limits(tight())).await?;
        *self.suite.warm.session.lock().await = Some(Arc::clone(&probed.session));
        Ok(probed)
    }

    /// Another one.
    pub(super) async fn another(self) -> Result<Probed, String> {
        self.open(SessionSpec::new(fresh("other")).limits(tight())).await
    }

    /// A session of one's own.
    pub(super) async fn open(self, spec: SessionSpec) -> Result<Probed, String> {
        let session = self.sandbox.open(spec).await.map_err(words)?;
        session.checkout(vec![program()?]).await.map_err(words)?;
        Ok(Probed { session })
    }

    /// How something is enforced here.
    pub(super) async fn enforcement(self, wanted: Control) -> Result<Enforcement, String> {
        let controls = self.sandbox.capabilities().await.map_err(words)?.controls;
        let found = controls.into_iter().find(|(control, _)| *control == wanted);
        found.map(|(_, how)| how).ok_or_else(|| format!("nothing is said of {wanted:?}"))
    }
}

/// The probe as a file of a workspace.
pub(super) fn program() -> Result<CheckoutFile, String> {
    Ok(CheckoutFile { path: path("probe")?, content: Bytes::from_static(PROBE.ok_or(NO_PROBE)?) })
}

/// A session with the probe in it.
#[derive(Debug)]
pub(super) struct Probed {
    pub(super) session: Arc<dyn SandboxSession>,
}

impl Probed {
    /// The probe with these arguments, as a command.
    pub(super) fn command<S: AsRef<str>>(arguments: &[S]) -> Command {
        Command::new(std::iter::once("./probe").chain(arguments.iter().map(AsRef::as_ref)))
    }

    pub(super) async fn exec(&self, command: Command) -> Result<ExecOutcome, String> {
        self.session.exec(command).await.map_err(words)
    }

    pub(super) async fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Result<ExecOutcome, String> {
        self.exec(Self::command(arguments)).await
    }

    /// What got through, if something did.
    pub(super) async fn holds<S: AsRef<str>>(&self, arguments: &[S]) -> Finding {
        let outcome = self.run(arguments).await?;
        if outcome.success() {
            return Ok(());
        }
        let (text, what) = (&outcome.stderr.text, arguments.first().map_or("", AsRef::as_ref));
        let said: Vec<&str> = text.lines().take(8).collect();
        let more = text.lines().count().saturating_sub(said.len());
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        Err(format!("{what} {}: {}{more}", outcome.status, said.join("; ")))
    }

    /// That something can be had up to a limit: the probe prints how much it got, or it was ended for taking too much.
    pub(super) async fn bounded(&self, arguments: &[&str], most: u64, end: ExecStatus) -> Finding {
        let outcome = self.run(arguments).await?;
        // Many processes hold much memory, where each of them counts for itself.
        if outcome.status == end || outcome.status == ExecStatus::OutOfMemory {
            return Ok(());
        }
        let count = outcome.stdout.text.trim().parse::<u64>().ok().filter(|_| outcome.success());
        match count {
            Some(count) if count <= most && count > 0 => Ok(()),
            _ => Err(format!("expected at most {most} or {end:?}: {outcome:?}")),
        }
    }

    /// That a command ends like this.
    pub(super) async fn ends(&self, arguments: &[&str], end: ExecStatus) -> Finding {
        let outcome = self.run(arguments).await?;
        expect(outcome.status == end, &format!("expected {end:?}"), &outcome)
    }

    /// That a command can remove the files that the commands before have left, and that the session goes on.
    pub(super) async fn goes_on(&self) -> Finding {
        let outcome = self.run(&["clean"]).await?;
        expect(outcome.success(), "expected the files to be removed", &outcome)?;
        let outcome = self.run(&["environment", "PATH", "HOME", "LANG", "TMPDIR"]).await?;
        expect(outcome.success(), "expected the session to go on", &outcome)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "how `map_err` hands it over")]
pub(super) fn words(error: SandboxError) -> String {
    error.to_string()
}

pub(super) fn path(text: &str) -> Result<WorkspacePath, String> {
    WorkspacePath::parse(text).map_err(|error| error.to_string())
}

/// An error that shows the outcome unless `holds`.
pub(super) fn expect(holds: bool, what: &str, outcome: &ExecOutcome) -> Finding {
    if holds {
        return Ok(());
    }
    let start = |text: &str| text.chars().take(300).collect::<String>();
    let (stdout, stderr) = (start(&outcome.stdout.text), start(&outcome.stderr.text));
    Err(format!(
        "{what}: {} after {:?}, {} bytes written, {stdout:?}, {stderr:?}",
        outcome.status, outcome.duration, outcome.written
    ))
}
