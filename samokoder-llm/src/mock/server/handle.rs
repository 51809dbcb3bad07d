//! From a request to its response.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::{HeaderMap, Request, Response, body::Incoming};
use serde_json::{Map, Value, json};

use super::{
    super::{
        Protocol, Reply,
        cassette::{Recording, Replay},
        plan::{self, Plan},
        playback::{self, Body},
        protocol::ApiError,
        question::Turn,
        script::Access,
        stats::Ticket,
    },
    models,
    received::ReceivedRequest,
    route::{self, Route},
    state::{Answers, State},
};

/// Bytes of a request: Anthropic's limit, the least of the providers'.
const LARGEST: usize = 32 << 20;

/// A request that was read to its end.
#[derive(Debug)]
struct Asked {
    number: u64,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

pub(super) async fn handle(state: Arc<State>, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str).to_owned();
    let method = head.method.as_str().to_owned();
    let route = Route::of(&method, &path);
    match route {
        Route::Stats => return own(&json!(state.ledger.stats())).await,
        Route::Requests => return own(&json!(state.ledger.received())).await,
        _ => {}
    }
    let body = match Limited::new(body, LARGEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return too_large(&state, route).await,
    };
    let received = ReceivedRequest::new(route.protocol(), &method, &path, &head.headers, &body);
    let number = state.ledger.keep(received);
    let asked = Asked { number, method, path, headers: head.headers, body };
    if let Answers::Replay(replay) = &state.answers {
        return repeat(&state, replay, &asked).await;
    }
    match route {
        Route::Ask(protocol) => answer(&state, protocol, &asked).await,
        route => playback::respond(list(state.access(), route, &asked), None).await,
    }
}

async fn own(figures: &Value) -> Response<Body> {
    playback::respond(plan::json(figures), None).await
}

async fn too_large(state: &State, route: Route) -> Response<Body> {
    let ticket = route.protocol().map(|_| state.ledger.open(None));
    let protocol = route.protocol().unwrap_or(Protocol::ChatCompletions);
    let error = ApiError::new(413, "request_too_large", "Request exceeds the maximum size");
    playback::respond(Plan::refusal(protocol, &error, 0), ticket).await
}

async fn answer(state: &State, protocol: Protocol, asked: &Asked) -> Response<Body> {
    let ticket = open(state, asked);
    let plan = plan(state, protocol, asked).await;
    let plan = plan.unwrap_or_else(|error| Plan::refusal(protocol, &error, asked.number));
    playback::respond(plan, Some(ticket)).await
}

async fn plan(state: &State, protocol: Protocol, asked: &Asked) -> Result<Plan, ApiError> {
    let access = state.access();
    protocol.authorise(&asked.headers, access)?;
    let mut question = protocol.read(&asked.body, access)?;
    question.provider = route::provider(&asked.path);
    // To Ollama this means to load the model.
    let is_load = protocol == Protocol::Ollama && question.messages.is_empty();
    let reply = if is_load { Ok(Reply::default()) } else { state.reply(&question, &asked.body).await };
    let reply = reply.map_err(|error| ApiError::new(500, "server_error", error.to_string()))?;
    Ok(Plan::answer(&Turn::new(asked.number, &question, &reply), state.latency))
}

fn open(state: &State, asked: &Asked) -> Ticket {
    let recording = state.recorder.as_ref().map(|recorder| {
        let request = String::from_utf8_lossy(&asked.body);
        Recording::new(recorder, route::provider(&asked.path), &asked.method, &asked.path, &request)
    });
    state.ledger.open(recording)
}

/// The answer that was recorded to this request; 400 if there is none, which no client tries again.
async fn repeat(state: &State, replay: &Replay, asked: &Asked) -> Response<Body> {
    let ticket = open(state, asked);
    let plan = match replay.take(&asked.method, &asked.path, &asked.body) {
        Ok(exchange) => Plan { latency: state.latency, ..exchange.plan() },
        Err(mismatch) => {
            state.ledger.mismatched();
            let protocol = Route::of(&asked.method, &asked.path).protocol();
            let protocol = protocol.unwrap_or(Protocol::ChatCompletions);
            Plan::refusal(protocol, &ApiError::invalid(mismatch), asked.number)
        }
    };
    playback::respond(plan, Some(ticket)).await
}

/// What is not an answer of a model.
fn list(access: &Access, route: Route, asked: &Asked) -> Plan {
    let is_anthropic = asked.headers.contains_key("anthropic-version");
    let protocol = match route {
        Route::Tags | Route::Show | Route::Version => Protocol::Ollama,
        Route::CountTokens => Protocol::Messages,
        _ if is_anthropic => Protocol::Messages,
        _ => Protocol::ChatCompletions,
    };
    let refuse = |error: &ApiError| Plan::refusal(protocol, error, asked.number);
    let models = access.listed();
    match route {
        Route::Tags => plan::json(&models::ollama(&models)),
        Route::Show => {
            show(access, &asked.body).map_or_else(|error| refuse(&error), |body| plan::json(&body))
        }
        Route::Version => plan::json(&json!({"version": "0.0.0"})),
        Route::CountTokens => {
            count(access, asked).map_or_else(|error| refuse(&error), |body| plan::json(&body))
        }
        Route::Model => {
            let path = asked.path.split('?').next().unwrap_or_default();
            let id = path.split_once("/v1/models/").map_or("", |(_, id)| id);
            match protocol.authorise(&asked.headers, access) {
                Err(error) => refuse(&error),
                Ok(()) if !access.has_model(id) => refuse(&protocol.no_such_model(id)),
                Ok(()) if is_anthropic => plan::json(&models::anthropic_model(id)),
                Ok(()) => plan::json(&models::openai_model(id)),
            }
        }
        Route::Models => match protocol.authorise(&asked.headers, access) {
            Err(error) => refuse(&error),
            Ok(()) if is_anthropic => plan::json(&models::anthropic(&models)),
            Ok(()) => plan::json(&models::openai(&models)),
        },
        Route::WrongMethod => refuse(&ApiError {
            status: 405,
            ..ApiError::invalid(format!(
                "Not allowed to {} on {}. (HINT: Perhaps you meant to use a different HTTP method?)",
                asked.method, asked.path
            ))
        }),
        _ => refuse(&ApiError {
            status: 404,
            ..ApiError::invalid(format!("Invalid URL ({} {})", asked.method, asked.path))
        }),
    }
}

/// How many tokens a request of Anthropic's has, which needs to say no limit to its answer.
fn count(access: &Access, asked: &Asked) -> Result<Value, ApiError> {
    Protocol::Messages.authorise(&asked.headers, access)?;
    let mut body: Map<String, Value> =
        serde_json::from_slice(&asked.body).map_err(|error| ApiError::invalid(error.to_string()))?;
    body.insert("max_tokens".into(), 1.into());
    let question = Protocol::Messages.read(Value::Object(body).to_string().as_bytes(), access)?;
    Ok(json!({"input_tokens": question.count()}))
}

fn show(access: &Access, body: &[u8]) -> Result<Value, ApiError> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| ApiError::new(400, "", error.to_string()))?;
    let model = body["model"].as_str().or_else(|| body["name"].as_str()).unwrap_or_default();
    match model {
        "" => Err(ApiError::new(400, "", "model is required")),
        model if access.has_model(model) => Ok(models::show()),
        model => Err(ApiError::new(404, "", format!("model '{model}' not found"))),
    }
}
