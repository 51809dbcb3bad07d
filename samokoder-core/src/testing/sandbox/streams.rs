//! Streams that are passed on while a command runs.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWriteExt as _},
    sync::mpsc,
};

use super::{Bench, Case, Finding, case, expect, shell};
use crate::sandbox::{
    Chunk, Command, ExecOutcome, ExecStatus, Limits, OutputStream, SandboxSession, Streams,
};

pub(super) const CASES: &[Case] = &[
    case!("what is put in comes out, byte by byte", echo),
    case!("the two streams are told apart", apart),
    case!("output comes while the command runs", at_once),
    case!("a command waits while nobody takes its output", back_pressure),
    case!("output that nobody takes any more is read and counted", dropped),
    case!("input that goes on for ever holds nobody up", endless_input),
    case!("too much output ends a command whose streams are passed on", too_much),
    case!("the beginning and the end of what was passed on are kept", kept),
];

fn command(script: &str) -> Command {
    Command::new(["sh", "-c", script])
}

fn streams(input: impl AsyncRead + Send + Unpin + 'static, room: usize) -> (Streams, mpsc::Receiver<Chunk>) {
    let (output, chunks) = mpsc::channel(room);
    (Streams { input: Box::new(input), output }, chunks)
}

/// Runs a command and collects what comes: (outcome, standard output, standard error).
async fn collect(
    session: &Arc<dyn SandboxSession>,
    command: Command,
    input: impl AsyncRead + Send + Unpin + 'static,
) -> Result<(ExecOutcome, Vec<u8>, Vec<u8>), String> {
    let (streams, mut chunks) = streams(input, 4);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let taken = async {
        while let Some(chunk) = chunks.recv().await {
            match chunk.stream {
                OutputStream::Stdout => stdout.extend_from_slice(&chunk.bytes),
                OutputStream::Stderr => stderr.extend_from_slice(&chunk.bytes),
            }
        }
    };
    let (outcome, ()) = tokio::join!(session.exec_streaming(command, streams), taken);
    Ok((outcome.map_err(|error| error.to_string())?, stdout, stderr))
}

async fn echo(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let input: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let (outcome, stdout, _) =
        collect(&session, Command::new(["cat"]), std::io::Cursor::new(input.clone())).await?;
    let right = outcome.success() && outcome.written == input.len() as u64;
    expect(right, "expected 12 MB of output", &outcome)?;
    if stdout == input { Ok(()) } else { Err(format!("{} bytes came, not the same", stdout.len())) }
}

async fn apart(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let script = "printf 'вывод\\n\\377' > /dev/stdout; printf 'ошибка\\n' > /dev/stderr; exit 7";
    let (outcome, stdout, stderr) = collect(&session, command(script), tokio::io::empty()).await?;
    let right = outcome.status == ExecStatus::Exited { code: 7 } && outcome.stderr.text == "ошибка\n";
    expect(right, "expected status 7", &outcome)?;
    if stdout == ["вывод\n".as_bytes(), &[0xff][..]].concat() && stderr == "ошибка\n".as_bytes() {
        Ok(())
    } else {
        Err(format!("got {stdout:?} and {stderr:?}"))
    }
}

async fn at_once(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let (ours, theirs) = tokio::io::duplex(64);
    let (streams, mut chunks) = streams(theirs, 4);
    let talk = async {
        let mut ours = ours;
        for line in ["one\n", "two\n"] {
            ours.write_all(line.as_bytes()).await.map_err(|error| error.to_string())?;
            let chunk = chunks.recv().await.ok_or("the output ended")?;
            if chunk.bytes != line.as_bytes() {
                return Err(format!("expected {line:?} back, got {chunk:?}"));
            }
        }
        Ok(())
    };
    let script = "while read line; do echo $line; done; exit 3";
    let (outcome, talked) = tokio::join!(session.exec_streaming(command(script), streams), talk);
    talked?;
    let outcome = outcome.map_err(|error| error.to_string())?;
    expect(outcome.status == ExecStatus::Exited { code: 3 }, "expected an end with the input's", &outcome)
}

async fn back_pressure(bench: Bench<'_>) -> Finding {
    /// More than lies in any buffer on the way.
    const BYTES: u64 = 48_000_000;
    let session = bench.open().await?;
    let (streams, mut chunks) = streams(tokio::io::empty(), 1);
    let script = format!("touch begun; head -c {BYTES} /dev/zero; touch done");
    let running = session.exec_streaming(command(&script), streams);
    let watch = async {
        while !shell(&session, "test -e begun").await?.success() {}
        let outcome = shell(&session, "sleep 0.5; test ! -e done").await?;
        expect(outcome.success(), "expected the command to wait", &outcome)?;
        let mut count = 0;
        while let Some(chunk) = chunks.recv().await {
            count += chunk.bytes.len() as u64;
        }
        if count == BYTES { Ok(()) } else { Err(format!("{count} bytes came")) }
    };
    let (outcome, watched) = tokio::join!(running, watch);
    watched?;
    let outcome = outcome.map_err(|error| error.to_string())?;
    expect(outcome.success() && outcome.written == BYTES, "expected all of it", &outcome)
}

async fn dropped(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let (streams, chunks) = streams(tokio::io::empty(), 1);
    drop(chunks);
    let outcome = session
        .exec_streaming(command("head -c 20000000 /dev/zero"), streams)
        .await
        .map_err(|error| error.to_string())?;
    expect(outcome.success() && outcome.written == 20_000_000, "expected 20 MB to be counted", &outcome)
}

async fn endless_input(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let (outcome, stdout, _) =
        collect(&session, command("head -c 3; exit 4"), tokio::io::repeat(b'x')).await?;
    expect(outcome.status == ExecStatus::Exited { code: 4 }, "expected status 4", &outcome)?;
    if stdout != b"xxx" {
        return Err(format!("expected three bytes, got {stdout:?}"));
    }
    let (_silent, nothing) = tokio::io::duplex(64);
    let (outcome, ..) = collect(&session, Command::new(["true"]), nothing).await?;
    let quick = outcome.success() && outcome.duration < Duration::from_secs(10);
    expect(quick, "expected an end although the input had none", &outcome)
}

async fn too_much(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { output: 1_000_000, ..Limits::default() }).await?;
    let (outcome, stdout, _) =
        collect(&session, command("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxx; done"), tokio::io::empty())
            .await?;
    expect(outcome.status == ExecStatus::OutputLimit, "expected OutputLimit", &outcome)?;
    if stdout.len() <= 1_000_000 { Ok(()) } else { Err(format!("{} bytes were passed on", stdout.len())) }
}

async fn kept(bench: Bench<'_>) -> Finding {
    let session = bench.open_with(Limits { output_kept: 64, ..Limits::default() }).await?;
    let script = "printf начало; head -c 100000 /dev/zero; printf конец";
    let (outcome, ..) = collect(&session, command(script), tokio::io::empty()).await?;
    let text = &outcome.stdout.text;
    let right = text.starts_with("начало") && text.ends_with("конец") && outcome.stdout.omitted > 99_000;
    expect(right, "expected the beginning and the end", &outcome)
}
