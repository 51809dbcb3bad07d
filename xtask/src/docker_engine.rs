//! Docker's engine, with gVisor as a second runtime.

use std::{fs, path::Path};

use super::engine::{Engine, folder, host, option};

/// What tests read to find the engine.
pub(crate) const VARIABLE: &str = "SAMOKODER_DOCKER_HOST";

/// Tests with this in their name can't run without it.
pub(crate) const LEAVES_OUT: &str = "in_docker";

/// Tests with this in their name can't run without the second runtime.
pub(crate) const LEAVES_OUT_GVISOR: &str = "in_gvisor";

/// gVisor without hardware for it, without a network: its own stack takes none from the engine.
const SETTINGS: &str = r#"{
  "runtimes": {
    "runsc": { "path": "runsc", "runtimeArgs": ["--platform=ptrace", "--network=none"] }
  }
}
"#;

/// Starts one.
///
/// # Errors
/// In words, why that was not possible.
pub(crate) fn start(root: &Path) -> Result<Engine, String> {
    let folder = folder(root, "docker-engine")?;
    let settings = folder.join("daemon.json");
    fs::write(&settings, SETTINGS).map_err(|error| error.to_string())?;
    let program = [
        "dockerd".into(),
        option("config-file", settings),
        format!("--host={}", host(&folder)).into(),
        option("data-root", folder.join("data")),
        option("exec-root", folder.join("run")),
        option("pidfile", folder.join("engine.pid")),
        "--bridge=none".into(),
        "--iptables=false".into(),
        "--ip6tables=false".into(),
    ];
    Engine::start(folder, &program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::leaves_nothing_running;

    #[test]
    fn an_engine_answers_until_it_is_dropped_and_leaves_nothing_running_in_docker() {
        leaves_nothing_running(start);
    }

    #[test]
    fn the_settings_are_what_an_engine_reads() {
        let braces = |which: char| SETTINGS.chars().filter(|character| *character == which).count();
        assert_eq!(braces('{'), braces('}'));
        assert!(SETTINGS.contains("\"runsc\"") && SETTINGS.contains("--network=none"));
    }
}
