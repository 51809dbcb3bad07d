//! What the host sees, and what is left when the owner goes.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::MetadataExt as _,
    process::{Command as HostCommand, Stdio},
};

use samokoder_core::sandbox::{Command, Sandbox as _, SessionSpec};

use crate::support::{bare_sandbox, eventually, mark, processes_with};

/// The variable that turns a test into the owner of a session, to be killed.
const OWNER: &str = "SAMOKODER_TEST_OWNER";

fn status(pid: u32) -> BTreeMap<String, String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let pair =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    text.lines().filter_map(pair).collect()
}

#[tokio::test]
async fn for_the_kernel_a_command_is_nobody_special() {
    let (sandbox, mark) = (bare_sandbox(), mark());
    let session = sandbox.open(SessionSpec::new(&mark)).await.unwrap();
    let mut service = session.spawn(Command::new(["sh", "-c", "sleep 600; :", &mark])).await.unwrap();
    // Between the fork and the start of the program the command line is still the init program's.
    eventually("the command runs", || !processes_with(&mark).is_empty());
    for pid in processes_with(&mark) {
        let status = status(pid);
        let ids: Vec<&str> =
            status["Uid"].split_whitespace().chain(status["Gid"].split_whitespace()).collect();
        assert!(ids.iter().all(|id| *id != "0"), "{ids:?}");
        assert_eq!(status["NoNewPrivs"], "1");
        assert_eq!(status["Seccomp"], "2");
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            assert_eq!(status[set], "0000000000000000", "{set}");
        }
        for namespace in ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"] {
            let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/{namespace}"));
            if let Ok(theirs) = of(&pid.to_string()) {
                assert_ne!(theirs, of("self").unwrap(), "{namespace}");
            }
        }
    }
    service.stop(std::time::Duration::ZERO).await.unwrap();
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
}

#[tokio::test]
async fn what_is_written_to_the_data_folder_belongs_to_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = bare_sandbox();
    let session = sandbox.open(SessionSpec::new(mark()).data(folder.path())).await.unwrap();
    let outcome = session
        .exec(Command::new(["sh", "-c", "echo x > data/file; stat -c %u data data/file"]))
        .await
        .unwrap();
    assert_eq!(outcome.stdout.text, "1000\n1000\n", "{outcome:?}");
    let uid = |path: &std::path::Path| fs::metadata(path).unwrap().uid();
    assert_eq!(uid(&folder.path().join("file")), uid(folder.path()));
}

#[tokio::test]
async fn a_checkout_leaves_the_data_folder_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (owner, file) = (fs::metadata(folder.path()).unwrap().uid(), folder.path().join("file"));
    fs::write(&file, "the person's").unwrap();
    let sandbox = bare_sandbox();
    let session = sandbox.open(SessionSpec::new(mark()).data(folder.path())).await.unwrap();
    let path = samokoder_core::project::WorkspacePath::parse("data/file").unwrap();
    let content = "the model's".into();
    session.checkout(vec![samokoder_core::sandbox::CheckoutFile { path, content }]).await.unwrap();
    let outcome = session.exec(Command::new(["cat", "data/file"])).await.unwrap();
    assert_eq!(outcome.stdout.text, "the person's", "{outcome:?}");
    session.close().await.unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "the person's");
    assert_eq!(fs::metadata(folder.path()).unwrap().uid(), owner, "this file system can map owners");
}

#[tokio::test]
async fn dropping_the_last_handle_ends_everything() {
    let (sandbox, mark) = (bare_sandbox(), mark());
    let session = sandbox.open(SessionSpec::new(&mark)).await.unwrap();
    let service = session.spawn(Command::new(["sh", "-c", "sleep 600; :", &mark])).await.unwrap();
    eventually("the service runs", || !processes_with(&mark).is_empty());
    drop(session);
    eventually("the service is gone", || processes_with(&mark).is_empty());
    drop(service);
}

#[test]
fn everything_ends_when_the_runtime_is_gone() {
    let (sandbox, mark) = (bare_sandbox(), mark());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let session = runtime.block_on(async {
        let session = sandbox.open(SessionSpec::new(&mark)).await.unwrap();
        let service = session.spawn(Command::new(["sh", "-c", "sleep 600; :", &mark])).await.unwrap();
        eventually("the service runs", || !processes_with(&mark).is_empty());
        std::mem::forget(service);
        session
    });
    drop(runtime);
    drop(session);
    eventually("the service is gone", || processes_with(&mark).is_empty());
}

#[tokio::test]
async fn an_owner_that_is_killed_leaves_nothing() {
    if let Some(mark) = std::env::var_os(OWNER) {
        let mark = mark.into_string().unwrap();
        let sandbox = bare_sandbox();
        let session = sandbox.open(SessionSpec::new("owner")).await.unwrap();
        let script = "trap '' TERM HUP INT; setsid sleep 600 & echo x > ready; sleep 600; :";
        let _service = session.spawn(Command::new(["sh", "-c", script, &mark])).await.unwrap();
        while !session.exec(Command::new(["test", "-e", "ready"])).await.unwrap().success() {}
        std::io::stderr().write_all(b"ready\n").unwrap();
        std::future::pending::<()>().await;
    }
    for _ in 0..5 {
        let mark = mark();
        let mut owner = HostCommand::new(std::env::current_exe().unwrap())
            .args(["--exact", "host::an_owner_that_is_killed_leaves_nothing", "--nocapture"])
            .env(OWNER, &mark)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(owner.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(said.into_iter().any(|line| line == "ready"), "the owner did not get ready");
        let inits = children_of(owner.id());
        assert_eq!(inits.len(), 1, "{inits:?}");
        assert!(!processes_with(&mark).is_empty());
        owner.kill().unwrap();
        owner.wait().unwrap();
        eventually("the service is gone", || processes_with(&mark).is_empty());
        eventually("the init program is gone", || inits.iter().all(|pid| !is_running(*pid)));
    }
}

fn children_of(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            text.lines().any(|line| line == format!("PPid:\t{parent}"))
        })
        .collect()
}

fn is_running(pid: u32) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !text.is_empty() && !text.contains("State:\tZ")
}
