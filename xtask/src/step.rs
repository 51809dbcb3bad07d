//! One step of a check: commands whose output is shown only when one of them fails.
//!
//! All of it is in `target/xtask/NAME.log`.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    time::Instant,
};

use super::{command, counts::Counts};

/// One step of a check.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// Programs with their arguments. All are run, whatever the ones before came to.
    pub(crate) commands: Vec<Vec<String>>,
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Whether tests are run, so that none at all is a mistake.
    pub(crate) has_tests: bool,
}

impl Step {
    /// A step that is these commands.
    pub(crate) fn new(name: &'static str, commands: Vec<Vec<String>>) -> Self {
        Self { name, commands, environment: Vec::new(), has_tests: false }
    }

    /// Runs it in a folder, prints one line on what came of it, and everything it said if it failed.
    pub(crate) fn run(&self, folder: &Path) -> Counts {
        print!("{:<10}", self.name);
        // A terminal that is gone is no reason to stop.
        let _ = io::stdout().flush();
        let began = Instant::now();
        let log = folder.join("target/xtask").join(format!("{}.log", self.name));
        let succeeded = self.run_all(folder, &log).unwrap_or_else(|error| {
            println!("{error}");
            false
        });
        let output = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
        let counts = self.judge(succeeded, &output);
        let verdict = if counts.failed == 0 { "ok" } else { "FAILED" };
        let tests = if self.has_tests { format!("  {counts}") } else { String::new() };
        println!(" {verdict:<6} {:>7.1} s{tests}", began.elapsed().as_secs_f64());
        if counts.failed > 0 {
            for line in output.lines().filter(|line| !is_progress(line)) {
                println!("{line}");
            }
            println!();
        }
        counts
    }

    /// What its commands came to. One that fails without a failed test counts as one: a test program that was
    /// killed prints no figures.
    fn judge(&self, succeeded: bool, output: &str) -> Counts {
        let mut counts = if self.has_tests { Counts::read(output) } else { Counts::default() };
        let ran_nothing = self.has_tests && counts == Counts::default();
        if counts.failed == 0 && (!succeeded || ran_nothing) {
            counts.failed = 1;
        }
        counts
    }

    fn run_all(&self, folder: &Path, log: &Path) -> io::Result<bool> {
        fs::create_dir_all(folder.join("target/xtask"))?;
        let mut log = File::create(log)?;
        let mut succeeded = true;
        for line in &self.commands {
            writeln!(log, "$ {}", line.join(" "))?;
            let status = command::run(line, &self.environment, folder, &log)?;
            if !status.success() {
                writeln!(log, "{line:?} ended with {status}")?;
                succeeded = false;
            }
        }
        Ok(succeeded)
    }
}

/// Whether a line only says that something went well. The log keeps it.
fn is_progress(line: &str) -> bool {
    let what = line.split_whitespace().next().unwrap_or_default();
    let is_test = what == "test" && line.ends_with(" ... ok");
    let done = ["Checking", "Compiling", "Documenting", "Downloaded", "Downloading", "Packaged", "Packaging"];
    is_test || (line.starts_with("  ") && done.contains(&what))
}

/// The words of a command that has no blanks in any of them.
pub(crate) fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_well_is_not_shown_with_what_did_not() {
        assert!(is_progress("   Compiling serde v1.0.229"));
        assert!(is_progress("test step::tests::it_works ... ok"));
        for line in [
            "test step::tests::it_fails ... FAILED",
            "Compiling is hard",
            "  left: 1",
            "",
            "---- it_fails ----",
        ] {
            assert!(!is_progress(line), "{line}");
        }
    }

    #[test]
    fn a_command_that_fails_without_a_failed_test_counts_as_one() {
        let check = Step::new("check", Vec::new());
        assert_eq!(check.judge(true, "").failed, 0);
        assert_eq!(check.judge(false, "").failed, 1);
        let tests = Step { has_tests: true, ..Step::new("test", Vec::new()) };
        let [green, red] = ["ok. 2 passed; 0", "FAILED. 1 passed; 2"]
            .map(|figures| format!("test result: {figures} failed; 0 ignored"));
        assert_eq!(tests.judge(true, &green), Counts { passed: 2, failed: 0 });
        assert_eq!(tests.judge(false, &green), Counts { passed: 2, failed: 1 });
        assert_eq!(tests.judge(false, &red), Counts { passed: 1, failed: 2 });
        assert_eq!(tests.judge(true, "").failed, 1, "no test ran");
    }
}
