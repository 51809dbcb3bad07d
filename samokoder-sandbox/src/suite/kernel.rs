//! The surface of the kernel.

use samokoder_core::testing::sandbox::Finding;

use super::{Abuse, abuse, bench::Bench};

pub(super) const CASES: &[Abuse] = &[
    abuse!(30, "nothing can be mounted, and the root can't be changed", mounts),
    abuse!(31, "no namespace can be made, so nothing can be mounted in one", namespaces),
    abuse!(32, "no namespace can be entered, and none comes by clone3", joined),
    abuse!(35, "the kernel's rarely used parts are refused: bpf, perf, userfaultfd, io_uring", rare),
    abuse!(36, "the kernel's keyrings are out of reach", keys),
    abuse!(37, "no setting of the kernel can be changed, and the kernel never sees root", settings),
    abuse!(38, "there is no terminal, and nothing can be typed into one", terminal),
];

async fn mounts(bench: Bench<'_>) -> Finding {
    bench.session().await?.holds(&["calls", "mounts"]).await
}

async fn namespaces(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    probed.holds(&["calls", "namespaces"]).await?;
    probed.holds(&["user-namespace"]).await
}

async fn joined(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    probed.holds(&["join-namespaces"]).await?;
    probed.holds(&["clone3"]).await
}

async fn rare(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    probed.holds(&["calls", "kernel"]).await?;
    // By another architecture's numbers a call ends the process, or is none.
    let outcome = probed.run(&["foreign-calls"]).await?;
    if outcome.stderr.text.is_empty() { Ok(()) } else { Err(outcome.stderr.text) }
}

async fn keys(bench: Bench<'_>) -> Finding {
    bench.session().await?.holds(&["calls", "keys"]).await
}

async fn settings(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    probed.holds(&["identity"]).await?;
    probed.holds(&["calls", "machine"]).await?;
    probed.holds(&["settings"]).await
}

async fn terminal(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    probed.holds(&["terminal"]).await?;
    probed.holds(&["calls", "typing"]).await
}
