//! Sandboxes that each lack one control: the abuse suite finds every one of them out.
//!
//! Each is the backend's own init program, compiled from sources with something left out. The program as it is, compiled
//! in the same way, passes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use samokoder_core::testing::sandbox::Verdict;
use samokoder_sandbox::{
    local::{LocalConfig, LocalSandbox},
    suite::{Row, Suite, cases},
};

/// A text in a file of the init program, and what stands there instead.
type Change = (&'static str, &'static str, &'static str);

/// A sandbox that lacks something.
struct Mutant {
    name: &'static str,
    /// The cases that find it out.
    found_by: &'static [u8],
    changes: &'static [Change],
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "commands can gain privileges",
        found_by: &[26],
        changes: &[
            ("session.rs", "process::no_new_privileges().at(\"give up new privileges\")?;", ""),
            (
                "start.rs",
                "    if setup.ids.is_some() {
        process::become_user(INSIDE_ID, true)?;
    }
    process::keep_capabilities(0)?;
    process::no_new_privileges()?;
    landlock::restrict(landlock)?;
    process::let_signals_through()?;
    process::filter_calls(&setup.filter)",
                "    // Without the promise, only who has capabilities may do these.
    landlock::restrict(landlock)?;
    process::let_signals_through()?;
    process::filter_calls(&setup.filter)?;
    if setup.ids.is_some() {
        process::become_user(INSIDE_ID, true)?;
    }
    process::keep_capabilities(0)",
            ),
        ],
    },
    Mutant {
        name: "no filter on system calls",
        found_by: &[26, 31, 35, 36, 41],
        changes: &[("start.rs", "process::filter_calls(&setup.filter)", "Ok(())")],
    },
    Mutant {
        name: "commands are root for the kernel",
        found_by: &[37],
        changes: &[(
            "outer.rs",
            "{INSIDE_ID} {command} 1\\n\");\n        write",
            "{INSIDE_ID} 0 1\\n\");\n        write",
        )],
    },
    Mutant {
        name: "no process namespace for each command",
        found_by: &[34],
        changes: &[(
            "session.rs",
            "process::fork_into(process::NEW_PID | process::NEW_NS)",
            "process::fork_into(process::NEW_NS)",
        )],
    },
    Mutant {
        name: "the host's network",
        found_by: &[42],
        changes: &[
            ("outer.rs", "    | process::NEW_NET\n", ""),
            ("session.rs", "sockets::raise_loopback().at(\"bring the loopback interface up\")?;", ""),
        ],
    },
    Mutant {
        name: "no Landlock",
        found_by: &[18],
        changes: &[("start.rs", "landlock::restrict(landlock)?;", "")],
    },
    Mutant {
        name: "the host's environment is passed on",
        found_by: &[40],
        changes: &[
            (
                "outer.rs",
                "    let host = parent_id();",
                "    let host = parent_id();
    let all = fs::read(format!(\"/proc/{host}/environ\")).unwrap_or_default();
    let _ = crate::start::PASSED_ON.set(all.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect());",
            ),
            (
                "start.rs",
                "program::run(&exec.argv, &exec.env, &exec.path, process::run)",
                "{
            let env = [&exec.env[..], PASSED_ON.get().map_or(&[], |all| &all[..])].concat();
            program::run(&exec.argv, &env, &exec.path, process::run)
        }",
            ),
            (
                "start.rs",
                "/// What a command's standard streams are.",
                "pub static PASSED_ON: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();\n",
            ),
        ],
    },
    Mutant {
        name: "a root that can be written",
        found_by: &[18],
        changes: &[
            ("root.rs", "mounts::restrict_path(\"/\", READ_ONLY).at(\"make the root read-only\")", "Ok(())"),
            ("root.rs", "nr_inodes=4096,mode=0755", "nr_inodes=4096,mode=0777"),
            (
                "landlock.rs",
                "const WRITABLE: [&str; 3] = [WORKSPACE,",
                "const WRITABLE: [&str; 4] = [\"/\", WORKSPACE,",
            ),
        ],
    },
    Mutant {
        name: "no limit on memory",
        found_by: &[3, 4],
        changes: &[(
            "wire.rs",
            "            memory: r.u64()?,",
            "            memory: r.u64()?.max(1 << 40),",
        )],
    },
    Mutant {
        name: "no limit on processes",
        found_by: &[1, 2],
        changes: &[
            ("wire.rs", "            processes: r.u64()?,", "            processes: r.u64()?.max(100_000),"),
            (
                "start.rs",
                "for (resource, soft, hard) in &setup.rlimits {",
                "for (resource, soft, hard) in setup.rlimits.iter().filter(|limit| limit.0 != 6) {",
            ),
        ],
    },
    Mutant {
        name: "no limit on the disk",
        found_by: &[4, 6, 7],
        changes: &[(
            "workspace.rs",
            "let (bytes, inodes) = setup.disk;",
            "let (bytes, inodes) = (1_u64 << 30, 100_000_u64);",
        )],
    },
    Mutant {
        name: "no limit on output",
        found_by: &[13],
        changes: &[("command.rs", "if self.written() > self.setup.output.0 {", "if false {")],
    },
    Mutant {
        name: "no limit on time",
        found_by: &[9],
        changes: &[("command.rs", "if self.wall.is_some_and(|wall| now >= wall) {", "if false {")],
    },
    Mutant {
        name: "a folder of the host is shown",
        found_by: &[19],
        changes: &[(
            "wire.rs",
            "            trees: r.pairs()?,",
            "            trees: {
                let own = std::env::temp_dir().into_os_string().into_encoded_bytes();
                [r.pairs()?, vec![(own, b\"/host\".to_vec())]].concat()
            },",
        )],
    },
    Mutant {
        name: "a descriptor is passed on",
        found_by: &[39],
        changes: &[(
            "start.rs",
            "process::close_from(3, true)?;",
            "process::install(standard.input.as_fd(), 9)?;",
        )],
    },
    Mutant {
        name: "capabilities can be had",
        found_by: &[26],
        changes: &[("session.rs", "process::forget_capabilities().at(\"drop capabilities for good\")?;", "")],
    },
    Mutant {
        name: "no limit on open files",
        found_by: &[16],
        changes: &[(
            "start.rs",
            "for (resource, soft, hard) in &setup.rlimits {",
            "for (resource, soft, hard) in setup.rlimits.iter().filter(|limit| limit.0 != 7) {",
        )],
    },
];

/// The init program's sources with these changes, compiled.
fn compile(name: &str, changes: &[Change]) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mutants").join(name.replace(' ', "-"));
    let _ = fs::remove_dir_all(&folder);
    for part in ["init", "inside"] {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(part), &folder.join(part));
    }
    for (file, from, to) in changes {
        let path = folder.join("init").join(file);
        let source = fs::read_to_string(&path).unwrap();
        assert_eq!(source.matches(from).count(), 1, "{name}: {file} has not once: {from}");
        fs::write(&path, source.replace(from, to)).unwrap();
    }
    let program = folder.join("program");
    let rustc = Command::new("rustc")
        .args(["--edition=2024", "--crate-name=samokoder_init", "--crate-type=bin", "--cap-lints=allow"])
        .args(["-Cpanic=abort", "-Cstrip=symbols", "-Ctarget-feature=+crt-static", "-o"])
        .args([&program, &folder.join("init/main.rs")])
        .output()
        .unwrap();
    assert!(rustc.status.success(), "{name}: {}", String::from_utf8_lossy(&rustc.stderr));
    fs::read(program).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

/// What comes of these cases with an init program.
async fn tried(program: Vec<u8>, numbers: &[u8]) -> Vec<Row> {
    let config = LocalConfig::default().toolchains(Vec::<String>::new());
    let suite = Suite::new(Arc::new(LocalSandbox::with_untrusted_init_program(config, program)));
    let mut rows = Vec::new();
    for case in cases().into_iter().filter(|case| numbers.contains(&case.number)) {
        rows.push(suite.judge(case).await);
    }
    rows
}

#[expect(clippy::print_stderr, reason = "shown with --nocapture: by what each of them was found out")]
#[tokio::test(flavor = "multi_thread")]
async fn every_sandbox_that_lacks_a_control_is_found_out() {
    let mut escaped = Vec::new();
    for mutant in MUTANTS {
        let rows = tried(compile(mutant.name, mutant.changes), mutant.found_by).await;
        for row in rows {
            let line = format!("{}: {} {:?}", mutant.name, row.number, row.verdict);
            eprintln!("{line}");
            if !matches!(row.verdict, Verdict::Fail(_)) {
                escaped.push(line);
            }
        }
    }
    assert!(escaped.is_empty(), "not found out:\n{}", escaped.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_as_it_is_passes() {
    let mut numbers: Vec<u8> = MUTANTS.iter().flat_map(|mutant| mutant.found_by).copied().collect();
    numbers.dedup();
    let rows = tried(compile("none", &[]), &numbers).await;
    let failed: Vec<_> = rows.into_iter().filter(|row| row.verdict != Verdict::Pass).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
