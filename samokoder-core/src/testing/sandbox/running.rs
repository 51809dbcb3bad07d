//! Commands, what goes in and what comes out.

use bytes::Bytes;

use super::{Bench, Case, Finding, case, expect, run, shell};
use crate::{
    project::WorkspacePath,
    sandbox::{CheckoutFile, Command, ExecStatus, Limits},
};

pub(super) const CASES: &[Case] = &[
    case!("a command's status and both its streams are reported", streams),
    case!("an argument is an argument, whatever it contains", arguments),
    case!("only the variables that were asked for are there", environment),
    case!("standard input is empty", stdin),
    case!("a program that does not exist is not started", missing_program),
    case!("a signal that ended a command is named", signal),
    case!("text is never broken, bytes that are no text do no harm", text),
    case!("a checkout holds exactly its files", checkout),
    case!("commands run side by side", side_by_side),
];

async fn streams(bench: Bench<'_>) -> Finding {
    let outcome = shell(&bench.open().await?, "echo out; echo err >&2; exit 7").await?;
    let right = outcome.status == ExecStatus::Exited { code: 7 }
        && outcome.stdout.text == "out\n"
        && outcome.stderr.text == "err\n";
    expect(right, "expected status 7, `out` and `err`", &outcome)
}

async fn arguments(bench: Bench<'_>) -> Finding {
    let odd = ["a b", "$HOME", "`id`", "'\"", "*", "", "нет;exit 1"];
    let command = ["printf", "%s\\n"].into_iter().chain(odd);
    let outcome = run(&bench.open().await?, Command::new(command)).await?;
    expect(outcome.stdout.text == odd.join("\n") + "\n", "expected the arguments as they are", &outcome)
}

async fn environment(bench: Bench<'_>) -> Finding {
    let command = Command::new(["env"]).env("GIVEN", "a=b c");
    let outcome = run(&bench.open().await?, command).await?;
    let mut names: Vec<&str> =
        outcome.stdout.text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.sort_unstable();
    let right = names == ["GIVEN", "HOME", "LANG", "PATH", "TMPDIR"]
        && outcome.stdout.text.lines().any(|line| line == "GIVEN=a=b c");
    expect(right, "expected GIVEN, HOME, LANG, PATH and TMPDIR alone", &outcome)
}

async fn stdin(bench: Bench<'_>) -> Finding {
    let outcome = run(&bench.open().await?, Command::new(["cat"])).await?;
    expect(outcome.success() && outcome.stdout.text.is_empty(), "expected an end of file", &outcome)
}

async fn missing_program(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    for program in ["no-such-program", "/no/such/program", "./no-such-program"] {
        let outcome = run(&session, Command::new([program])).await?;
        expect(outcome.status == ExecStatus::NotStarted, "expected NotStarted", &outcome)?;
    }
    Ok(())
}

async fn signal(bench: Bench<'_>) -> Finding {
    let outcome = shell(&bench.open().await?, "kill -11 $$").await?;
    expect(outcome.status == ExecStatus::Signalled { signal: 11 }, "expected signal 11", &outcome)
}

async fn text(bench: Bench<'_>) -> Finding {
    let limits = Limits { output_kept: 64, ..Limits::default() };
    let session = bench.open_with(limits).await?;
    let outcome = shell(&session, "printf 'привет\\n'; printf 'ошибка\\n' >&2").await?;
    let whole = outcome.stdout.text == "привет\n" && outcome.stderr.text == "ошибка\n";
    expect(whole, "expected Russian on both streams", &outcome)?;
    for padding in 0..3 {
        let script =
            format!("printf '%{padding}s' ''; i=0; while [ $i -lt 99 ]; do printf ёж; i=$((i+1)); done");
        let outcome = shell(&session, &script).await?;
        let cut = outcome.stdout.omitted > 0 && !outcome.stdout.text.contains('\u{fffd}');
        expect(cut, "expected a gap between whole characters", &outcome)?;
    }
    let outcome = shell(&session, "printf '\\377\\000\\033[31m'").await?;
    expect(outcome.stdout.text.starts_with("\u{fffd}\0\u{1b}[31m"), "expected the bytes", &outcome)
}

async fn checkout(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    let file = |path: &str, content: &'static str| {
        let path = WorkspacePath::parse(path).map_err(|error| error.to_string())?;
        Ok::<_, String>(CheckoutFile { path, content: Bytes::from_static(content.as_bytes()) })
    };
    let files = vec![file("a/b/раз.txt", "один")?, file("c.txt", "")?];
    session.checkout(files).await.map_err(|error| error.to_string())?;
    // What a command leaves behind, a link out of the workspace included, has no effect on the next checkout.
    shell(
        &session,
        "echo x > a/left; rm c.txt; ln -s /tmp/elsewhere c.txt; mkdir -p /tmp/elsewhere; chmod 000 a",
    )
    .await?;
    let files = vec![file("a/b/раз.txt", "два")?, file("c.txt/d", "e")?];
    session.checkout(files).await.map_err(|error| error.to_string())?;
    let outcome = shell(&session, "find . -type f | sort; cat a/b/*").await?;
    expect(outcome.stdout.text == "./a/b/раз.txt\n./c.txt/d\nдва", "expected the two files", &outcome)?;
    let outcome = shell(&session, "echo more >> c.txt/d && mkdir new && cat c.txt/d").await?;
    expect(outcome.stdout.text == "emore\n", "expected a writable workspace", &outcome)
}

async fn side_by_side(bench: Bench<'_>) -> Finding {
    let session = bench.open().await?;
    // Each waits for what the other one does.
    let first = shell(&session, "until [ -e b ]; do sleep 0.01; done; touch a");
    let second = shell(&session, "touch b; until [ -e a ]; do sleep 0.01; done");
    let (first, second) = futures::try_join!(first, second)?;
    expect(first.success(), "expected success", &first)?;
    expect(second.success(), "expected success", &second)
}
