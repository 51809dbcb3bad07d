//! What the host sees.

use std::{collections::BTreeMap, fs};

use samokoder_core::sandbox::{Command, Sandbox as _, SessionSpec};

use crate::support::{bare_sandbox, eventually, mark, processes_with};

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
async fn a_dropped_command_is_gone_from_the_host() {
    let (sandbox, mark) = (bare_sandbox(), mark());
    let session = sandbox.open(SessionSpec::new(&mark)).await.unwrap();
    {
        let endless = session.exec(Command::new(["sh", "-c", "sleep 600; :", &mark]));
        tokio::select! {
            outcome = endless => panic!("{outcome:?}"),
            () = async { while processes_with(&mark).is_empty() { tokio::task::yield_now().await; } } => {}
        }
    }
    eventually("the command is gone", || processes_with(&mark).is_empty());
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
