//! A small HTTP server that builds apps: `cargo run --example server [FOLDER] [PORT]`
//!
//! ```text
//! POST /runs                 {"description": "…"}               201 {"id": "…"}
//! GET  /runs/{id}/events     Last-Event-ID: N                   server-sent events after number N
//! POST /runs/{id}/answers    {"question": "…", "answer": "…"}   202
//! ```
//!
//! After a restart a product would look for the branches in its store, and `resume` them.

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{collections::BTreeMap, env, error::Error, path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response, Sse, sse},
    routing::{get, post},
};
use futures::{StreamExt as _, TryStreamExt as _};
use samokoder::{
    id::QuestionId,
    open,
    pipeline::{Answers, History, NewProject, Pipeline, Run, RunOptions},
    store::{Seq, StateStore},
};
use serde::Deserialize;
use serde_json::json;
use tokio::{net::TcpListener, sync::RwLock};

struct Server {
    pipeline: Pipeline,
    store: Arc<dyn StateStore>,
    folder: PathBuf,
    runs: RwLock<BTreeMap<String, Run>>,
}

type App = State<Arc<Server>>;
type Body<T> = Result<Json<T>, JsonRejection>;
type Reply = Result<Response, ApiError>;

#[derive(Deserialize)]
struct NewRun {
    description: String,
}

#[derive(Deserialize)]
struct Answer {
    question: QuestionId,
    answer: String,
}

async fn start(State(server): App, body: Body<NewRun>) -> Reply {
    let project = NewProject::new(body.map_err(|body| refused(&body))?.0.description);
    let id = project.branch.project.to_string();
    // Providers, keys and limits are each run's own: this is the place for those of the user who asks.
    let options = RunOptions::new(open::provider("offline")?, "offline".parse()?)
        .folder(server.folder.join(&id))
        .answers(Answers::Wait);
    let run = server.pipeline.start(project, options).await?;
    server.runs.write().await.insert(id.clone(), run);
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

/// A browser's `EventSource` reconnects by itself and sends the last `id:` it saw, until it is told 204.
async fn events(State(server): App, Path(id): Path<String>, headers: HeaderMap) -> Reply {
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    let runs = server.runs.read().await;
    let run = runs.get(&id).ok_or_else(|| not_found("there is no such run"))?;
    let mut events = Box::pin(run.events(Seq(after)).peekable());
    if run.is_over() && events.as_mut().peek().await.is_none() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    // An error ends the response, and the client comes back for the rest.
    let events = events
        .map_err(axum::Error::new)
        .and_then(async |event| sse::Event::default().id(event.seq.to_string()).json_data(&event));
    Ok(Sse::new(events).keep_alive(sse::KeepAlive::default()).into_response())
}

async fn answer(State(server): App, Path(id): Path<String>, body: Body<Answer>) -> Reply {
    let Json(Answer { question, answer }) = body.map_err(|body| refused(&body))?;
    let runs = server.runs.read().await;
    let run = runs.get(&id).ok_or_else(|| not_found("there is no such run"))?;
    let history = History::load(&*server.store, run.branch()).await?;
    let asked = history.state().question(question);
    if asked.ok_or_else(|| not_found("this run asked no such question"))?.answer.is_some() {
        return Err(ApiError(StatusCode::CONFLICT, "it is answered already".into()));
    }
    run.answer(question, answer).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).map_or_else(|| "runs".into(), PathBuf::from);
    let port = env::args().nth(2).map_or(Ok(8080), |port| port.parse())?;
    let store = open::store(&format!("sqlite:{}", folder.join("state.db").display())).await?;
    let mut pipeline = Pipeline::builder(store.clone());
    if let Some(sandbox) = open::sandbox("local", &[])? {
        pipeline = pipeline.sandbox(sandbox);
    }
    let server = Arc::new(Server { pipeline: pipeline.build()?, store, folder, runs: RwLock::default() });
    let routes = Router::new()
        .route("/runs", post(start))
        .route("/runs/{id}/events", get(events))
        .route("/runs/{id}/answers", post(answer))
        .fallback(async || not_found("there is nothing here"))
        .with_state(server.clone());
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("Listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).with_graceful_shutdown(stopped(server.clone())).await?;
    for run in std::mem::take(&mut *server.runs.write().await).into_values() {
        run.finish().await?;
    }
    Ok(())
}

/// Waits for Ctrl-C. The streams of events would keep the server from stopping; they end with their runs.
async fn stopped(server: Arc<Server>) {
    let _ = tokio::signal::ctrl_c().await;
    for run in server.runs.read().await.values() {
        // What can't be told to stop is cut off, and can be resumed like the rest.
        let _ = run.cancel().await;
    }
}

/// What went wrong, as JSON: `{"error": {"message": "…"}}`.
struct ApiError(StatusCode, String);

fn not_found(what: &str) -> ApiError {
    ApiError(StatusCode::NOT_FOUND, what.into())
}

fn refused(body: &JsonRejection) -> ApiError {
    ApiError(body.status(), body.body_text())
}
impl<E: Error> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": { "message": self.1 } }))).into_response()
    }
}
