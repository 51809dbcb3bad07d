//! Following a run, losing it, and following it again from a number: `cargo run --example stream_events`
//!
//! Everything that happens is a record with a number, without gaps, and never changes. Whoever has seen number 7 asks
//! for what comes after 7. Pieces of answers as a model writes them are not records: they go to whoever is there.

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::error::Error;

use futures::StreamExt as _;
use samokoder::{
    open,
    pipeline::{NewProject, Pipeline, Run, RunOptions},
    store::{Author, Record, Seq, Stored},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pipeline = Pipeline::builder(open::store("memory:").await?).build()?;
    let options = RunOptions::new(open::provider("offline")?, "offline".parse()?);
    let run = pipeline.start(NewProject::new("A band: songs with title, key and tempo"), options).await?;

    let seen = follow_until_first_commit_of_an_agent(&run).await?;
    println!("-- the connection is lost after {seen} --");

    // The run does not care who watches it. From another process, `samokoder::pipeline::events` does the same with
    // nothing but the store and the branch.
    let mut last = seen;
    let mut events = Box::pin(run.events(seen));
    while let Some(event) = events.next().await {
        let event = event?;
        assert_eq!(event.seq, last.after(1), "nothing is missed, nothing comes twice");
        last = event.seq;
        show(&event);
    }
    println!("{last} events, {:?}", run.finish().await?.end);
    Ok(())
}

/// Shows events and pieces of answers as they come. Returns the number of the last event shown.
async fn follow_until_first_commit_of_an_agent(run: &Run) -> Result<Seq, Box<dyn Error>> {
    let mut events = Box::pin(run.events(Seq::START));
    let mut deltas = run.deltas();
    loop {
        tokio::select! {
            event = events.next() => {
                let event = event.ok_or("the run ended before an agent had committed anything")??;
                show(&event);
                if matches!(&event.record, Record::Commit(commit) if matches!(commit.author, Author::Agent { .. })) {
                    return Ok(event.seq);
                }
            }
            // A piece says where in its answer it belongs: who came late or missed one can tell.
            Ok(piece) = deltas.recv() => {
                println!("      … {}: {} bytes from {}", piece.effect.name, piece.text.len(), piece.offset);
            }
        }
    }
}

fn show(event: &Stored) {
    let what = match &event.record {
        Record::Commit(commit) => match &commit.author {
            Author::Agent { role, subject, .. } => format!("{role} finished {subject}"),
            Author::Person => "a person's commit".into(),
            _ => "the pipeline's commit".into(),
        },
        Record::Started { role, subject, .. } => format!("{role} begins {subject}"),
        Record::Intent { effect, .. } => format!("{} is about to be done", effect.name),
        Record::Outcome { effect, .. } => format!("{} is done", effect.name),
        Record::Ended { .. } => "an attempt is over".into(),
        Record::RunEnded { end, .. } => format!("the end: {end:?}"),
        // There are others, and later versions may bring more.
        _ => "something else".into(),
    };
    println!("{:>4}  {what}", event.seq);
}
