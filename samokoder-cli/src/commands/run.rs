//! `samokoder run`.

use std::{path::Path, sync::Arc, time::Duration};

use samokoder::{
    open,
    project::{Architecture, ProjectState},
    sandbox::{Command, Limits, SandboxErrorKind, SandboxSession, SessionSpec},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{
    args::RunArgs,
    failure::{Failure, Outcome},
    folder,
    project::Project,
    serving::Serving,
    session, view,
};

/// The port that the app listens on, at the loopback of its sandbox.
const INSIDE: u16 = 3000;

/// How long an app may take to answer for the first time.
const READY: Duration = Duration::from_secs(30);

pub(crate) async fn run(RunArgs { dir, port }: RunArgs) -> Result<Outcome, Failure> {
    let history = Project::with(&dir, None, async |project| project.history(None).await).await?;
    let state = history.state();
    let Some(architecture) = state.architecture().filter(|_| state.is_built()) else {
        let resume = format!("{} resume {}", view::command(), view::quoted(&dir));
        return Err(Failure::failed(format!("the app is not finished; go on with: {resume}")));
    };
    let mut serving = Serving::begin(&dir)?;
    let listener = listen(port).await?;
    let session = open_session(&dir, state).await?;
    let mut service = session.spawn(command(architecture)).await?;
    let ended = async |service: &mut Box<dyn samokoder::sandbox::Service>| match service.wait().await {
        Ok(outcome) => Failure::failed(format!("the app {}: {}", outcome.status, outcome.stderr.text.trim())),
        Err(error) => error.into(),
    };
    tokio::select! {
        ready = wait_until_ready(&session) => ready?,
        failure = ended(&mut service) => return Err(failure),
        _ = tokio::signal::ctrl_c() => return Ok(Outcome::Done),
    }
    let address = listener.local_addr().map_err(|error| Failure::failed(error.to_string()))?;
    let address = format!("http://{address}");
    serving.at(&address);
    outln!("Running at {address}");
    outln!("Its data is kept in {}. Ctrl-C stops it.", view::quoted(&dir.join("data")));
    tokio::select! {
        failure = ended(&mut service) => return Err(failure),
        () = proxy(listener, Arc::clone(&session)) => {}
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
    service.stop(Duration::from_secs(5)).await?;
    session.close().await?;
    outln!("\nStopped.");
    Ok(Outcome::Done)
}

async fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    if let Some(port) = port {
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        return listener.map_err(|error| {
            Failure::usage(format!("port {port} can't be used: {error}; choose another one with --port"))
        });
    }
    for port in (3000..3100).chain([0]) {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            return Ok(listener);
        }
    }
    Err(Failure::failed("no port is free on this machine"))
}

async fn open_session(folder: &Path, state: &ProjectState) -> Result<Arc<dyn SandboxSession>, Failure> {
    let sandbox = open::sandbox("local", &session::search_path())?
        .ok_or_else(|| Failure::failed("there is no sandbox to run the app in"))?;
    let folder = std::path::absolute(folder).map_err(|error| Failure::failed(error.to_string()))?;
    let data = folder.join("data");
    tokio::fs::create_dir_all(&data)
        .await
        .map_err(|error| Failure::failed(format!("{}: {error}", data.display())))?;
    let owner = format!("run {} {}", folder.display(), std::process::id());
    let session = sandbox.open(SessionSpec::new(owner).limits(Limits::default()).data(data)).await?;
    session.checkout(folder::read_files(&folder, state)?).await?;
    Ok(session)
}

fn command(architecture: &Architecture) -> Command {
    Command::new(architecture.start.clone())
        .env("HOST", "127.0.0.1")
        .env("PORT", INSIDE.to_string())
        .env("DATA_DIR", "data")
}

async fn wait_until_ready(session: &Arc<dyn SandboxSession>) -> Result<(), Failure> {
    session.ready(INSIDE, READY).await.map_err(|error| match error.kind {
        SandboxErrorKind::ConnectionRefused => {
            Failure::failed(format!("the app did not listen on port {INSIDE} within {READY:?}"))
        }
        _ => error.into(),
    })
}

/// Joins each connection to this machine's port with one into the sandbox.
async fn proxy(listener: TcpListener, session: Arc<dyn SandboxSession>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                connections.spawn(join(stream, Arc::clone(&session)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn join(mut outside: TcpStream, session: Arc<dyn SandboxSession>) {
    if let Ok(mut inside) = session.connect(INSIDE).await {
        // A connection that breaks is its two ends' affair.
        let _ = copy_bidirectional(&mut outside, &mut inside).await;
    }
}

/// Whoever starts this from a script stops it with a signal.
async fn terminated() {
    #[cfg(unix)]
    if let Ok(mut signal) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        signal.recv().await;
        return;
    }
    std::future::pending::<()>().await;
}
