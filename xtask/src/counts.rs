//! How many tests passed and failed, read from what the test programs print.

use std::{fmt, ops::AddAssign};

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Counts {
    /// Adds up the closing lines of all of Rust's test programs, those of documentation tests among them.
    pub(crate) fn read(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines() {
            counts += Self::of_line(line).unwrap_or_default();
        }
        counts
    }

    /// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
    fn of_line(line: &str) -> Option<Self> {
        let result = line.trim_end().strip_prefix("test result: ")?;
        let figures = result.strip_prefix("ok. ").or_else(|| result.strip_prefix("FAILED. "))?;
        let figure = |name| {
            let figure = figures.split(';').find_map(|figure| figure.trim().strip_suffix(name))?;
            figure.trim().parse().ok()
        };
        Some(Self { passed: figure(" passed")?, failed: figure(" failed")? })
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_all_programs_are_added_up() {
        let output = "\
running 2 tests
test a ... ok
test b ... FAILED

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s

   Doc-tests samokoder
test result: ok. 41 passed; 0 failed; 2 ignored; 0 measured; 3 filtered out; finished in 1.20s
";
        assert_eq!(Counts::read(output), Counts { passed: 42, failed: 1 });
    }

    #[test]
    fn what_only_looks_like_a_closing_line_does_not_count() {
        for line in [
            "  test result: ok. 9 passed; 9 failed;",
            "test result: ok.",
            "test result: ok. many passed; 0 failed",
            "left: \"test result: ok. 9 passed; 0 failed\"",
            "9 passed, 9 failed",
        ] {
            assert_eq!(Counts::read(line), Counts::default(), "{line}");
        }
    }

    #[test]
    fn the_closing_line_is_the_plain_one() {
        assert_eq!(Counts { passed: 3, failed: 0 }.to_string(), "3 passed, 0 failed");
    }
}
