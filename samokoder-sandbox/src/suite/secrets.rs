//! Looking at what is not theirs, and at those who are not theirs.

use std::{fs, path::PathBuf};

use samokoder_core::testing::sandbox::Finding;

use super::{
    Abuse, abuse,
    bench::{Bench, Probed, expect, words},
    fresh,
};

pub(super) const CASES: &[Abuse] = &[
    abuse!(19, "no file of the host and none of another session is read or found", files),
    abuse!(23, "links that the kernel makes lead to nothing else", magic_links),
    abuse!(33, "no process can be traced or read", traced),
    abuse!(34, "no process of the host or of another session can be signalled", signalled),
    abuse!(39, "exactly three descriptors are open, and none is a file of the host", descriptors),
    abuse!(40, "no variable is there but those that were asked for", environment),
];

/// A file of the host that must not be seen, for as long as this lives.
struct Canary(PathBuf);

impl Canary {
    fn place(name: &str) -> Result<Self, String> {
        let path = std::env::temp_dir().join(name);
        fs::write(&path, "secret").map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn files(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let name = fresh("canary");
    let canary = Canary::place(&name)?;
    let path = canary.0.display().to_string();
    let private = ["/etc/shadow", "/root/.ssh", "/root/.bash_history", "/var/lib/docker", "/var/log/syslog"];
    let paths: Vec<&str> = ["secrets", &path].into_iter().chain(private).collect();
    probed.holds(&paths).await?;
    probed.holds(&["find", &name]).await?;
    // Nor what another session has written.
    let (other, theirs) = (bench.another().await?, fresh("theirs"));
    let file = super::bench::path(&theirs)?;
    other.session.write_file(&file, bytes::Bytes::from_static(b"secret")).await.map_err(words)?;
    let found = probed.holds(&["find", &theirs]).await;
    other.session.close().await.map_err(words)?;
    found
}

async fn magic_links(bench: Bench<'_>) -> Finding {
    bench.session().await?.holds(&["magic-links"]).await
}

async fn traced(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    probed.holds(&["calls", "others"]).await?;
    probed.holds(&["supervisor"]).await
}

async fn signalled(bench: Bench<'_>) -> Finding {
    let (probed, other) = (bench.session().await?, bench.another().await?);
    let mut service = other.session.spawn(Probed::command(&["wait"])).await.map_err(words)?;
    let outcome = probed.run(&["signal-others", &std::process::id().to_string()]).await?;
    // It may have hit itself, where it is not alone.
    expect(outcome.stderr.text.is_empty(), "expected no one to be reached", &outcome)?;
    probed.goes_on().await?;
    other.goes_on().await?;
    let still = tokio::time::timeout(std::time::Duration::ZERO, service.wait()).await;
    if let Ok(ended) = still {
        return Err(format!("a command of another session ended: {ended:?}"));
    }
    other.session.close().await.map_err(words)
}

async fn descriptors(bench: Bench<'_>) -> Finding {
    // One that every program inherits which is started while this case runs, by this process.
    #[cfg(target_os = "linux")]
    let _inherited = {
        let file = fs::File::open("/proc/self/maps").map_err(|error| error.to_string())?;
        let shared = rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty());
        shared.map_err(|error| error.to_string())?;
        file
    };
    bench.another().await?.holds(&["descriptors"]).await?;
    bench.session().await?.holds(&["descriptors"]).await
}

async fn environment(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let names = ["environment", "HOME", "LANG", "PATH", "TMPDIR"];
    probed.holds(&names).await?;
    let command = Probed::command(&[&names[..], &["GIVEN"]].concat()).env("GIVEN", "да=да");
    let outcome = probed.exec(command).await?;
    expect(outcome.success(), "expected the variable that was asked for and no other", &outcome)
}
