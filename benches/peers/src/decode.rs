//! How fast bytes become events, without a socket.

use std::{
    env,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    time::Duration,
};

use flate2::read::GzDecoder;
use samokoder_llm::{
    vendor::Vendor,
    wire::{Framing, Reader, Wire},
};
use serde::Deserialize;

use crate::{
    Fault,
    measure::{cpu, summary},
    traffic,
};

const ROUNDS: usize = 15;
/// Bytes that a round decodes at least.
const ROUND: usize = 8 << 20;

/// A stream and the protocol that it is in.
type Stream = (&'static dyn Wire, String);

/// A recorded exchange, as far as it matters here.
#[derive(Deserialize)]
struct Exchange {
    path: String,
    status: u16,
    #[serde(default)]
    sse: bool,
    response: String,
}

/// Whose protocol is decoded: a vendor, a model of its, and what the paths of its recorded requests have in them.
const PROTOCOLS: [(&str, &str, &str); 4] = [
    ("compatible", "any", "/chat/completions"),
    ("openai", "gpt-5", "/responses"),
    ("anthropic", "any", "/messages"),
    ("gemini", "any", ":stream"),
];

/// Measures framing and decoding, of recorded streams where `SAMOKODER_CASSETTES` names a folder with some.
pub(crate) fn report() -> Result<(), Fault> {
    println!("\nframing and decoding in MB/s: the best and the median of {ROUNDS} rounds");
    println!(
        "| streams | whole | cut after 64 bytes | whole, eventsource-stream | cut, eventsource-stream |"
    );
    println!("|---|---|---|---|---|");
    row("synthetic", &[(wire("compatible", "any")?, traffic::stream().concat())])?;
    let mut all = vec![];
    for (vendor, model, path) in PROTOCOLS {
        let streams = recorded(wire(vendor, model)?, path)?;
        row(path, &streams)?;
        all.extend(streams);
    }
    row("all recorded", &all)
}

fn wire(vendor: &str, model: &str) -> Result<&'static dyn Wire, Fault> {
    Ok(Vendor::by_id(vendor).ok_or("no such vendor")?.wire(model))
}

fn row(name: &str, streams: &[Stream]) -> Result<(), Fault> {
    if streams.is_empty() {
        println!("| {name}: left out, SAMOKODER_CASSETTES names no folder | | | | |");
        return Ok(());
    }
    let mut row = format!("| {name}, {} |", streams.len());
    for framing in [Framing::Sse, Framing::Eventsource] {
        for size in [usize::MAX, 64] {
            let (best, median) = measure(framing, streams, size)?;
            row += &format!(" {best:.0} ({median:.0}) |");
        }
    }
    println!("{row}");
    Ok(())
}

/// The recorded streams of a protocol that end as they should.
fn recorded(wire: &'static dyn Wire, path: &str) -> Result<Vec<Stream>, Fault> {
    let Some(folder) = env::var_os("SAMOKODER_CASSETTES").filter(|folder| !folder.is_empty()) else {
        return Ok(vec![]);
    };
    let file = File::open(Path::new(&folder).join("recorded.jsonl.gz"))?;
    let mut streams = vec![];
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let exchange: Exchange = serde_json::from_str(&line?)?;
        if exchange.sse
            && exchange.status == 200
            && exchange.path.contains(path)
            && [Framing::Sse, Framing::Eventsource]
                .into_iter()
                .all(|framing| decode(wire, framing, &exchange.response, usize::MAX).is_ok())
        {
            streams.push((wire, exchange.response));
        }
    }
    Ok(streams)
}

fn measure(framing: Framing, streams: &[Stream], size: usize) -> Result<(f64, f64), Fault> {
    let bytes: usize = streams.iter().map(|(_, stream)| stream.len()).sum();
    let times = ROUND.div_ceil(bytes);
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        let began = cpu();
        for (wire, stream) in (0..times).flat_map(|_| streams) {
            decode(*wire, framing, stream, size)?;
        }
        rounds.push(cpu() - began);
    }
    let rate = |time: Duration| (bytes * times) as f64 / 1e6 / time.as_secs_f64();
    let (best, median) = summary(rounds);
    Ok((rate(best), rate(median)))
}

/// Decodes a stream, taking out the events as they come.
fn decode(wire: &dyn Wire, framing: Framing, stream: &str, size: usize) -> Result<(), Fault> {
    let mut reader = Reader::framed(wire, framing);
    for piece in stream.as_bytes().chunks(size.min(stream.len().max(1))) {
        reader.feed(piece)?;
        while let Some(event) = reader.next_event() {
            std::hint::black_box(event);
        }
    }
    Ok(reader.end()?)
}
