//! Processor time of a stream.

use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::{
    Fault,
    measure::{cpu, runtime, summary},
    mock::Mock,
    peers::{PEERS, Peer, read},
    traffic::EVENTS,
};

const AT_ONCE: usize = 32;
const ROUNDS: usize = 7;
const STREAMS: u32 = 64;

/// In which pieces the streams come: all at once, as events are sent one by one, and cut anywhere.
const FORMS: [&str; 3] = ["bulk", "events-1", "bytes-64"];

/// Measures everyone in turns, so that what else the machine does meets all alike.
pub(crate) fn report(mock: &Mock) -> Result<(), Fault> {
    println!(
        "\nprocessor time of a stream of {EVENTS} events, {AT_ONCE} at once, in µs: the least and the median of \
         {ROUNDS} rounds of {STREAMS} streams"
    );
    println!("| | {} |", FORMS.join(" | "));
    println!("|---|{}", "---|".repeat(FORMS.len()));
    let mut rows: Vec<_> = PEERS.iter().map(|(name, _)| format!("| {name} |")).collect();
    for form in FORMS {
        for (row, (quickest, median)) in rows.iter_mut().zip(measure(&mock.base(form))?) {
            *row += &format!(" {} ({}) |", quickest.as_micros(), median.as_micros());
        }
    }
    rows.iter().for_each(|row| println!("{row}"));
    Ok(())
}

fn measure(base: &str) -> Result<Vec<(Duration, Duration)>, Fault> {
    let runtime = runtime()?;
    let peers = PEERS.iter().map(|(_, make)| make(base)).collect::<Result<Vec<_>, _>>()?;
    let mut times = vec![vec![]; peers.len()];
    for round in 0..=ROUNDS {
        for (times, peer) in times.iter_mut().zip(&peers) {
            let began = cpu();
            runtime.block_on(read_many(&**peer))?;
            // The first round opens connections.
            if round > 0 {
                times.push((cpu() - began) / STREAMS);
            }
        }
    }
    Ok(times.into_iter().map(summary).collect())
}

async fn read_many(peer: &dyn Peer) -> Result<(), Fault> {
    stream::iter(0..STREAMS).map(|_| read(peer)).buffer_unordered(AT_ONCE).try_collect().await
}
