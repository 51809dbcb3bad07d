//! Images that the engine has, by name.

use std::process::Command as HostCommand;

use samokoder_core::sandbox::{Command, Sandbox as _, SandboxErrorKind, SandboxSession, SessionSpec};
use samokoder_sandbox::docker::{DockerConfig, DockerSandbox};

use super::support;
use crate::support::mark;

/// An image with `sh`, `cat` and `id` in a folder of its own, and with settings that no session may have.
pub(crate) struct Imported {
    host: String,
    pub(crate) name: String,
}

impl Imported {
    pub(crate) fn new(host: &str, changes: &[&str]) -> Self {
        let name = format!("samokoder-test:{}", mark());
        let changes: Vec<String> = changes.iter().map(|change| format!("--change '{change}'")).collect();
        let script = format!(
            "set -e; top=$(mktemp -d); trap 'rm -r $top' EXIT; mkdir -p $top/programs $top/tmp $top/cache
            chmod 777 $top/cache
            for name in sh cat id df; do
                program=$(command -v $name); cp -L $program $top/programs/$name
                for library in $(ldd $program | grep -o '/[^ ]*'); do
                    mkdir -p $top${{library%/*}}; cp -L $library $top$library
                done
            done
            tar -C $top -c . | docker --host {host} import {} - {name}",
            changes.join(" "),
        );
        let imported = HostCommand::new("sh").args(["-c", &script]).output().unwrap();
        assert!(imported.status.success(), "{imported:?}");
        Self { host: host.to_owned(), name }
    }
}

impl Drop for Imported {
    fn drop(&mut self) {
        let _ =
            HostCommand::new("docker").args(["--host", &self.host, "rmi", "--force", &self.name]).output();
    }
}

/// What a script prints in a session.
pub(crate) async fn says(session: &dyn SandboxSession, script: &str) -> String {
    let outcome = session.exec(Command::new(["sh", "-c", script])).await.unwrap();
    assert!(outcome.success(), "{outcome:?}");
    outcome.stdout.text
}

fn sandbox(host: &str, image: &str) -> DockerSandbox {
    let config = DockerConfig::default().socket(host.trim_start_matches("unix://")).image(image);
    DockerSandbox::new(config.toolchains(Vec::<String>::new()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_brings_its_programs_and_none_of_its_settings_in_docker() {
    let Some(host) = support::host() else { return };
    brings_its_programs_and_none_of_its_settings(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_brings_its_programs_and_none_of_its_settings_in_podman() {
    let Some(host) = support::podman_host() else { return };
    brings_its_programs_and_none_of_its_settings(&host).await;
}

async fn brings_its_programs_and_none_of_its_settings(host: &str) {
    let settings = [
        "ENV PATH=/programs",
        "ENV SECRET=1",
        "USER root",
        "ENTRYPOINT [\"/no-such-program\"]",
        "VOLUME /cache",
    ];
    let image = Imported::new(host, &settings);
    let session = sandbox(host, &image.name).open(SessionSpec::new(mark())).await.unwrap();
    assert_eq!(says(&*session, "command -v cat; echo \"$SECRET\"; id -u").await, "/programs/cat\n\n10000\n");
    // A volume would be room that nothing limits.
    let written = session.exec(Command::new(["sh", "-c", "echo x > /cache/x"])).await.unwrap();
    assert!(!written.success(), "{written:?}");
    assert_eq!(says(&*session, "echo here > file; cat file; cat /workspace/file").await, "here\nhere\n");
    assert_eq!(says(&*session, "echo there > /tmp/file; cat /tmp/file").await, "there\n");
    session.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_where_sessions_have_something_else_is_refused_in_docker() {
    let Some(host) = support::host() else { return };
    let image = Imported::new(&host, &["ENV PATH=/programs", "VOLUME /tmp"]);
    let error = sandbox(&host, &image.name).open(SessionSpec::new(mark())).await.unwrap_err();
    assert_eq!(error.kind, SandboxErrorKind::Unsupported, "{error}");
    assert!(error.message.contains("/tmp") && error.message.contains(&image.name), "{error}");
}

#[tokio::test]
async fn what_an_engine_does_not_have_is_named_in_docker() {
    let Some(host) = support::host() else { return };
    let error = sandbox(&host, "no-such-image:1").open(SessionSpec::new(mark())).await.unwrap_err();
    assert_eq!(error.kind, SandboxErrorKind::Unsupported, "{error}");
    assert!(error.message.contains("docker pull no-such-image:1"), "{error}");
    let config = support::config().unwrap().runtime("no-such-runtime");
    let error = DockerSandbox::new(config).open(SessionSpec::new(mark())).await.unwrap_err();
    assert_eq!(error.kind, SandboxErrorKind::Unsupported, "{error}");
    assert!(error.message.contains("no-such-runtime"), "{error}");
}
