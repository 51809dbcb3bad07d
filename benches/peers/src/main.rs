//! What the LLM layer costs beside its peers, all measured in one run.
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/Cargo.toml            # everything
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- streams # some of: streams, unary, memory, fan-out, decode
//! ```
//!
//! The server is this program again in a process of its own (`mock`), so what it needs is in no figure: processor time
//! is that of the measuring process alone (`CLOCK_PROCESS_CPUTIME_ID`, its system calls included), memory is what is
//! resident of it. Everyone gets the same `reqwest` client, the one that samokoder makes, and what everyone read is
//! checked: a figure for an answer that was not read whole is no figure.

mod decode;
mod layers;
mod measure;
mod memory;
mod mock;
mod peers;
mod streams;
mod traffic;

use std::env;

/// Whatever goes wrong ends the run.
type Fault = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Fault> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["mock"] => mock::serve(),
        ["memory", peer, ref base] => memory::child(peer, base),
        _ => report(|part| arguments.is_empty() || arguments.contains(&part)),
    }
}

fn report(wanted: impl Fn(&str) -> bool) -> Result<(), Fault> {
    measure::describe();
    let mock = mock::Mock::start()?;
    if wanted("streams") {
        streams::report(&mock)?;
    }
    if wanted("unary") {
        layers::unary()?;
    }
    if wanted("memory") {
        memory::report(&mock)?;
    }
    if wanted("fan-out") {
        layers::fan_out(&mock)?;
    }
    if wanted("decode") {
        decode::report()?;
    }
    Ok(())
}
