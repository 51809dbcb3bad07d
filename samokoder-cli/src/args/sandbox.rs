//! What can be typed after `samokoder sandbox`.

use std::{path::PathBuf, time::Duration};

use clap::{Subcommand, ValueEnum};
use samokoder::sandbox::AllowedHost;

use super::quantity::{bytes, time};

/// What is said of the statuses that are not the command's own.
const RUN_HELP: &str = "\
Exit status: the command's own, 128 and the signal's number when one ended it; 124 timed out, 137 killed by a limit,
126 refused by a policy, 127 not started, 125 the sandbox itself failed, 130 stopped by Ctrl-C, 141 nobody reads its
output any more. The reason is on standard error.";

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Run a command in a sandbox of its own; its streams and its exit status are passed on
    #[command(after_help = RUN_HELP)]
    Run(SandboxRunArgs),
    /// Check on this machine how each control holds, every case of the sandbox's contract, and what hostile code tries
    Check(BackendArg),
    /// List open sandboxes
    Ps(BackendArg),
    /// End sandboxes whose owner is gone, and remove what they left behind
    Reap(BackendArg),
    /// Hold a sandbox for other processes, which reach it as `remote:unix:PATH` or `remote:tls://HOST:PORT?…`
    Serve(ServeArgs),
    /// Own a session until someone kills this process, as `check` does
    #[command(hide = true)]
    Own(OwnArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct OwnArgs {
    #[arg(long, value_name = "URI")]
    pub(crate) backend: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: String,
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) lease: Duration,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The socket; the user who starts this is the only one that may connect
    #[arg(long, value_name = "PATH", required_unless_present = "tls")]
    pub(crate) socket: Option<PathBuf>,
    /// An address instead of a socket, for those who show a certificate of the authority's
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "socket", requires_all = ["certificate", "key", "authority"])]
    pub(crate) tls: Option<String>,
    /// The certificate that this side shows, in PEM
    #[arg(long, value_name = "PATH", requires = "tls")]
    pub(crate) certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "PATH", requires = "tls")]
    pub(crate) key: Option<PathBuf>,
    /// Certificates of the authorities that vouch for clients, in PEM
    #[arg(long, value_name = "PATH", requires = "tls")]
    pub(crate) authority: Option<PathBuf>,
    /// A host that sessions may ask to reach through the proxy; may be repeated
    #[arg(long, value_name = "HOST[:PORT]", value_parser = host)]
    pub(crate) allow: Vec<AllowedHost>,
    /// Which sandbox: `local` or another one of this build [default: the one in samokoder.toml, or local]
    #[arg(long, value_name = "URI")]
    pub(crate) backend: Option<String>,
    /// How many sessions a tenant may have open
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) sessions_per_tenant: usize,
    /// How many sessions may be open in all
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub(crate) sessions: usize,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SandboxRunArgs {
    /// Where it runs: `local` or another sandbox of this build [default: the one in samokoder.toml, or local]
    #[arg(long, value_name = "URI")]
    pub(crate) backend: Option<String>,
    /// What it reaches of the network
    #[arg(long, value_enum, default_value_t)]
    pub(crate) net: Net,
    /// A host that it reaches through the proxy, at port 443 unless another one is named; may be repeated
    #[arg(long, value_name = "HOST[:PORT]", value_parser = host)]
    pub(crate) allow: Vec<AllowedHost>,
    /// How long it may take [default: 2m]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) timeout: Option<Duration>,
    /// How much memory its processes may hold together [default: 1G]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) memory: Option<u64>,
    /// How much it may write to its output [default: 64M]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) max_output: Option<u64>,
    /// A folder that it gets a copy of as its working directory; what it changes there is not written back
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// A variable that it sees; nothing of the environment here is passed on
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    pub(crate) argv: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Net {
    /// Nothing but its own loopback
    #[default]
    None,
    /// The hosts that are allowed, through a proxy
    Proxy,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BackendArg {
    /// Which sandbox: `local` or another one of this build
    #[arg(long, value_name = "URI")]
    pub(crate) backend: Option<String>,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn host(text: &str) -> Result<AllowedHost, String> {
    let wrong = || "give a host name, such as registry.example.org or *.example.org:8443".to_owned();
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?)),
        None => (text, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_*".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return Err(wrong());
    }
    Ok(AllowedHost::new(name).ports(port.into_iter().collect::<Vec<u16>>()))
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.into(), value.into())).ok_or_else(|| "give it as NAME=VALUE".into())
}
