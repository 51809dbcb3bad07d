//! Requests as bytes, one for each connection.

use std::{collections::BTreeMap, net::SocketAddr};

use samokoder_llm::mock::MockServer;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(crate) const CHAT: &str = "/v1/chat/completions";
pub(crate) const RESPONSES: &str = "/v1/responses";
pub(crate) const MESSAGES: &str = "/v1/messages";
pub(crate) const OLLAMA: &str = "/api/chat";

/// A response, whole or not.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Whether the body came to its end by the rules of HTTP.
    pub(crate) is_whole: bool,
    /// The pieces of a chunked body.
    pub(crate) chunks: Vec<Vec<u8>>,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The server-sent events: name and data. `[DONE]` is a string.
    pub(crate) fn events(&self) -> Vec<(String, Value)> {
        let text = self.text();
        let events = text.split_terminator("\n\n").map(|event| {
            let field = |name| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            let data = field("data: ");
            let data = if data == "[DONE]" { json!(data) } else { serde_json::from_str(data).unwrap() };
            (field("event: ").to_owned(), data)
        });
        events.collect()
    }

    /// The data of the events.
    pub(crate) fn data(&self) -> Vec<Value> {
        self.events().into_iter().map(|(_, data)| data).collect()
    }

    /// The names of the events, those in a row written once.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.events().into_iter().map(|(name, _)| name).collect();
        names.dedup();
        names
    }

    /// The lines of JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The smallest request of a protocol.
pub(crate) fn request(path: &str, stream: bool) -> Value {
    let mut request = json!({"model": "some-model", "stream": stream});
    if path == RESPONSES {
        request["input"] = json!("Hello.");
    } else {
        request["messages"] = json!([{"role": "user", "content": "Hello."}]);
    }
    if path == MESSAGES {
        request["max_tokens"] = json!(100);
    }
    request
}

/// Sends the smallest request of a protocol.
pub(crate) async fn ask(server: &MockServer, path: &str, stream: bool) -> Response {
    post(server, path, &request(path, stream)).await
}

/// Sends a request with a key.
pub(crate) async fn post(server: &MockServer, path: &str, body: &Value) -> Response {
    let headers: &[(&str, &str)] = match path {
        OLLAMA => &[],
        MESSAGES => &[("x-api-key", "sk-test"), ("anthropic-version", "2023-06-01")],
        _ => &[("Authorization", "Bearer sk-test")],
    };
    send(server.address(), "POST", path, headers, &body.to_string()).await
}

/// Sends a request without a body.
pub(crate) async fn get(server: &MockServer, path: &str, headers: &[(&str, &str)]) -> Response {
    send(server.address(), "GET", path, headers, "").await
}

/// Sends any request.
pub(crate) async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let mut socket = begin(address, method, path, headers, body).await;
    let mut bytes = Vec::new();
    // A connection that is reset has ended as well.
    let _ = socket.read_to_end(&mut bytes).await;
    parse(&bytes)
}

/// Sends any request and leaves its response to be read.
pub(crate) async fn begin(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let headers = headers.iter().map(|(name, value)| [*name, ": ", value, "\r\n"].concat());
    let headers = headers.collect::<String>();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n\
         {body}"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

fn parse(bytes: &[u8]) -> Response {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a response has a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let (status, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
    let headers: BTreeMap<String, String> = headers
        .lines()
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let rest = &bytes[end + 4..];
    let (chunks, is_whole) = match headers.get("content-length") {
        Some(length) => (vec![rest.to_vec()], rest.len() == length.parse::<usize>().unwrap()),
        None => dechunk(rest),
    };
    let status = status.split(' ').nth(1).unwrap().parse().unwrap();
    Response { status, headers, body: chunks.concat(), is_whole, chunks }
}

fn dechunk(mut rest: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let mut chunks = Vec::new();
    loop {
        let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else { return (chunks, false) };
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        let data = &rest[line + 2..];
        if size == 0 {
            return (chunks, data == b"\r\n");
        }
        if data.len() < size + 2 {
            chunks.push(data[..size.min(data.len())].to_vec());
            return (chunks, false);
        }
        chunks.push(data[..size].to_vec());
        rest = &data[size + 2..];
    }
}
