//! What the tests need beside Rust, and where it comes from.

use std::process::Command;

use super::packages;

/// Something that tests need.
#[derive(Debug)]
pub(crate) struct Need {
    name: &'static str,
    found: fn() -> bool,
    /// The packages of Debian that bring it.
    packages: &'static [&'static str],
    /// Tests with this in their name can't run without it.
    pub(crate) leaves_out: &'static str,
}

/// A part that tests need is a row here; their names say so.
const NEEDS: [Need; 3] = [
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
        name: "Chromium with its driver",
        found: || is_at_least("chromedriver", [100, 0]),
        packages: &["chromium", "chromium-driver"],
        leaves_out: "in_a_browser",
    },
];

/// Installs what is missing, if that is possible here. Says what could not be had and which tests that leaves out.
pub(crate) fn provide() -> Vec<Need> {
    let wanted: Vec<Need> = NEEDS.into_iter().filter(|need| !(need.found)()).collect();
    if wanted.is_empty() {
        return wanted;
    }
    let packages: Vec<&str> = wanted.iter().flat_map(|need| need.packages).copied().collect();
    let why_not = packages::install(&packages).err().unwrap_or_else(|| "what Debian has is too old".into());
    let missing: Vec<Need> = wanted.into_iter().filter(|need| !(need.found)()).collect();
    for need in &missing {
        println!(
            "missing    {}: no test with {:?} in its name is run ({why_not})",
            need.name, need.leaves_out
        );
    }
    missing
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
