//! Memory of a stream that is open.

use std::{env, process::Command};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::{
    Fault,
    measure::{resident, runtime},
    mock::Mock,
    peers::{Answer, PEERS, Peer, read},
    traffic,
};

const STREAMS: u64 = 1_000;

/// In which pieces the streams come. What comes at once makes hyper's buffers larger than a model's pace does.
const FORMS: [&str; 2] = ["half", "slowly"];

/// Measures everyone in a process of its own: memory that one freed would be another's.
pub(crate) fn report(mock: &Mock) -> Result<(), Fault> {
    println!("\nmemory of each of {STREAMS} open streams, half of each read, in KiB");
    println!("| | it came at once | event by event |\n|---|---|---|");
    for (name, _) in PEERS {
        let mut row = format!("| {name} |");
        for form in FORMS {
            let output =
                Command::new(env::current_exe()?).args(["memory", name, &mock.base(form)]).output()?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into());
            }
            row += &format!(" {} |", String::from_utf8_lossy(&output.stdout).trim());
        }
        println!("{row}");
    }
    Ok(())
}

/// Measures one, and prints its figure.
pub(crate) fn child(name: &str, base: &str) -> Result<(), Fault> {
    let (_, make) = PEERS.into_iter().find(|(known, _)| *known == name).ok_or("nobody has that name")?;
    runtime()?.block_on(async {
        // What is made once is there before.
        let ends =
            FORMS.iter().fold(base.to_owned(), |base, form| base.replace(&format!("/{form}/"), "/bulk/"));
        read(&*make(&ends)?).await?;
        let peer = make(base)?;
        let before = resident()?;
        let open: Vec<_> = stream::iter(0..STREAMS).map(|_| half(&*peer)).buffered(32).try_collect().await?;
        let used = resident()?.saturating_sub(before);
        drop(open);
        println!("{:.1}", used as f64 / 1024.0 / STREAMS as f64);
        Ok(())
    })
}

/// An answer read as far as it goes.
async fn half(peer: &dyn Peer) -> Result<Answer, Fault> {
    let mut answer = peer.ask().await?;
    let mut text = 0;
    while text < traffic::half() {
        text += answer.next().await.ok_or("the answer ended")??.text;
    }
    Ok(answer)
}
