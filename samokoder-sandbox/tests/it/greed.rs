//! What is limited.

use std::time::Duration;

use samokoder_core::sandbox::{ExecStatus, Limits};

use crate::support::{Probed, eventually, held, limits, mark, processes_with};

#[tokio::test]
async fn a_fork_bomb_stops_at_the_limit_and_leaves_nothing() {
    let probed = Probed::open(limits(|limits| limits.processes = 64)).await;
    for _ in 0..3 {
        let count = probed.count(&["fork-bomb"]).await;
        assert!((16..=80).contains(&count), "{count} processes");
    }
}

#[tokio::test]
async fn threads_count_as_processes() {
    let probed = Probed::open(limits(|limits| limits.processes = 64)).await;
    let count = probed.count(&["thread-bomb"]).await;
    assert!((16..=80).contains(&count), "{count} threads");
}

#[tokio::test]
async fn sessions_do_not_share_the_limit_on_processes() {
    let first = Probed::open(limits(|limits| limits.processes = 64)).await;
    let second = Probed::open(limits(|limits| limits.processes = 64)).await;
    let (first, second) = tokio::join!(first.count(&["thread-bomb"]), second.count(&["thread-bomb"]));
    assert!(first >= 48 && second >= 48, "{first} and {second} threads");
}

#[tokio::test]
async fn memory_is_limited_in_every_shape() {
    let probed = Probed::open(limits(|limits| limits.memory = 256 << 20)).await;
    for shape in ["memory", "shared-memory", "memory-of-children"] {
        let outcome = probed.probe(&[shape]).await;
        assert_eq!(outcome.status, ExecStatus::OutOfMemory, "{shape}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_disk_is_limited_over_all_folders_together() {
    let probed = Probed::open(limits(|limits| limits.disk = 32 << 20)).await;
    let bytes = probed.count(&["fill-disk"]).await;
    assert!((20 << 20..=32 << 20).contains(&bytes), "{bytes} bytes");
}

#[tokio::test]
async fn the_number_of_files_is_limited_over_all_folders_together() {
    let probed = Probed::open(limits(|limits| limits.inodes = 500)).await;
    let count = probed.count(&["fill-inodes"]).await;
    assert!((400..=500).contains(&count), "{count} files");
}

#[tokio::test]
async fn a_huge_file_is_refused_even_if_it_is_all_hole() {
    let probed = Probed::open(limits(|limits| limits.file_size = 16 << 20)).await;
    held(&probed.probe(&["huge-file"]).await);
}

#[tokio::test]
async fn open_files_are_limited() {
    let probed = Probed::open(limits(|limits| limits.open_files = 100)).await;
    assert_eq!(probed.count(&["open-files"]).await, 97);
}

#[tokio::test]
async fn a_gibibyte_of_output_ends_at_the_limit() {
    let probed = Probed::open(limits(|limits| limits.output = 16 << 20)).await;
    let outcome = probed.probe(&["output", "1073741824"]).await;
    assert_eq!(outcome.status, ExecStatus::OutputLimit);
    assert!(outcome.stdout.text.len() < 80 << 10, "{} bytes are kept", outcome.stdout.text.len());
    assert!(outcome.stdout.omitted < 18 << 20, "{} bytes were read", outcome.stdout.omitted);
}

#[tokio::test]
async fn output_below_the_limit_arrives_in_full_count() {
    let probed = Probed::open(limits(|limits| limits.output = 256 << 20)).await;
    let outcome = probed.probe(&["output", "100000000"]).await;
    held(&outcome);
    assert_eq!(outcome.stdout.omitted + (64 << 10), 100_000_000);
}

#[tokio::test]
async fn orphans_are_taken_care_of() {
    let probed = Probed::open(limits(|limits| limits.processes = 64)).await;
    held(&probed.probe(&["orphans", "3000"]).await);
}

#[tokio::test]
async fn a_daemon_that_left_everything_ends_with_its_command() {
    let probed = Probed::open(Limits::default()).await;
    let mark = mark();
    let outcome = probed.probe(&["daemon", &mark]).await;
    held(&outcome);
    assert!(outcome.duration < Duration::from_secs(10), "{outcome:?}");
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
}

#[tokio::test]
async fn an_abort_leaves_no_core_file() {
    let probed = Probed::open(Limits::default()).await;
    let outcome = probed.probe(&["core-dump"]).await;
    assert_eq!(outcome.status, ExecStatus::Signalled { signal: 6 }, "{outcome:?}");
    let outcome = probed.session.exec(samokoder_core::sandbox::Command::new(["ls"])).await.unwrap();
    assert_eq!(outcome.stdout.text, "probe\n");
}

#[tokio::test]
async fn a_dropped_command_is_gone_from_the_host() {
    let probed = Probed::open(Limits::default()).await;
    let mark = mark();
    {
        let endless =
            probed.session.exec(samokoder_core::sandbox::Command::new(["sh", "-c", "sleep 600; :", &mark]));
        tokio::select! {
            outcome = endless => panic!("{outcome:?}"),
            () = async { while processes_with(&mark).is_empty() { tokio::task::yield_now().await; } } => {}
        }
    }
    eventually("the command is gone", || processes_with(&mark).is_empty());
}
