//! `samokoder-mock-llm`: a server that speaks the protocols of real providers, without a model behind it.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that reports on a terminal")]

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
};

use samokoder_llm::mock::{Cassette, Folder, MockServer, Script, Source};

const HELP: &str = "\
samokoder-mock-llm [OPTIONS] [--script FILE | --folder DIR | --replay FILE]

A server that speaks OpenAI Chat Completions and Responses, Anthropic Messages and Ollama. Without a source of answers
it repeats what the user said last.

  --script FILE    answer from a script (JSON)
  --folder DIR     put each request into a folder and wait there for its answer
  --replay FILE    answer with what was recorded, and refuse what was not
  --record FILE    add each exchange to the end of a file
  --port PORT      listen on this port of 127.0.0.1, and not on a free one
  --help           this

GET /mock/stats tells what was asked, answered and billed, GET /mock/requests what was received.";

/// What the command line asks for.
#[derive(Debug, Default)]
struct Options {
    port: u16,
    record: Option<PathBuf>,
    /// The flag and its file.
    source: Option<(String, PathBuf)>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match serve(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("samokoder-mock-llm: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments)?;
    let source = match &options.source {
        None => Source::Script(Script::default()),
        Some((flag, path)) => open(flag, path).map_err(|why| format!("{}: {why}", path.display()))?,
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let mut builder = MockServer::builder(source).address(address);
    if let Some(path) = options.record {
        builder = builder.record(path);
    }
    let server = builder.start().await.map_err(|error| format!("{address}: {error}"))?;
    println!("listening on {}", server.base_url());
    server.run().await;
    Ok(())
}

fn open(flag: &str, path: &Path) -> Result<Source, String> {
    match flag {
        "--folder" => Ok(Source::Folder(Folder::new(path))),
        "--replay" => Cassette::read(path).map(Source::Cassette).map_err(|error| error.to_string()),
        _ => {
            let json = fs::read_to_string(path).map_err(|error| error.to_string())?;
            Script::from_json(&json).map(Source::Script).map_err(|error| error.to_string())
        }
    }
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{flag} needs a value"));
            match flag.as_str() {
                "--port" => {
                    let port = value()?;
                    options.port = port.parse().map_err(|_| format!("{port} is not a port"))?;
                }
                "--record" => options.record = Some(value()?.into()),
                "--script" | "--folder" | "--replay" => {
                    let path = value()?.into();
                    if let Some((other, _)) = options.source.replace((flag.clone(), path)) {
                        return Err(format!("{other} and {flag} can't be had together"));
                    }
                }
                _ => return Err(format!("{flag} is not known; see --help")),
            }
        }
        Ok(options)
    }
}
