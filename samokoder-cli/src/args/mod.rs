//! What can be typed.

mod history;
mod quantity;
mod sandbox;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use samokoder::{llm::ModelId, store::Seq};

pub(crate) use history::{
    CheckoutArgs, DiffArgs, ExportArgs, ForkArgs, GcArgs, ImportArgs, LogArgs, RewindArgs,
};
pub(crate) use sandbox::{BackendArg, Net, OwnArgs, SandboxCommand, SandboxRunArgs, ServeArgs};

/// What is the same for all commands.
const AFTER_HELP: &str = "\
Example:
  samokoder new \"A library: books with title, author and year; members with name and email\"
  samokoder run library

Limits, and models of single agents, are set in samokoder.toml, where the command is typed or in the app's folder.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 stopped by a limit, 4 a question is open.";

/// Turns a description into a working, tested app.
#[derive(Debug, Parser)]
#[command(name = "samokoder", version, arg_required_else_help = true, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build an app from a description
    New(NewArgs),
    /// Go on with an app whose run was stopped: by Ctrl-C, a crash, a limit, a question
    Resume(ResumeArgs),
    /// Answer the question that a run has asked
    Answer(AnswerArgs),
    /// Stop the run that is working on an app
    Cancel(FolderArg),
    /// List the versions of an app: who made them, what changed, what it cost; or the calls to models
    Log(LogArgs),
    /// Print what an app is to do, the plan and the list of files
    Show(ShowArgs),
    /// Print what differs between two versions: files, specification, plan, questions
    Diff(DiffArgs),
    /// Go back to a version, on a new branch: nothing is lost
    Rewind(RewindArgs),
    /// Make a branch that begins at a version
    Fork(ForkArgs),
    /// List the branches
    Branches(FolderArg),
    /// Go to another branch; the folder gets its files
    Checkout(CheckoutArgs),
    /// Start a finished app in the sandbox and serve it on this machine
    Run(RunArgs),
    /// Write the app's files to a zip archive, or the project with its whole history to one file
    Export(ExportArgs),
    /// Make a folder from a file that `export` wrote
    Import(ImportArgs),
    /// Remove contents that nothing needs any more, and prompts and answers that are old
    Gc(GcArgs),
    /// Ask a model one thing and stream its answer
    Chat(ChatArgs),
    /// List known models, their windows and prices
    Models(ModelsArgs),
    /// Run commands in a sandbox; see what it holds and what is open
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Check keys, store, sandbox and toolchains, and say what to do about each
    Doctor,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ChatArgs {
    /// The prompt; read from standard input when absent or `-`
    pub(crate) prompt: Option<String>,
    /// The model, as `provider:model`
    #[arg(long)]
    pub(crate) model: ModelId,
    /// Where the provider is, in its own convention: `…/v1` for those like OpenAI, the host for Anthropic, Gemini, Ollama
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// What the model is told before the prompt
    #[arg(long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// Tokens that the answer may have
    #[arg(long, value_name = "N")]
    pub(crate) max_output: Option<u64>,
    /// Print what comes as JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ModelsArgs {
    /// Only those of this provider
    pub(crate) provider: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// What to build, in English or Russian: "A library: books with title, author and year; members with name …"
    pub(crate) description: String,
    /// A new or empty folder for the app [default: one named after it]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The app's name [default: taken from the description]
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ResumeArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What `new` and `resume` share.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// The model, as `provider:model`; `offline` needs no key and no network [default: offline]
    #[arg(long)]
    pub(crate) model: Option<ModelId>,
    /// Where the history is kept: `sqlite:PATH` or `memory:` [default: in the app's folder]
    #[arg(long, value_name = "URI")]
    pub(crate) store: Option<String>,
    /// Where the app's code runs: `local`, or `none` to skip its tests [default: local]
    #[arg(long, value_name = "URI")]
    pub(crate) sandbox: Option<String>,
    /// The most the app may cost over its whole life, in US dollars
    #[arg(long, value_name = "USD", value_parser = dollars, allow_negative_numbers = true)]
    pub(crate) max_cost: Option<f64>,
    /// How many agents may work at a time [default: 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_parallel: Option<u16>,
    /// Answer every question with its default
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Print numbered events as JSON, one a line; take answers as JSON lines from standard input
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct FolderArg {
    /// The app's folder
    pub(crate) dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AnswerArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The answer; without it, the question is shown and, at a terminal, answered there
    pub(crate) answer: Option<String>,
    /// Which question, by its id or a part of it; needed when there are several
    #[arg(long, value_name = "ID")]
    pub(crate) question: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The version to show, a number that `log` lists [default: the latest]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(crate) at: Option<Seq>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The port on this machine [default: a free one from 3000 on]
    #[arg(long)]
    pub(crate) port: Option<u16>,
}

/// What is said of something that is no amount of dollars.
pub(crate) const NO_AMOUNT: &str = "give an amount of dollars, such as 2.50";

/// Whether a number can be an amount of dollars.
pub(crate) fn is_amount(number: f64) -> bool {
    number.is_finite() && number >= 0.0
}

fn dollars(text: &str) -> Result<f64, String> {
    let number = text.trim_start_matches('$').parse().ok().filter(|number| is_amount(*number));
    number.ok_or_else(|| NO_AMOUNT.into())
}

pub(crate) fn version(text: &str) -> Result<Seq, String> {
    text.trim_start_matches('v')
        .parse()
        .map(Seq)
        .map_err(|_| "give a version as `log` lists them, such as 12".into())
}
