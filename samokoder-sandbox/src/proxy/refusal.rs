//! Why a request is not served.

use std::fmt;

/// Why a request is not served, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: Status,
    pub(super) rule: &'static str,
    pub(super) reason: String,
}

/// The status of an answer that the proxy gives itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    BadRequest,
    Forbidden,
    Timeout,
    LengthRequired,
    TooLarge,
    BadGateway,
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Self::BadRequest => "400 Bad Request",
            Self::Forbidden => "403 Forbidden",
            Self::Timeout => "408 Request Timeout",
            Self::LengthRequired => "411 Length Required",
            Self::TooLarge => "431 Request Header Fields Too Large",
            Self::BadGateway => "502 Bad Gateway",
        }
    }
}

impl Refusal {
    pub(super) fn forbidden(rule: &'static str, reason: impl Into<String>) -> Self {
        Self { status: Status::Forbidden, rule, reason: reason.into() }
    }

    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self { status: Status::BadRequest, rule: "malformed-request", reason: reason.into() }
    }

    /// The whole answer to the client.
    pub(super) fn response(&self) -> String {
        let text = format!("{self}\n");
        format!(
            "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
            self.status.line(),
            text.len()
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused by the proxy's rule `{}`: {}", self.rule, self.reason)
    }
}
