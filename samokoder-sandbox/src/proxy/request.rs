//! The head of a request to a proxy.

use std::net::IpAddr;

use super::refusal::{Refusal, Status};

/// Bytes that a head may have.
pub(super) const MAX_HEAD: usize = 16 * 1024;

/// Headers that are between a client and its proxy, or would make more than one request of a connection.
const HOP: [&str; 9] = [
    "connection",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// A tunnel, for TLS.
    Connect(Target),
    /// A plain request, as it goes to the host, with the length of the body that follows.
    Plain { target: Target, head: String, body: u64 },
}

/// A host and its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// In lower case, without a dot at its end.
    pub(super) host: Host,
    pub(super) port: u16,
}

/// A name, or an address in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Name(String),
    Address(IpAddr),
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

/// Where the head ends, blank line included.
///
/// # Errors
/// When it is longer than a head may be.
pub(super) fn head_length(bytes: &[u8]) -> Result<Option<usize>, Refusal> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    if end.unwrap_or(bytes.len()) > MAX_HEAD {
        let reason = format!("the request's head is longer than {MAX_HEAD} bytes");
        return Err(Refusal { status: Status::TooLarge, rule: "head-too-long", reason });
    }
    Ok(end)
}

impl Request {
    /// Reads a whole head.
    ///
    /// # Errors
    /// [`Refusal`] for what is malformed, or could be read in two ways.
    pub(super) fn parse(head: &[u8]) -> Result<Self, Refusal> {
        let malformed = Refusal::malformed;
        let head = std::str::from_utf8(head).map_err(|_| malformed("the head is not text"))?;
        let head = head.strip_suffix("\r\n\r\n").ok_or_else(|| malformed("the head does not end"))?;
        if head.bytes().any(|byte| byte == 0) || head.replace("\r\n", "").contains(['\r', '\n']) {
            return Err(malformed("a line of the head does not end in CR LF"));
        }
        let mut lines = head.split("\r\n");
        let words: Vec<_> = lines.next().unwrap_or_default().split(' ').collect();
        let [method, target, "HTTP/1.1" | "HTTP/1.0"] = words[..] else {
            return Err(malformed("the first line is not `METHOD TARGET HTTP/1.1`"));
        };
        let headers = lines.map(header).collect::<Result<Vec<_>, _>>()?;
        if !is_token(method) {
            return Err(malformed("the method is no token"));
        }
        if method == "CONNECT" {
            let target = Target::parse(target, None)?;
            // A client that says a `Host` here, as most do, must mean the same.
            return check_host(&headers, &target, None).map(|()| Self::Connect(target));
        }
        Self::plain(method, target, &headers)
    }

    fn plain(method: &str, target: &str, headers: &[(&str, &str)]) -> Result<Self, Refusal> {
        let Some(rest) = strip_scheme(target) else {
            let reason = "this is a proxy: it takes CONNECT, and targets that begin with http://";
            return Err(Refusal::malformed(reason));
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let target = Target::parse(authority, Some(80))?;
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            return Err(Refusal::forbidden("host-mismatch", "the request has no Host"));
        }
        check_host(headers, &target, Some(80))?;
        let body = body_length(headers)?;
        let slash = if path.starts_with('/') { "" } else { "/" };
        let mut head = format!("{method} {slash}{path} HTTP/1.1\r\nHost: {authority}\r\n");
        for (name, value) in headers.iter().filter(|(name, _)| !HOP.contains(&&*name.to_ascii_lowercase())) {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("Connection: close\r\n\r\n");
        Ok(Self::Plain { target, head, body })
    }
}

fn header(line: &str) -> Result<(&str, &str), Refusal> {
    match line.split_once(':') {
        Some((name, value)) if is_token(name) => Ok((name, value.trim_matches([' ', '\t']))),
        _ => Err(Refusal::malformed("a header is not `Name: value` on one line")),
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn strip_scheme(target: &str) -> Option<&str> {
    let scheme = target.get(..7)?;
    scheme.eq_ignore_ascii_case("http://").then(|| &target[7..])
}

/// Every `Host` must be the target, and there may be only one.
fn check_host(headers: &[(&str, &str)], target: &Target, default: Option<u16>) -> Result<(), Refusal> {
    let mut hosts =
        headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, value)| *value);
    let Some(host) = hosts.next() else { return Ok(()) };
    let default = default.or(Some(target.port));
    if hosts.next().is_some() || Target::parse(host, default).ok().as_ref() != Some(target) {
        let reason = format!(
            "the Host {host:.100?} is not the one that is asked for, {}:{}",
            target.host, target.port
        );
        return Err(Refusal::forbidden("host-mismatch", reason));
    }
    Ok(())
}

/// The length of the body. One without a stated length is refused: where it ends could be read in two ways.
fn body_length(headers: &[(&str, &str)]) -> Result<u64, Refusal> {
    let of = |wanted: &'static str| headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted));
    if of("transfer-encoding").next().is_some() {
        let reason = "a body is taken with its Content-Length alone".to_owned();
        return Err(Refusal { status: Status::LengthRequired, rule: "length-required", reason });
    }
    let mut lengths = of("content-length").map(|(_, value)| *value);
    let Some(length) = lengths.next() else { return Ok(0) };
    let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = length.parse().ok().filter(|_| is_number && lengths.next().is_none());
    parsed.ok_or_else(|| Refusal::malformed("the Content-Length is not one number"))
}

impl Target {
    /// Reads `host:port`; the port may be left out if there is a default.
    pub(super) fn parse(authority: &str, default: Option<u16>) -> Result<Self, Refusal> {
        let malformed = || Refusal::malformed(format!("{authority:.100?} is not a host with a port"));
        let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
            let (host, port) = rest.split_once(']').ok_or_else(malformed)?;
            (Host::Address(IpAddr::V6(host.parse().map_err(|_| malformed())?)), port)
        } else {
            let at = authority.find(':').unwrap_or(authority.len());
            (Host::parse(&authority[..at]).ok_or_else(malformed)?, &authority[at..])
        };
        let port = match (port.strip_prefix(':'), default) {
            (Some(digits), _) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port > 0)
            }
            (None, default) if port.is_empty() => default,
            _ => None,
        };
        Ok(Self { host, port: port.ok_or_else(malformed)? })
    }
}

impl Host {
    /// Reads a name or an IPv4 address. What some resolvers take for an address in another spelling is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse() {
            return Some(Self::Address(IpAddr::V4(address)));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let last = name.rsplit('.').next()?;
        let is_number = last.starts_with(|c: char| c.is_ascii_digit());
        (name.len() <= 253 && name.split('.').all(is_label) && !is_number).then_some(Self::Name(name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[ -~\\r\\n]{0,200}") {
            let _ = Request::parse(&bytes);
            let _ = Request::parse(format!("GET http://{text}\r\n\r\n").as_bytes());
            let _ = Target::parse(&text, Some(80));
        }

        #[test]
        fn what_goes_to_the_host_is_one_head_for_it_alone(path in "[ -~]{0,30}", name in "[ -~\\r\\n]{0,20}", value in "[ -~\\r\\n]{0,20}") {
            let request = format!("GET http://a.example/{path} HTTP/1.1\r\nHost: a.example\r\n{name}: {value}\r\n\r\n");
            // More than one head is read as far as the first.
            let end = head_length(request.as_bytes()).unwrap().unwrap();
            if let Ok(Request::Plain { head, .. }) = Request::parse(&request.as_bytes()[..end]) {
                let hosts = head.lines().filter(|line| line.to_ascii_lowercase().starts_with("host:"));
                prop_assert_eq!(hosts.collect::<Vec<_>>(), ["Host: a.example"]);
                prop_assert_eq!(head.find("\r\n\r\n"), Some(head.len() - 4));
                prop_assert!(head.starts_with("GET /") && head.lines().next().unwrap().ends_with(" HTTP/1.1"));
            }
        }
    }
}
