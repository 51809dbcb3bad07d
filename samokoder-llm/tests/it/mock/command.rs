//! The program.

use std::{fs, process::Stdio};

use samokoder_llm::mock::Cassette;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::client::{CHAT, request, send};

const PROGRAM: &str = env!("CARGO_BIN_EXE_samokoder-mock-llm");

/// The program, killed when it is dropped, and where it listens.
async fn start(arguments: &[&str]) -> (Child, std::net::SocketAddr) {
    let mut child =
        Command::new(PROGRAM).args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    (child, line.strip_prefix("listening on http://").unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_script_is_played_recorded_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("script.json"), r#"{"replies": [{"text": "From a file."}]}"#).unwrap();
    let ask = async |address| {
        let headers = [("Authorization", "Bearer x")];
        send(address, "POST", CHAT, &headers, &request(CHAT, false).to_string()).await
    };
    let (program, address) = start(&["--script", &path("script.json"), "--record", &path("tape")]).await;
    let first = ask(address).await;
    assert_eq!(first.json()["choices"][0]["message"]["content"], "From a file.");
    drop(program);
    assert_eq!(Cassette::read(path("tape").as_ref()).unwrap().exchanges.len(), 1);
    let (_program, address) = start(&["--replay", &path("tape")]).await;
    assert_eq!(ask(address).await.body, first.body);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = folder.path().join("a/b");
    let (_program, _address) = start(&["--folder", inbox.to_str().unwrap()]).await;
    assert!(inbox.is_dir());
}

#[tokio::test]
async fn a_command_line_that_makes_no_sense_is_explained() {
    for (arguments, problem) in [
        (vec!["--port"], "--port needs a value"),
        (vec!["--port", "high"], "high is not a port"),
        (vec!["--script", "a", "--folder", "b"], "--script and --folder can't be had together"),
        (vec!["--odd"], "--odd is not known"),
        (vec!["--script", "/no/such/file"], "/no/such/file: "),
    ] {
        let output = Command::new(PROGRAM).args(&arguments).output().await.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(problem), "{arguments:?}: {error}");
    }
    let output = Command::new(PROGRAM).arg("--help").output().await.unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"samokoder-mock-llm [OPTIONS]"));
}
