//! What the `local` backend costs: a command in a warm session, opening one, output, the end of many processes, and what
//! a session that does nothing holds.
//!
//! Targets: a warm exec in 2 ms (median) and 10 ms (p99), open and exec in 15 ms, 500 MB of output a second, the end of
//! 1,000 processes in 100 ms, 2 MiB for a session. Beside it, in the same run: the same program started without a
//! sandbox, by bubblewrap (Debian's package `bubblewrap`), which builds its sandbox for each command, and by a Docker
//! engine, whose own exec is what the `docker` backend is held against (1.15 times as long).
//!
//! `cargo bench -p samokoder-sandbox --features docker --bench local`, with the engine's place in
//! `SAMOKODER_DOCKER_HOST`: `unix:///var/run/docker.sock`. What is not there is passed over.

#![expect(clippy::unwrap_used, reason = "a bench ends at the first thing that is not as it should be")]
#![expect(
    clippy::print_stdout,
    reason = "percentiles and figures that are no time are printed beside criterion's"
)]

#[cfg(feature = "docker")]
mod docker;
mod measure;

use std::{
    fs,
    process::{Command as HostCommand, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::Criterion;
use measure::{host, measure, timed};
use samokoder_core::sandbox::{
    Chunk, Command, ExecOutcome, Limits, Sandbox as _, SandboxSession, SessionSpec, Streams,
};
use samokoder_sandbox::local::{LocalConfig, LocalSandbox};
use tokio::{runtime::Runtime, sync::mpsc};

const OUTPUT: u64 = 100_000_000;
const PROCESSES: u64 = 1000;
const SESSIONS: usize = 100;

fn main() {
    describe();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let sandbox = LocalSandbox::new(LocalConfig::default().toolchains(Vec::<String>::new()));
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(4))
        .sample_size(20)
        .configure_from_args();
    latency(&mut criterion, &runtime, &sandbox);
    output(&mut criterion, &runtime, &sandbox);
    kill(&mut criterion, &runtime, &sandbox);
    runtime.block_on(memory(&sandbox));
    #[cfg(feature = "docker")]
    docker::latency(&mut criterion, &runtime);
    criterion.final_summary();
}

fn describe() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("machine: {cores} cores; load {}", load.split(' ').next().unwrap_or("unknown"));
}

fn latency(criterion: &mut Criterion, runtime: &Runtime, sandbox: &LocalSandbox) {
    let session = runtime.block_on(open(sandbox, "warm", Limits::default()));
    // One after another, the kernel still clears up after the commands before; apart, caches are cold.
    for (name, pause) in [("", Duration::ZERO), (", 20 ms apart", Duration::from_millis(20))] {
        measure(criterion, &format!("local/warm exec of true{name}"), || {
            std::thread::sleep(pause);
            let (time, outcome) = timed(|| runtime.block_on(session.exec(Command::new(["true"]))).unwrap());
            assert!(outcome.success(), "{outcome:?}");
            time
        });
    }
    measure(criterion, "local/open, exec of true", || {
        let (time, session) = timed(|| {
            runtime.block_on(async {
                let session = open(sandbox, "cold", Limits::default()).await;
                assert!(session.exec(Command::new(["true"])).await.unwrap().success());
                session
            })
        });
        runtime.block_on(session.close()).unwrap();
        time
    });
    measure(criterion, "local/true without a sandbox", || host(&["true"]));
    let bubblewrap =
        ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"];
    match HostCommand::new(bubblewrap[0]).arg("--version").stdout(Stdio::null()).status() {
        Ok(_) => measure(criterion, "local/true by bubblewrap", || host(&bubblewrap)),
        Err(_) => println!("local/true by bubblewrap: passed over, there is no bwrap here"),
    }
}

fn output(criterion: &mut Criterion, runtime: &Runtime, sandbox: &LocalSandbox) {
    let limits = roomy(|limits| limits.output = 2 * OUTPUT);
    let session = runtime.block_on(open(sandbox, "output", limits));
    let command = || Command::new(["head", "-c", &OUTPUT.to_string(), "/dev/zero"]);
    let report = |outcome: &ExecOutcome| assert_eq!(outcome.written, OUTPUT, "{outcome:?}");
    measure(criterion, "local/100 MB kept at both ends", || {
        let (time, outcome) = timed(|| runtime.block_on(session.exec(command())).unwrap());
        report(&outcome);
        time
    });
    measure(criterion, "local/100 MB passed on", || {
        let (time, (outcome, taken)) = timed(|| runtime.block_on(pass_on(&session, command())));
        report(&outcome);
        assert_eq!(taken, OUTPUT);
        time
    });
}

async fn pass_on(session: &Arc<dyn SandboxSession>, command: Command) -> (ExecOutcome, u64) {
    let (output, mut chunks) = mpsc::channel::<Chunk>(8);
    let take = async {
        let mut taken = 0;
        while let Some(chunk) = chunks.recv().await {
            taken += chunk.bytes.len() as u64;
        }
        taken
    };
    let streams = Streams { input: Box::new(tokio::io::empty()), output };
    let (outcome, taken) = tokio::join!(session.exec_streaming(command, streams), take);
    (outcome.unwrap(), taken)
}

fn kill(criterion: &mut Criterion, runtime: &Runtime, sandbox: &LocalSandbox) {
    let limits = roomy(|limits| limits.processes = 2 * PROCESSES);
    let session = runtime.block_on(open(sandbox, "kill", limits));
    let script = format!(
        "rm -f ready; i=0; while [ $i -lt {PROCESSES} ]; do sleep 600 & i=$((i+1)); done; touch ready; wait"
    );
    measure(criterion, "local/end of 1,000 processes", || {
        runtime.block_on(async {
            let mut service = session.spawn(Command::new(["sh", "-c", &script])).await.unwrap();
            let running = Command::new(["sh", "-c", "until test -e ready; do sleep 0.01; done; rm ready"]);
            assert!(session.exec(running).await.unwrap().success());
            let processes = session.stats().await.unwrap().processes;
            assert!(processes > PROCESSES, "{processes} processes");
            let began = Instant::now();
            service.stop(Duration::ZERO).await.unwrap();
            began.elapsed()
        })
    });
}

/// What sessions hold that have run a command and wait for the next one.
async fn memory(sandbox: &LocalSandbox) {
    let before = processes();
    let mut sessions = Vec::new();
    for number in 0..SESSIONS {
        let session = open(sandbox, &format!("memory-{number}"), Limits::default()).await;
        assert!(session.exec(Command::new(["true"])).await.unwrap().success());
        sessions.push(session);
    }
    let held: Vec<u32> = processes().into_iter().filter(|pid| !before.contains(pid)).collect();
    let sum = |name: &str| held.iter().filter_map(|pid| kilobytes(*pid, name)).sum::<u64>();
    let each = |kilobytes: u64| kilobytes / SESSIONS as u64;
    println!(
        "local/memory of {SESSIONS} warm sessions, in KiB for each: {} resident in {} processes, {} of that not \
         shared, {} in proportion",
        each(sum("Rss:")),
        held.len() / SESSIONS,
        each(sum("Private_Clean:") + sum("Private_Dirty:")),
        each(sum("Pss:")),
    );
    for session in sessions {
        session.close().await.unwrap();
    }
}

/// The processes that are an init program of a session.
fn processes() -> Vec<u32> {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "samokoder-init\n")
        })
        .collect()
}

fn kilobytes(pid: u32, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

async fn open(sandbox: &LocalSandbox, owner: &str, limits: Limits) -> Arc<dyn SandboxSession> {
    sandbox.open(SessionSpec::new(owner).limits(limits)).await.unwrap()
}

fn roomy(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}
