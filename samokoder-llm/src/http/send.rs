//! Sends a request and finds out whether an answer comes.

use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use samokoder_core::llm::{CallContext, ChatStream, LlmError, LlmErrorKind};
use secrecy::ExposeSecret as _;

use super::{HttpProvider, address::shown, answer::Answer, bill::Bill};
use crate::{
    credentials::Credential,
    reply::{self, headers},
    vendor::Auth,
    wire::{Encoded, Framing, Reader, Wire},
};

/// How an answer's bytes are cut: as its protocol says, by whom as the configuration says.
fn framing(provider: &HttpProvider, wire: &dyn Wire) -> Framing {
    #[cfg(feature = "sse-eventsource")]
    if provider.config.eventsource && wire.framing() == Framing::Sse {
        return Framing::Eventsource;
    }
    let _ = provider;
    wire.framing()
}

/// Bytes of a reply other than a stream that are read at most.
const MAX_BODY: usize = 64 << 20;
const MAX_ERROR: usize = 1 << 20;

pub(super) async fn send(
    provider: &HttpProvider,
    wire: &'static dyn Wire,
    encoded: Encoded,
    credential: Credential,
    bill: Bill,
    call: &CallContext,
) -> Result<ChatStream, LlmError> {
    let request = request(provider, encoded, &credential)?;
    let exchange = async {
        let response = provider.client.execute(request).await.map_err(|error| connection(&error))?;
        let limits = headers::limits(response.headers(), now());
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        if let Some(error) = compressed(response.headers()) {
            return Err(error);
        }
        let mut reader = Reader::framed(wire, framing(provider, wire));
        if !is_json(response.headers()) {
            return Ok((reader, Some(response), limits));
        }
        let body = read(response, MAX_BODY).await?;
        // Some servers name a stream wrongly.
        match body.trim_ascii_start() {
            [b'{' | b'[', ..] => reader.whole(&body)?,
            _ => reader.feed(&body).and_then(|()| reader.end())?,
        }
        Ok((reader, None, limits))
    };
    let exchange = tokio::select! {
        biased;
        outcome = exchange => outcome,
        () = call.cancellation.cancelled() => Err(cancelled()),
        () = wait(call.remaining()) => Err(LlmError::new(LlmErrorKind::Timeout, "there was no reply in time")),
    };
    let redaction = provider.redaction.with(&credential);
    let (reader, response, limits) = exchange.map_err(|error| redaction.clean(error))?;
    let answer = Answer::new(reader, response, provider.config.idle_timeout, call.clone(), bill).begin(
        credential.payer,
        redaction,
        limits,
    );
    Ok(Box::pin(answer))
}

fn request(
    provider: &HttpProvider,
    encoded: Encoded,
    credential: &Credential,
) -> Result<reqwest::Request, LlmError> {
    let mut request = provider
        .client
        .post(provider.address.at(&encoded.path))
        .header(CONTENT_TYPE, "application/json")
        .body(encoded.body);
    for (name, value) in &encoded.headers {
        request = request.header(*name, value);
    }
    finish(provider, request, credential)
}

/// Gets what is at a path, whole.
pub(super) async fn get(
    provider: &HttpProvider,
    path: &str,
    credential: &Credential,
) -> Result<Vec<u8>, LlmError> {
    let mut request = provider.client.get(provider.address.at(path));
    for (name, value) in provider.vendor.headers {
        request = request.header(*name, *value);
    }
    let request = finish(provider, request, credential)?;
    let exchange = async {
        let response = provider.client.execute(request).await.map_err(|error| connection(&error))?;
        if response.status().is_success() {
            read(response, MAX_BODY).await
        } else {
            Err(refusal(response).await)
        }
    };
    exchange.await.map_err(|error| provider.redaction.with(credential).clean(error))
}

/// Adds what every request has: the configured headers and the key.
fn finish(
    provider: &HttpProvider,
    mut request: reqwest::RequestBuilder,
    credential: &Credential,
) -> Result<reqwest::Request, LlmError> {
    for (name, value) in &provider.config.headers {
        request = request.header(name, secret(value.expose_secret().to_owned())?);
    }
    let mut request = request.build().map_err(|error| {
        let message = format!("the request can't be sent: {}", error.without_url());
        LlmError::new(LlmErrorKind::BadRequest, message)
    })?;
    let key = credential.key.as_ref().map(|key| key.expose_secret().trim());
    // In the place of what the address may say of who asks.
    match (provider.vendor.auth, key) {
        (Auth::Bearer | Auth::OptionalBearer, Some(key)) => {
            request.headers_mut().insert(AUTHORIZATION, secret(format!("Bearer {key}"))?);
        }
        (Auth::Header(name), Some(key)) => {
            request.headers_mut().insert(name, secret(key.to_owned())?);
        }
        (_, None) => {}
    }
    Ok(request)
}

fn secret(value: String) -> Result<HeaderValue, LlmError> {
    let mut value = HeaderValue::try_from(value).map_err(|_| {
        let message = "the key or a header has characters that none can have; was it copied whole?";
        LlmError::new(LlmErrorKind::Authentication, message)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// An error from a reply that is no success.
async fn refusal(response: reqwest::Response) -> LlmError {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = beginning(response, MAX_ERROR).await;
    headers::complete(reply::error(status, &body), &headers, now())
}

#[expect(clippy::disallowed_methods, reason = "a date in a header is compared with the clock on the wall")]
fn now() -> SystemTime {
    SystemTime::now()
}

async fn read(mut response: reqwest::Response, at_most: usize) -> Result<Vec<u8>, LlmError> {
    let mut body = vec![];
    while let Some(chunk) = response.chunk().await.map_err(|error| connection(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > at_most {
            let message = format!("the reply has more than {} MiB", at_most >> 20);
            return Err(LlmError::new(LlmErrorKind::Malformed, message));
        }
    }
    Ok(body)
}

/// What there is of a body, as far as it came.
async fn beginning(mut response: reqwest::Response, at_most: usize) -> Vec<u8> {
    let mut body = vec![];
    while let Ok(Some(chunk)) = response.chunk().await
        && body.len() < at_most
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(at_most);
    body
}

/// The error of an answer that is compressed: nobody asked for that, unless a client was given that undoes it.
fn compressed(headers: &HeaderMap) -> Option<LlmError> {
    let coding = headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("unknown");
    let message = format!("the answer is compressed ({coding}), which was not asked for");
    (coding != "identity").then(|| LlmError::new(LlmErrorKind::Malformed, message))
}

fn is_json(headers: &HeaderMap) -> bool {
    let content = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

/// A connection that failed: all its causes, in a line, without what may be a secret in the address.
pub(super) fn connection(error: &reqwest::Error) -> LlmError {
    let mut message = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message = if message.is_empty() { text } else { format!("{message}: {text}") };
        }
        cause = error.source();
    }
    if let Some(url) = error.url() {
        message = message.replace(url.as_str(), &shown(url.as_str()));
    }
    let kind = match error {
        error if error.is_timeout() => LlmErrorKind::Timeout,
        // The request was sent: what was generated may be billed.
        error if error.is_body() || error.is_decode() => LlmErrorKind::Truncated,
        _ => LlmErrorKind::Connection,
    };
    LlmError::new(kind, message)
}

pub(super) fn cancelled() -> LlmError {
    LlmError::new(LlmErrorKind::Cancelled, "nobody waits for the answer any more")
}

pub(super) async fn wait(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}
