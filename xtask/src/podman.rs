//! Podman, as an engine that listens to the same protocol.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::engine::{Engine, folder, host, option};

/// What tests read to find it.
pub(crate) const VARIABLE: &str = "SAMOKODER_PODMAN_HOST";

/// Tests with this in their name can't run without it.
pub(crate) const LEAVES_OUT: &str = "in_podman";

/// Its containers outlive the service unless somebody removes them.
const SERVICE: &str = r#"
address=$1; run=$2; shift 2
trap 'kill $!; wait; "$@" --runroot="$run" rm --all --force --time 0 > /dev/null; rm -rf "$run"; exit' TERM
"$@" --runroot="$run" system service --time 0 "$address" & wait
"#;

/// Starts one. It runs its containers with runc: crun wants version 2 of cgroups alone.
///
/// # Errors
/// In words, why that was not possible.
pub(crate) fn start(root: &Path) -> Result<Engine, String> {
    let folder = folder(root, "podman")?;
    let runs = runs_in(&folder);
    // One that was killed has left it behind.
    let _ = fs::remove_file(super::engine::socket(&folder));
    let program = [
        "sh".into(),
        "-c".into(),
        SERVICE.into(),
        "sh".into(),
        host(&folder).into(),
        runs.clone().into(),
        "podman".into(),
        // Data that knows another place to run in is not taken: each place has its own.
        option("root", folder.join(runs.file_name().unwrap_or_default())),
        option("tmpdir", folder.join("tmp")),
        "--runtime=runc".into(),
        "--cgroup-manager=cgroupfs".into(),
        "--events-backend=file".into(),
    ];
    Engine::start(folder, &program)
}

/// Where it keeps what runs: it takes no path of more than 50 characters, and always the same one for the same data.
fn runs_in(folder: &Path) -> PathBuf {
    let place = std::env::temp_dir();
    let paths = [folder, &place].into_iter().flat_map(|path| path.as_os_str().as_encoded_bytes());
    // FNV-1a.
    let hash = paths.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    place.join(format!("samokoder-podman-{hash:08x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::leaves_nothing_running;

    #[test]
    fn an_engine_answers_until_it_is_dropped_and_leaves_nothing_running_in_podman() {
        leaves_nothing_running(start);
    }
}
