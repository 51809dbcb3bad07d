//! Containers: the backend, the engine's own exec over its API, and the engine's command.

use std::{sync::Arc, time::Duration};

use bollard::{
    Docker,
    exec::{CreateExecOptions, StartExecOptions, StartExecResults},
};
use criterion::Criterion;
use futures::StreamExt as _;
use samokoder_core::sandbox::{Command, Sandbox as _, SandboxSession, SessionSpec};
use samokoder_sandbox::docker::{DockerConfig, DockerSandbox};
use tokio::runtime::Runtime;

use super::measure::{host, measure, timed};

/// Where the engine listens.
const VARIABLE: &str = "SAMOKODER_DOCKER_HOST";

pub(crate) fn latency(criterion: &mut Criterion, runtime: &Runtime) {
    let Some(host_uri) = std::env::var_os(VARIABLE).and_then(|uri| uri.into_string().ok()) else {
        return println!("docker: passed over, {VARIABLE} does not say where an engine listens");
    };
    let socket = host_uri.trim_start_matches("unix://");
    let sandbox = DockerSandbox::new(DockerConfig::default().socket(socket).toolchains(Vec::<String>::new()));
    let session = runtime.block_on(open(&sandbox, "warm"));
    measure(criterion, "docker/warm exec of true", || {
        let (time, outcome) = timed(|| runtime.block_on(session.exec(Command::new(["true"]))).unwrap());
        assert!(outcome.success(), "{outcome:?}");
        time
    });
    let engine = Docker::connect_with_unix(socket, 60, bollard::API_DEFAULT_VERSION).unwrap();
    let engine = runtime.block_on(engine.negotiate_version()).unwrap();
    measure(criterion, "docker/exec of true by the engine's API", || {
        timed(|| runtime.block_on(exec(&engine, session.id()))).0
    });
    measure(criterion, "docker/exec of true by the engine's command", || {
        host(&["docker", "--host", &host_uri, "exec", session.id(), "true"])
    });
    measure(criterion, "docker/open, exec of true", || {
        let (time, session) = timed(|| {
            runtime.block_on(async {
                let session = open(&sandbox, "cold").await;
                assert!(session.exec(Command::new(["true"])).await.unwrap().success());
                session
            })
        });
        runtime.block_on(session.close()).unwrap();
        time
    });
    let container = runtime.block_on(engine.inspect_container(session.id(), None)).unwrap();
    let image = container.config.and_then(|config| config.image).unwrap();
    let run = ["run", "--rm", "--network=none", "--entrypoint=true", &image];
    measure(criterion, "docker/run of true by the engine's command", || {
        host(&[&["docker", "--host", &host_uri], &run[..]].concat())
    });
    runtime.block_on(session.close()).unwrap();
}

async fn open(sandbox: &DockerSandbox, owner: &str) -> Arc<dyn SandboxSession> {
    sandbox.open(SessionSpec::new(owner).lease(Duration::from_mins(5))).await.unwrap()
}

/// Runs `true` as whoever has no agent does, to its status.
async fn exec(engine: &Docker, container: &str) {
    let options = CreateExecOptions {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(vec!["true"]),
        user: Some("10000:10000"),
        ..CreateExecOptions::default()
    };
    let id = engine.create_exec(container, options).await.unwrap().id;
    match engine.start_exec(&id, None::<StartExecOptions>).await.unwrap() {
        StartExecResults::Attached { mut output, .. } => while output.next().await.is_some() {},
        StartExecResults::Detached => {}
    }
    assert_eq!(engine.inspect_exec(&id).await.unwrap().exit_code, Some(0));
}
