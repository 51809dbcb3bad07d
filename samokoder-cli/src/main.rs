//! The `samokoder` command: a description becomes a working, tested app.

#![forbid(unsafe_code)]
/// Prints a line.
macro_rules! outln {
    () => { $crate::output::line(format_args!("")) };
    ($($text:tt)+) => { $crate::output::line(format_args!($($text)+)) };
}

/// Prints a line on standard error. Where that can't be written to, there is nobody to tell.
macro_rules! errln {
    ($($text:tt)+) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)+);
    }};
}

mod archive;
mod args;
mod branches;
mod chosen;
mod commands;
mod config;
mod edits;
mod failure;
mod folder;
mod holding;
mod location;
mod lock;
mod output;
mod project;
mod provider;
mod redaction;
mod serving;
mod session;
mod view;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser as _;
use failure::{Failure, Outcome};

fn main() -> ExitCode {
    let args = Args::parse();
    let log = tracing_subscriber::EnvFilter::try_from_env("SAMOKODER_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).with_ansi(false).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(|error| Failure::failed(error.to_string())).and_then(|runtime| {
        let outcome = runtime.block_on(async {
            survive_size_limits();
            carry_out(args.command).await
        });
        // A thread that waits for a line on standard input must not keep the process.
        runtime.shutdown_background();
        outcome
    });
    let printed = output::finish();
    let code = match (&outcome, &printed) {
        (Ok(Outcome::Done), Err(_)) => Outcome::Failed,
        (Ok(outcome), _) => *outcome,
        (Err(failure), _) => failure.outcome,
    };
    for failure in outcome.err().into_iter().chain(printed.err()) {
        errln!("error: {failure}");
    }
    code.code()
}

/// A file that may not grow any further (`ulimit -f`) is an error like a disk that is full, which says what is wrong; the
/// signal would end the process without a word.
fn survive_size_limits() {
    #[cfg(target_os = "linux")]
    {
        const SIGXFSZ: i32 = 25;
        // Once there is a handler, it is there for good. Where none can be set, the signal does what it always does.
        let _ = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(SIGXFSZ));
    }
}

async fn carry_out(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::New(args) => commands::new::new(args).await,
        Command::Resume(args) => commands::resume::resume(args).await,
        Command::Answer(args) => commands::answer::answer(args).await,
        Command::Cancel(args) => commands::cancel::cancel(args).await,
        Command::Log(args) => commands::log::log(args).await,
        Command::Show(args) => commands::show::show(args).await,
        Command::Diff(args) => commands::diff::diff(args).await,
        Command::Rewind(args) => commands::rewind::rewind(args).await,
        Command::Fork(args) => commands::fork::fork(args).await,
        Command::Branches(args) => commands::branches::branches(args).await,
        Command::Checkout(args) => commands::checkout::checkout(args).await,
        Command::Run(args) => commands::run::run(args).await,
        Command::Export(args) => commands::export::export(&args).await,
        Command::Import(args) => commands::import::import(args).await,
        Command::Gc(args) => commands::gc::gc(args).await,
        Command::Chat(args) => commands::chat::chat(args).await,
        Command::Models(args) => commands::models::models(args).await,
        Command::Sandbox(command) => commands::sandbox::sandbox(command).await,
        Command::Doctor => commands::doctor::doctor().await,
    }
}
