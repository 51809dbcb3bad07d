//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use samokoder::{llm::ModelId, store::Seq};

/// Turns a description into a working, tested app.
#[derive(Debug, Parser)]
#[command(name = "samokoder", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build an app from a description
    New(NewArgs),
    /// Go on with an app whose run stopped, for whatever reason
    Resume(ResumeArgs),
    /// Answer an open question
    Answer(AnswerArgs),
    /// Stop the run that is working on an app
    Cancel(FolderArg),
    /// List what happened to an app: version, who, what changed, cost
    Log(FolderArg),
    /// Print the specification, the plan and the files
    Show(ShowArgs),
    /// Start a finished app in the sandbox and serve it on this machine
    Run(RunArgs),
    /// Write the app's files to a zip archive
    Export(ExportArgs),
    /// Ask a model one thing and stream its answer
    Chat(ChatArgs),
    /// List known models, their windows and prices
    Models(ModelsArgs),
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
    /// The folder for the app; one named after it when absent
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The app's name; found in the description when absent
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
    /// The model, as `provider:model`; `offline` needs no key and no network
    #[arg(long)]
    pub(crate) model: Option<ModelId>,
    /// Where the history is kept: `sqlite:PATH` or `memory:` [default: in the app's folder]
    #[arg(long, value_name = "URI")]
    pub(crate) store: Option<String>,
    /// Where the app's code runs: `local`, or `none` to skip its tests
    #[arg(long, value_name = "URI")]
    pub(crate) sandbox: Option<String>,
    /// The most the app may cost over its whole life, in US dollars
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub(crate) max_cost: Option<f64>,
    /// How many agents may work at a time
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
    /// The answer; asked for when absent
    pub(crate) answer: Option<String>,
    /// Which question, by its id or a part of it; needed when there are several
    #[arg(long, value_name = "ID")]
    pub(crate) question: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The version to show, as `log` lists them; the latest when absent
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(crate) at: Option<Seq>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The port on this machine; a free one from 3000 on when absent
    #[arg(long)]
    pub(crate) port: Option<u16>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The archive to write; it must not be there yet
    #[arg(value_name = "FILE.zip")]
    pub(crate) file: PathBuf,
}

fn dollars(text: &str) -> Result<f64, String> {
    match text.trim_start_matches('$').parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount >= 0.0 => Ok(amount),
        _ => Err("give an amount of dollars, such as 2.50".into()),
    }
}

fn version(text: &str) -> Result<Seq, String> {
    text.trim_start_matches('v')
        .parse()
        .map(Seq)
        .map_err(|_| "give a version as `log` lists them, such as 12".into())
}
