//! The contract's clauses, and which cases each of them is held to by.

/// A clause of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clause {
    /// Its number, from 1: C1.
    pub number: u8,
    /// What is promised.
    pub name: &'static str,
    /// The numbers of the [cases of abuse](super::cases()) that try to break it.
    pub abuse: &'static [u8],
    /// The names of the [cases of the contract](samokoder_core::testing::sandbox::cases) that show it.
    pub contract: &'static [&'static str],
}

/// All clauses.
pub fn clauses() -> &'static [Clause] {
    CLAUSES
}

const CLAUSES: &[Clause] = &[
    Clause {
        number: 1,
        name: "what can't be enforced is refused, with what is missing",
        abuse: &[45],
        contract: &["every control says how it holds", "limits that can't be meant are refused"],
    },
    Clause {
        number: 2,
        name: "the host's kernel never sees root: no capability, no new rights, a filter on system calls",
        abuse: &[26, 30, 31, 32, 35, 36, 37, 38],
        contract: &["commands are not root and can't become root"],
    },
    Clause {
        number: 3,
        name: "the workspace and the temporary files can be written, and nothing else",
        abuse: &[18, 22, 24],
        contract: &["nothing outside the workspace and the temporary files can be written"],
    },
    Clause {
        number: 4,
        name: "no network, or what the proxy lets through",
        abuse: &[41, 42, 43, 44, 45],
        contract: &["no network is reached, the host's loopback included", "loopback works inside"],
    },
    Clause {
        number: 5,
        name: "every limit is enforced",
        abuse: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17],
        contract: &[
            "wall time is limited, by the session and by the command",
            "processor time is limited",
            "memory is limited",
            "processes are limited",
            "the size of a file is limited",
            "the disk is limited in bytes and in files",
            "open files are limited",
            "a service ends when its time is over",
            "the data folder is limited",
        ],
    },
    Clause {
        number: 6,
        name: "when a command ends, by itself or not, everything that it started has ended",
        abuse: &[1, 9, 10, 11, 12],
        contract: &[
            "nothing a command started outlives it",
            "a dropped command is killed",
            "a service is reached through a port and stops when asked",
            "a service that does not listen to reason is killed",
        ],
    },
    Clause {
        number: 7,
        name: "a session ends with its owner, or when the lease is over after that",
        abuse: &[46],
        contract: &["reaping leaves alone what has an owner"],
    },
    Clause {
        number: 8,
        name: "output is bounded, its beginning and its end are kept, any bytes do",
        abuse: &[13, 14, 15],
        contract: &[
            "output is limited, its beginning and its end are kept",
            "text is never broken, bytes that are no text do no harm",
            "a service that nobody listens to is not held up by what it writes",
            "what is put in comes out, byte by byte",
            "the two streams are told apart",
            "output comes while the command runs",
            "a command waits while nobody takes its output",
            "output that nobody takes any more is read and counted",
            "input that goes on for ever holds nobody up",
            "too much output ends a command whose streams are passed on",
            "the beginning and the end of what was passed on are kept",
        ],
    },
    Clause {
        number: 9,
        name: "nothing of the host comes in: no variable, no file, no descriptor, no process",
        abuse: &[19, 23, 33, 34, 39, 40],
        contract: &[
            "only the variables that were asked for are there",
            "standard input is empty",
            "what the host process holds is not there",
            "sessions of different owners see nothing of each other",
        ],
    },
    Clause {
        number: 10,
        name: "how a command ended is told: by itself, by which limit, by whom",
        abuse: &[],
        contract: &[
            "a command's status and both its streams are reported",
            "an argument is an argument, whatever it contains",
            "a program that does not exist is not started",
            "a signal that ended a command is named",
            "a command that fails when the disk is full says so",
            "a command that fails when there are no inodes left says so",
            "a command that fails when it is refused a process says so",
            "a command that gets by with what there is just ends",
        ],
    },
    Clause {
        number: 11,
        name: "files are reached beneath the workspace alone, by no link, and only if they are files",
        abuse: &[20, 21, 25, 27, 28, 29],
        contract: &[
            "a file that is written is what a command finds",
            "a file that a command wrote is read byte by byte",
            "what is no regular file is not read",
            "a file is read up to the size that was asked for",
            "no link leads a read or a write out of the workspace",
            "a link that is swapped in meanwhile leads nowhere",
            "a folder's entries are listed with what they are",
            "a folder is removed with all in it, a link alone",
            "a file that there is no room for leaves the one that is there",
        ],
    },
    Clause {
        number: 12,
        name: "a session stays warm: its files stay, commands run side by side, it is found again",
        abuse: &[],
        contract: &[
            "opening is idempotent on the owner",
            "an owner of another tenant is another owner",
            "a checkout holds exactly its files",
            "commands run side by side",
            "the data folder outlives the session and a checkout",
            "a port nobody listens on is refused",
            "a port is waited for until something listens",
            "a closed session is closed, and opening gives a new one",
            "a session is listed with whose it is until it is closed",
            "a session is adopted by its id",
        ],
    },
    Clause {
        number: 13,
        name: "what a command used is counted",
        abuse: &[],
        contract: &["what a command wrote and held is reported", "what a session uses is measured"],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use samokoder_core::testing::sandbox::cases as contract;

    use super::*;
    use crate::suite::cases;

    #[test]
    fn there_are_13_clauses_and_46_cases_each_with_its_number() {
        let numbers: Vec<u8> = clauses().iter().map(|clause| clause.number).collect();
        assert_eq!(numbers, (1..=13).collect::<Vec<_>>());
        let numbers: Vec<u8> = cases().iter().map(|case| case.number).collect();
        assert_eq!(numbers, (1..=46).collect::<Vec<_>>());
    }

    #[test]
    fn every_case_belongs_to_a_clause_and_every_clause_has_one() {
        let abuse: BTreeSet<u8> = clauses().iter().flat_map(|clause| clause.abuse).copied().collect();
        assert_eq!(abuse, (1..=46).collect());
        let named: BTreeSet<&str> = clauses().iter().flat_map(|clause| clause.contract).copied().collect();
        assert_eq!(named, contract().iter().map(|case| case.name).collect());
        assert!(clauses().iter().all(|clause| !clause.abuse.is_empty() || !clause.contract.is_empty()));
    }
}
