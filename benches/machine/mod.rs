//! Where the benches run.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A folder on the disk that this project is built on: `/tmp` may be memory.
pub(crate) fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the target folder can be written")
}

/// A runtime as `samokoder` has it.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// Says what the figures depend on: processor, how busy it is, and how long its disk takes to keep a write.
#[expect(clippy::print_stdout, reason = "figures without the machine say nothing")]
pub(crate) fn describe() {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let model = model.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    let [quick, median, slow] = fdatasync();
    println!("machine: {cores} cores, {model}; load {load}");
    println!(
        "disk: to append 8 KiB and fsync takes {quick:.2?} (p10), {median:.2?} (median), {slow:.2?} (p90); SQLite does it for each append"
    );
}

/// Percentiles 10, 50 and 90 of what a write takes that is there after a power cut.
fn fdatasync() -> [Duration; 3] {
    let folder = folder();
    let mut times: Vec<_> = File::create(folder.path().join("write"))
        .map(|mut file| (0..100).map(|_| time_write(&mut file)).collect())
        .expect("a file can be made");
    times.sort();
    [times[10], times[50], times[90]]
}

fn time_write(file: &mut File) -> Duration {
    let began = Instant::now();
    let written = file.write_all(&[1; 8192]).and_then(|()| file.sync_data());
    written.expect("it can be written");
    began.elapsed()
}

/// The store of a project in `folder`, which fsyncs each append.
#[allow(dead_code, reason = "not every bench has one")]
pub(crate) async fn sqlite(folder: &Path) -> samokoder::open::sqlite::SqliteStore {
    let file = folder.join(".samokoder/state.db");
    samokoder::open::sqlite::SqliteStore::open(file).await.expect("a store")
}
