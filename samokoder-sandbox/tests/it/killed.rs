//! Owners that are killed with `kill -9` at any moment, and what of them is left on this machine.
//!
//! So many as `SAMOKODER_KILLS` says, by hand for example
//!
//! ```text
//! SAMOKODER_KILLS=1000 cargo test -p samokoder-sandbox --all-features --test it -- killed:: --nocapture
//! ```

use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{Child, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use samokoder_core::sandbox::{Sandbox, SessionSpec};

use crate::{
    owner,
    support::{self, eventually, mark},
};

/// How many owners are killed.
const VARIABLE: &str = "SAMOKODER_KILLS";

/// How many when nobody says it.
const USUAL: u32 = 12;

/// How many are there at the same time.
const AT_ONCE: u32 = 4;

pub(crate) fn kills() -> u32 {
    let asked = env::var_os(VARIABLE).map(|count| count.into_string().unwrap());
    asked.map_or(USUAL, |count| count.parse().expect("SAMOKODER_KILLS is a number"))
}

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }
}

/// Owners that were killed: what they are known by.
#[derive(Default)]
pub(crate) struct Killed {
    pub(crate) marks: BTreeSet<String>,
    pids: BTreeSet<u32>,
    pub(crate) ready: u32,
    /// Where they could leave temporary files.
    folder: Option<tempfile::TempDir>,
}

impl Killed {
    /// Kills so many owners of sessions, each at another moment between its start and half as long again as the first
    /// ones took to be ready.
    pub(crate) fn kill(backend: &str, count: u32, lease: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let temporary = folder.path().to_owned();
        let mut killed = Self { folder: Some(folder), ..Self::default() };
        let (start, mut random) = (owner::process(backend), Random(46));
        let begin = || {
            let mark = mark();
            let process = start(&SessionSpec::new(&mark).lease(lease))
                .env("TMPDIR", &temporary)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            (mark, process)
        };
        let began = Instant::now();
        let mut first: Vec<_> = (0..AT_ONCE).map(|_| begin()).collect();
        for (_, process) in &mut first {
            assert!(is_ready(process), "an owner did not get ready");
        }
        let most = u64::try_from(began.elapsed().as_micros()).unwrap() * 3 / 2;
        for (mark, process) in first {
            killed.end(mark, process, true);
        }
        for _ in 1..count.div_ceil(AT_ONCE) {
            let mut running: Vec<_> = (0..AT_ONCE).map(|_| (random.below(most), begin())).collect();
            let together = Instant::now();
            running.sort_by_key(|(moment, _)| *moment);
            for (moment, (mark, mut process)) in running {
                let moment = Duration::from_micros(moment);
                std::thread::sleep(moment.saturating_sub(together.elapsed()));
                process.kill().unwrap();
                let ready = is_ready(&mut process);
                killed.end(mark, process, ready);
            }
        }
        killed
    }

    fn end(&mut self, mark: String, mut process: Child, ready: bool) {
        process.kill().unwrap();
        process.wait().unwrap();
        self.marks.insert(mark);
        self.pids.insert(process.id());
        self.ready += u32::from(ready);
    }

    /// What of them is left on this machine: temporary files, processes, cgroups.
    fn left(&self) -> Vec<String> {
        let temporary = self.folder.iter().flat_map(|folder| fs::read_dir(folder.path()).unwrap().flatten());
        let mut left: Vec<String> =
            temporary.map(|entry| format!("file {}", entry.path().display())).collect();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            if self.marks.iter().any(|mark| line.split('\0').any(|word| word == mark))
                || is_orphan(&entry.path())
            {
                left.push(format!("process {} {line:?}", entry.file_name().display()));
            }
        }
        let mut folders = vec![Path::new("/sys/fs/cgroup").to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    continue;
                }
                let name = entry.file_name().to_string_lossy().into_owned();
                let owner =
                    name.strip_prefix("samokoder-").and_then(|rest| rest.split('-').nth(1)?.parse().ok());
                if owner.is_some_and(|pid| self.pids.contains(&pid)) {
                    left.push(format!("cgroup {}", entry.path().display()));
                }
                folders.push(entry.path());
            }
        }
        left
    }
}

/// Whether an owner says that it is ready, before it ends.
fn is_ready(process: &mut Child) -> bool {
    let stdout = process.stdout.take().unwrap();
    BufReader::new(stdout).lines().map_while(Result::ok).any(|line| line == "ready")
}

/// Whether this is an init program that nobody has started who is still there.
fn is_orphan(process: &Path) -> bool {
    let status = fs::read_to_string(process.join("status")).unwrap_or_default();
    let field = |name: &str| status.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
    let parent = field("PPid:");
    // Those within sessions have one of their own kind.
    field("Name:").as_deref() == Some("samokoder-init")
        && parent.as_deref() == Some("1")
        && !status.contains("State:\tZ")
}

/// The mounts of this machine that are ours.
fn mounts() -> BTreeSet<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    mounts.lines().filter(|line| line.contains("samokoder-")).map(str::to_owned).collect()
}

/// The network namespaces of processes here.
fn networks() -> BTreeSet<u64> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(|process| Some(fs::metadata(process.path().join("ns/net")).ok()?.ino())).collect()
}

#[expect(clippy::print_stderr, reason = "shown with --nocapture: how much was tried")]
#[tokio::test(flavor = "multi_thread")]
async fn owners_that_are_killed_leave_nothing_on_local() {
    let (before, networks_before) = (mounts(), networks());
    let began = Instant::now();
    let killed =
        tokio::task::spawn_blocking(|| Killed::kill("local", kills(), Duration::ZERO)).await.unwrap();
    eventually("nothing runs", || killed.left().iter().all(|what| what.starts_with("cgroup")));
    // What is left when init programs were killed before they could remove it, whoever opens a session next removes.
    let report = support::bare_sandbox().reap().await.unwrap();
    assert_eq!(report.failed, Vec::<String>::new());
    assert_eq!(killed.left(), Vec::<String>::new());
    assert_eq!(mounts().difference(&before).collect::<Vec<_>>(), Vec::<&String>::new());
    let networks_now = networks();
    eprintln!(
        "{} owners were killed in {:?}, {} of them ready; {} cgroups were reaped; {} network namespaces before, {} after",
        killed.marks.len(),
        began.elapsed(),
        killed.ready,
        report.removed.len(),
        networks_before.len(),
        networks_now.len(),
    );
}

/// Takes away what is left of these owners until nothing is: no session, nothing on this machine, nothing of theirs in
/// what an engine says of its containers.
pub(crate) async fn until_gone(
    sandbox: &Arc<dyn Sandbox>,
    killed: &Killed,
    within: Duration,
    containers: impl Fn() -> String,
) {
    let deadline = Instant::now() + within;
    loop {
        let report = sandbox.reap().await.unwrap();
        let sessions = sandbox.list().await.unwrap();
        let left: Vec<_> = sessions.iter().filter(|session| killed.marks.contains(&session.owner)).collect();
        let containers = containers();
        let made: Vec<_> = killed.marks.iter().filter(|mark| containers.contains(mark.as_str())).collect();
        if left.is_empty() && made.is_empty() && killed.left().is_empty() && report.failed.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{left:?}, {made:?}, {:?}, {report:?}", killed.left());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
