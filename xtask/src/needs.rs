//! What the tests need beside Rust, and where it comes from.

use std::{path::Path, process::Command};

use super::{docker_engine, engine::Engine, packages, podman, postgres, python_clients};

/// What tests can have.
#[derive(Debug, Default)]
pub(crate) struct Provided {
    /// What they read to find it.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Tests with one of these in their name can't run.
    pub(crate) left_out: Vec<&'static str>,
    /// Engines that run as long as this lives.
    pub(crate) engines: Vec<Engine>,
    /// A server that runs as long as this lives.
    pub(crate) postgres: Option<postgres::Server>,
}

/// Something that tests need.
#[derive(Debug)]
struct Need {
    name: &'static str,
    found: fn() -> bool,
    /// The packages of Debian that bring it.
    packages: &'static [&'static str],
    /// Tests with this in their name can't run without it.
    leaves_out: &'static str,
}

/// A part that tests need is a row here; their names say so.
const NEEDS: [Need; 9] = [
    Need {
        name: "Node.js 18 or newer",
        found: || is_at_least("node", [18, 0]),
        packages: &["nodejs"],
        leaves_out: "on_node",
    },
    Need {
        name: "Python 3.10 or newer",
        found: || is_at_least("python3", [3, 10]),
        packages: &["python3"],
        leaves_out: "on_python",
    },
    Need {
        name: "Python's virtual environments",
        found: || succeeds("python3", &["-c", "import ensurepip, venv"]),
        packages: &["python3-venv"],
        leaves_out: python_clients::LEAVES_OUT,
    },
    Need {
        name: "strace",
        found: || succeeds("strace", &["--version"]),
        packages: &["strace"],
        leaves_out: "under_strace",
    },
    Need {
        name: "Chromium with its driver",
        found: || is_at_least("chromedriver", [100, 0]),
        packages: &["chromium", "chromium-driver"],
        leaves_out: "in_a_browser",
    },
    Need {
        name: "Docker's engine",
        found: || is_at_least("dockerd", [20, 10]),
        packages: &["docker.io"],
        leaves_out: docker_engine::LEAVES_OUT,
    },
    Need {
        name: "gVisor",
        found: || succeeds("runsc", &["--version"]),
        packages: &["runsc"],
        leaves_out: docker_engine::LEAVES_OUT_GVISOR,
    },
    Need {
        name: "Podman with runc",
        found: || is_at_least("podman", [4, 0]) && succeeds("runc", &["--version"]),
        packages: &["podman", "runc"],
        leaves_out: podman::LEAVES_OUT,
    },
    Need {
        name: "PostgreSQL",
        found: postgres::is_installed,
        packages: &["postgresql"],
        leaves_out: postgres::LEAVES_OUT,
    },
];

/// Installs what is missing, if that is possible here. Says what could not be had and which tests that leaves out.
pub(crate) fn provide(root: &Path) -> Provided {
    let mut provided = Provided { left_out: install(), ..Provided::default() };
    if !provided.left_out.contains(&python_clients::LEAVES_OUT) {
        match python_clients::provide(root) {
            Ok(python) => {
                provided.environment.push((python_clients::VARIABLE, python.display().to_string()));
            }
            Err(why_not) => {
                tell("The Python clients", python_clients::LEAVES_OUT, &why_not);
                provided.left_out.push(python_clients::LEAVES_OUT);
            }
        }
    }
    let docker = [docker_engine::LEAVES_OUT, docker_engine::LEAVES_OUT_GVISOR];
    provide_engine(
        "Docker's engine",
        docker_engine::VARIABLE,
        &docker,
        docker_engine::start,
        root,
        &mut provided,
    );
    provide_engine("Podman", podman::VARIABLE, &[podman::LEAVES_OUT], podman::start, root, &mut provided);
    if !provided.left_out.contains(&postgres::LEAVES_OUT) {
        match postgres::Server::start(root) {
            Ok(server) => {
                provided.environment.push((postgres::VARIABLE, server.url()));
                provided.postgres = Some(server);
            }
            Err(why_not) => {
                tell("A PostgreSQL server", postgres::LEAVES_OUT, &why_not);
                provided.left_out.push(postgres::LEAVES_OUT);
            }
        }
    }
    provided
}

/// Starts an engine, unless it is missing: `leaves_out` names first the tests that need nothing else.
fn provide_engine(
    name: &str,
    variable: &'static str,
    leaves_out: &[&'static str],
    start: fn(&Path) -> Result<Engine, String>,
    root: &Path,
    provided: &mut Provided,
) {
    if leaves_out.first().is_none_or(|first| provided.left_out.contains(first)) {
        return;
    }
    match start(root) {
        Ok(engine) => {
            provided.environment.push((variable, engine.host()));
            provided.engines.push(engine);
        }
        Err(why_not) => {
            for tests in leaves_out {
                tell(name, tests, &why_not);
            }
            provided.left_out.extend(leaves_out);
        }
    }
}

/// Installs programs that are missing. Returns which tests those leave out that could not be had.
fn install() -> Vec<&'static str> {
    let wanted: Vec<Need> = NEEDS.into_iter().filter(|need| !(need.found)()).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let packages: Vec<&str> = wanted.iter().flat_map(|need| need.packages).copied().collect();
    let why_not = packages::install(&packages).err().unwrap_or_else(|| "what Debian has is too old".into());
    let missing: Vec<Need> = wanted.into_iter().filter(|need| !(need.found)()).collect();
    for need in &missing {
        tell(need.name, need.leaves_out, &why_not);
    }
    missing.iter().map(|need| need.leaves_out).collect()
}

fn tell(name: &str, leaves_out: &str, why_not: &str) {
    println!("missing    {name}: no test with {leaves_out:?} in its name is run ({why_not})");
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

fn is_at_least(program: &str, oldest: [u32; 2]) -> bool {
    let Ok(output) = Command::new(program).arg("--version").output() else { return false };
    output.status.success() && version(&String::from_utf8_lossy(&output.stdout)) >= Some(oldest)
}

/// The first two numbers of the first version in a text.
fn version(text: &str) -> Option<[u32; 2]> {
    let start = text.find(|first: char| first.is_ascii_digit())?;
    let mut numbers = text[start..].split(|other: char| !other.is_ascii_digit());
    Some([numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("v20.9.1\n"), Some([20, 9]));
        assert_eq!(version("Python 3.11.7"), Some([3, 11]));
        assert_eq!(version("no version"), None);
        assert!(version("Python 3.9.2") < Some([3, 10]));
    }

    #[test]
    fn a_program_that_is_not_there_is_not_new_enough() {
        assert!(!is_at_least("no-such-program", [0, 0]));
    }
}
