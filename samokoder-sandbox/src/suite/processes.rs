//! Taking more than there is: processes, memory, disk, time.

use std::time::{Duration, Instant};

use samokoder_core::{
    sandbox::{ExecStatus, SandboxErrorKind},
    testing::sandbox::Finding,
};

use super::{
    Abuse, abuse,
    bench::{Bench, Probed, expect, path, tight, words},
};

pub(super) const CASES: &[Abuse] = &[
    abuse!(1, "a fork bomb stops at the limit and leaves nothing", fork_bomb),
    abuse!(2, "threads count as processes", thread_bomb),
    abuse!(3, "memory is limited, of one process and of many", memory),
    abuse!(4, "shared memory and files in memory are limited", shared_memory),
    abuse!(5, "memory without a name is refused or counted", memory_without_a_name),
    abuse!(6, "the disk is limited over all folders together", disk),
    abuse!(7, "the number of files is limited over all folders together", inodes),
    abuse!(8, "a huge file is refused even if it is all hole", huge_file),
    abuse!(9, "a command that computes for ever ends when its time is over", spin),
    abuse!(10, "a command that listens to no signal ends all the same", deaf),
    abuse!(11, "a daemon that left its parent, session and group ends with its command", daemon),
    abuse!(12, "orphans by the thousand are taken away", orphans),
    abuse!(16, "open files are limited", open_files),
    abuse!(17, "an abort leaves no core file", core_dump),
];

/// What a backend may need for itself beside the processes of commands.
const OWN: u64 = 48;

async fn fork_bomb(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    for _ in 0..2 {
        let most = tight().processes + OWN;
        probed.bounded(&["fork-bomb", "512"], most, ExecStatus::TooManyProcesses).await?;
        probed.goes_on().await?;
    }
    let stats = probed.session.stats().await.map_err(words)?;
    if stats.processes < 16 { Ok(()) } else { Err(format!("{} processes are left", stats.processes)) }
}

async fn thread_bomb(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    probed.bounded(&["thread-bomb", "512"], tight().processes + OWN, ExecStatus::TooManyProcesses).await?;
    probed.goes_on().await
}

/// Four times what is allowed.
fn much_memory() -> String {
    (tight().memory * 4).to_string()
}

async fn memory(bench: Bench<'_>) -> Finding {
    for shape in ["memory", "memory-of-children", "memory-without-its-thread"] {
        // Where commands have a kernel of their own, one that is fast enough takes it along, and with it the session.
        let probed = bench.session().await?;
        let outcome = probed.run(&[shape, &much_memory()]).await?;
        expect(
            outcome.status == ExecStatus::OutOfMemory,
            &format!("{shape}: expected OutOfMemory"),
            &outcome,
        )?;
    }
    // A kernel of one's own lets go of it.
    let outcome = bench.session().await?.run(&["memory-let-go", &much_memory()]).await?;
    let right = outcome.success() || outcome.status == ExecStatus::OutOfMemory;
    expect(right, "memory-let-go: expected OutOfMemory", &outcome)?;
    bench.session().await?.goes_on().await
}

async fn shared_memory(bench: Bench<'_>) -> Finding {
    let (probed, disk) = (bench.session().await?, tight().disk);
    probed.ends(&["shared-memory", &much_memory()], ExecStatus::OutOfMemory).await?;
    for folder in ["/dev/shm", "/tmp"] {
        let most = (disk * 4).to_string();
        probed.bounded(&["fill-disk", &most, folder], disk, ExecStatus::DiskFull).await?;
    }
    probed.goes_on().await
}

async fn memory_without_a_name(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let outcome = probed.run(&["memory-without-a-name", &much_memory()]).await?;
    let right = outcome.success() || outcome.status == ExecStatus::OutOfMemory;
    expect(right, "expected a refusal or OutOfMemory", &outcome)
}

async fn disk(bench: Bench<'_>) -> Finding {
    let (probed, disk) = (bench.session().await?, tight().disk);
    let most = (disk * 4).to_string();
    let arguments = ["fill-disk", &most, "/workspace", "/tmp", "/dev/shm"];
    probed.bounded(&arguments, disk, ExecStatus::DiskFull).await?;
    probed.goes_on().await
}

async fn inodes(bench: Bench<'_>) -> Finding {
    let (probed, inodes) = (bench.session().await?, tight().inodes);
    // Where the kernel does not count them, each command gets some further before it is ended: it must not reach its goal,
    // at which it takes all of them away.
    for _ in 0..4 {
        probed.bounded(&["fill-inodes", &(inodes * 1000).to_string()], inodes, ExecStatus::DiskFull).await?;
    }
    probed.goes_on().await
}

async fn huge_file(bench: Bench<'_>) -> Finding {
    bench.session().await?.holds(&["huge-file", &tight().file_size.to_string()]).await
}

async fn spin(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let command = Probed::command(&["spin"]).timeout(Duration::from_millis(400));
    let outcome = probed.exec(command).await?;
    let right = outcome.status == ExecStatus::TimedOut && outcome.duration < Duration::from_secs(10);
    expect(right, "expected TimedOut at once", &outcome)
}

async fn deaf(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let command = Probed::command(&["deaf"]).timeout(Duration::from_millis(400));
    let outcome = probed.exec(command).await?;
    let right = outcome.status == ExecStatus::TimedOut && outcome.duration < Duration::from_secs(10);
    expect(right, "expected TimedOut at once", &outcome)?;
    let file = path("deaf")?;
    probed.session.remove_file(&file).await.map_err(words)?;
    let mut service = probed.session.spawn(Probed::command(&["deaf"])).await.map_err(words)?;
    while let Err(error) = probed.session.read_file(&file, 1).await {
        if error.kind != SandboxErrorKind::NotFound {
            return Err(words(error));
        }
    }
    let asked = Instant::now();
    let outcome = service.stop(Duration::from_millis(100)).await.map_err(words)?;
    let right = outcome.status == ExecStatus::Cancelled && asked.elapsed() < Duration::from_secs(10);
    expect(right, "expected Cancelled at once", &outcome)
}

async fn daemon(bench: Bench<'_>) -> Finding {
    let (probed, file) = (bench.session().await?, path("alive")?);
    let outcome = probed.run(&["daemon"]).await?;
    let right = outcome.success() && outcome.duration < Duration::from_secs(20);
    expect(right, "expected an end although something still holds the output", &outcome)?;
    let written =
        async || probed.session.read_file(&file, 1 << 20).await.map(|file| file.len()).map_err(words);
    let first = written().await?;
    // What it would take to write a hundred times.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let second = written().await?;
    if first == second { Ok(()) } else { Err(format!("it went on writing: {first}, then {second} bytes")) }
}

async fn orphans(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let outcome = probed.run(&["orphans", "1000"]).await?;
    let count = outcome.stdout.text.trim().parse::<u64>().unwrap_or(0);
    expect(outcome.success() && count > 50, "expected orphans to be taken away as they come", &outcome)?;
    probed.goes_on().await?;
    let stats = probed.session.stats().await.map_err(words)?;
    if stats.processes < 16 { Ok(()) } else { Err(format!("{} processes are left", stats.processes)) }
}

async fn open_files(bench: Bench<'_>) -> Finding {
    let (probed, most) = (bench.session().await?, tight().open_files);
    let outcome = probed.run(&["open-files", &(most * 20).to_string()]).await?;
    // The three standard streams are among them.
    let right = outcome.stdout.text.trim().parse() == Ok(most - 3);
    expect(right, &format!("expected {} of {most}", most - 3), &outcome)
}

async fn core_dump(bench: Bench<'_>) -> Finding {
    const SIGABRT: i32 = 6;
    let probed = bench.session().await?;
    probed.ends(&["core-dump"], ExecStatus::Signalled { signal: SIGABRT }).await?;
    let files = probed.session.list_files(None, 100).await.map_err(words)?;
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    if names == ["probe"] { Ok(()) } else { Err(format!("the workspace has {names:?}")) }
}
