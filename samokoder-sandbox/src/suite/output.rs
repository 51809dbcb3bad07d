//! Output: too much, without an end of a line, without an end, no text, Russian.

use std::time::Duration;

use samokoder_core::{
    sandbox::{Command, ExecOutcome, ExecStatus, OutputStream, Streams},
    testing::sandbox::Finding,
};
use tokio::sync::mpsc;

use super::{
    Abuse, abuse,
    bench::{Bench, Probed, expect, tight, words},
};

pub(super) const CASES: &[Abuse] = &[
    abuse!(13, "a gibibyte of output ends at the limit, its beginning and its end are kept", gibibyte),
    abuse!(14, "a line in Russian without an end ends at the limit, and no letter of it is broken", endless),
    abuse!(15, "Russian, bytes that are no text and escape sequences come out as they went in", binary),
];

/// What may be on its way when the limit is found to be exceeded.
const ON_ITS_WAY: u64 = 16 << 20;

/// The line that stands for what is left out, and the widest letter at each side of it.
const MARK: usize = 128;

async fn gibibyte(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let outcome = probed.run(&["much", &(1_u64 << 30).to_string()]).await?;
    bounded(&outcome)?;
    let text = &outcome.stdout.text;
    let right = text.starts_with("xxx") && text.ends_with("xxx") && outcome.stdout.omitted > 0;
    expect(right, "expected the beginning and the end", &outcome)?;
    let (outcome, stdout, _) =
        streamed(&probed, Probed::command(&["much", &(1_u64 << 30).to_string()])).await?;
    bounded(&outcome)?;
    let right = stdout.len() as u64 <= tight().output;
    expect(right, &format!("{} bytes were passed on", stdout.len()), &outcome)?;
    probed.goes_on().await
}

async fn endless(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let outcome = probed.run(&["endless-line"]).await?;
    bounded(&outcome)?;
    let text = &outcome.stderr.text;
    let right = text.starts_with("бесконечная строка") && !text.contains('\u{fffd}');
    expect(right, "expected Russian, and no broken letter", &outcome)?;
    let (outcome, _, stderr) = streamed(&probed, Probed::command(&["endless-line"])).await?;
    bounded(&outcome)?;
    let is_text = std::str::from_utf8(&stderr).map_or_else(|error| error.error_len().is_none(), |_| true);
    let right = is_text && !stderr.contains(&b'\n') && stderr.len() as u64 <= tight().output;
    expect(right, &format!("{} bytes were passed on", stderr.len()), &outcome)
}

/// That too much was written, and that not much of it is there.
fn bounded(outcome: &ExecOutcome) -> Finding {
    let kept = outcome.stdout.text.len().max(outcome.stderr.text.len());
    let limits = tight();
    let most = usize::try_from(limits.output_kept).unwrap_or(usize::MAX).saturating_add(MARK);
    let right = outcome.status == ExecStatus::OutputLimit
        && kept <= most
        && outcome.written < limits.output + ON_ITS_WAY
        && outcome.duration < Duration::from_secs(20);
    expect(right, &format!("expected OutputLimit and {kept} of {most} bytes"), outcome)
}

async fn binary(bench: Bench<'_>) -> Finding {
    let probed = bench.session().await?;
    let mut expected: Vec<u8> = (0..=255).collect();
    expected.extend((0..=u16::MAX).flat_map(u16::to_le_bytes));
    expected.extend(b"\x1b[2J\x1b]0;title\x07\x1b]8;;http://x\x1b\\\x9b31m\xff\xfe\xc0\xaf\xed\xa0\x80");
    let (outcome, stdout, stderr) = streamed(&probed, Probed::command(&["every-byte"])).await?;
    let right = outcome.success() && stdout == expected && stderr.is_empty();
    expect(right, &format!("{} bytes came, not as they were written", stdout.len()), &outcome)?;
    // As text: nothing is lost but what is no text, and nothing ends at a NUL.
    let outcome = probed.run(&["every-byte"]).await?;
    let text = &outcome.stdout.text;
    let right = outcome.written == expected.len() as u64 && text.contains("\u{fffd}") && text.contains('\0');
    expect(right, "expected every byte to be counted", &outcome)?;
    russian(&probed).await
}

/// Pieces that end within letters, on both streams; whole, and with the middle left out.
async fn russian(probed: &Probed) -> Finding {
    let text: String = "съешь ещё этих мягких французских булок ".chars().cycle().take(4000).collect();
    let outcome = probed.run(&["russian", "4000"]).await?;
    let right = outcome.success() && outcome.stdout.text == text && outcome.stderr.text == text;
    expect(right, "expected 4,000 letters on both streams", &outcome)?;
    for letters in ["100000", "100001", "100002"] {
        let outcome = probed.run(&["russian", letters]).await?;
        let is_whole = |text: &str| !text.contains('\u{fffd}') && text.starts_with("съешь");
        let right =
            outcome.stdout.omitted > 0 && is_whole(&outcome.stdout.text) && is_whole(&outcome.stderr.text);
        expect(right, "expected a gap between whole letters", &outcome)?;
    }
    let (outcome, stdout, stderr) = streamed(probed, Probed::command(&["russian", "4000"])).await?;
    let right = stdout == text.as_bytes() && stderr == text.as_bytes();
    expect(right, "expected the same bytes as they came", &outcome)
}

/// Runs a command and takes what comes while it runs: (outcome, standard output, standard error).
async fn streamed(probed: &Probed, command: Command) -> Result<(ExecOutcome, Vec<u8>, Vec<u8>), String> {
    let (output, mut chunks) = mpsc::channel(4);
    let streams = Streams { input: Box::new(tokio::io::empty()), output };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let taken = async {
        while let Some(chunk) = chunks.recv().await {
            match chunk.stream {
                OutputStream::Stdout => stdout.extend_from_slice(&chunk.bytes),
                OutputStream::Stderr => stderr.extend_from_slice(&chunk.bytes),
            }
        }
    };
    let (outcome, ()) = futures::join!(probed.session.exec_streaming(command, streams), taken);
    Ok((outcome.map_err(words)?, stdout, stderr))
}
