//! Requests to the example server, one for each connection.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

/// An answer whose body is not read yet.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: BufReader<TcpStream>,
}

/// HTTP/1.0: the body ends where the connection does.
pub(crate) fn send(address: &str, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut body = BufReader::new(stream);
    let mut line = String::new();
    body.read_line(&mut line).unwrap();
    let status =
        line.split(' ').nth(1).unwrap_or_else(|| panic!("{method} {path}: {line:?}")).parse().unwrap();
    while line != "\r\n" {
        line.clear();
        body.read_line(&mut line).unwrap();
    }
    Response { status, body }
}

/// Sends JSON and reads the answer, `null` when it is empty.
pub(crate) fn post(address: &str, path: &str, body: &str) -> (u16, Value) {
    json(send(address, "POST", path, "Content-Type: application/json\r\n", body))
}

/// Reads a whole answer.
pub(crate) fn json(mut response: Response) -> (u16, Value) {
    let mut text = String::new();
    response.body.read_to_string(&mut text).unwrap();
    (response.status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
}
