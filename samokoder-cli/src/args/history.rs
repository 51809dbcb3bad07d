//! What can be typed about an app's history.

use std::path::PathBuf;

use samokoder::store::Seq;

use super::version;

#[derive(Debug, clap::Args)]
pub(crate) struct LogArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// Another branch than the one that is checked out, by its name or a part of its id
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: Option<String>,
    /// List the calls to models instead: agent, prompt, answer, tokens, cost, time
    #[arg(long)]
    pub(crate) calls: bool,
    /// Print prompts and answers whole
    #[arg(long, requires = "calls")]
    pub(crate) full: bool,
    /// Print JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The earlier version: a number that `log` lists, a branch, or BRANCH@VERSION
    #[arg(value_name = "A")]
    pub(crate) from: String,
    /// The later one [default: the latest of the branch that is checked out]
    #[arg(value_name = "B")]
    pub(crate) to: Option<String>,
    /// Print JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RewindArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The version to go back to, a number that `log` lists
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(crate) to: Seq,
    /// The name of the branch that begins there [default: rewind-to-VERSION]
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ForkArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The version that it begins at, a number that `log` lists [default: the latest]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(crate) at: Option<Seq>,
    /// The new branch's name
    #[arg(long)]
    pub(crate) name: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckoutArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// The branch, by its name or a part of its id
    pub(crate) branch: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// `FILE.zip` for the app's files, `FILE.samokoder` for the project with its whole history; it must not be there yet
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// A file that `export` wrote
    #[arg(value_name = "FILE.samokoder")]
    pub(crate) file: PathBuf,
    /// A new or empty folder for the app [default: one named after the file]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Where the history is kept: `sqlite:PATH` [default: in the app's folder]
    #[arg(long, value_name = "URI")]
    pub(crate) store: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct GcArgs {
    /// The app's folder
    pub(crate) dir: PathBuf,
    /// Say what would go, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Remove what calls older than this asked and answered; their tokens and cost stay [default: all are kept]
    #[arg(long, value_name = "DAYS")]
    pub(crate) keep_calls: Option<u32>,
}
