//! The clock, the memory and the machine.

use std::{fs, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

use crate::Fault;

/// Processor time that this process had so far, its system calls included and its children left out.
pub(crate) fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Bytes of this process that are resident.
pub(crate) fn resident() -> Result<u64, Fault> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("the kernel says no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}

/// A runtime of one thread, so that processor time is not that of threads that wait for each other.
pub(crate) fn runtime() -> Result<Runtime, Fault> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// The quickest and the median of times.
pub(crate) fn summary(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[0], times[times.len() / 2])
}

/// Says what the figures depend on.
pub(crate) fn describe() {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    println!("machine: {cores} cores, {}; load {load}", model.trim_start_matches([' ', '\t', ':']));
    let versions: Vec<_> = ["async-openai", "genai", "rig-core", "reqwest", "hyper", "tokio"]
        .into_iter()
        .filter_map(|name| Some(format!("{name} {}", version(name)?)))
        .collect();
    println!("versions: {}", versions.join(", "));
}

/// The locked version of a crate.
fn version(name: &str) -> Option<&'static str> {
    let entry = include_str!("../Cargo.lock").split("[[package]]").find(|entry| {
        entry.trim_start().strip_prefix("name = \"").is_some_and(|rest| rest.split('"').next() == Some(name))
    })?;
    entry.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
}
