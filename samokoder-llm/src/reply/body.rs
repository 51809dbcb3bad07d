//! The shapes that an error's body has.

use std::time::Duration;

use serde_json::Value;

use super::says_something;

/// The limit that a request met whose cost has no room beside those under way.
pub(super) const IN_FLIGHT: &str = "openrouter_in_flight_budget";

/// What a body says of an error.
#[derive(Debug, Default)]
pub(super) struct ErrorBody {
    /// The most specific name that it has: the code, else the type or status.
    pub(super) code: Option<String>,
    /// All names that it has, from the most specific one on.
    pub(super) names: Vec<String>,
    message: String,
    /// An HTTP status within the body.
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
    /// Whether it is a limit for a day, or a limit of zero: no wait of a sensible length helps.
    pub(super) exhausted: bool,
    /// Whether it is the content that is refused.
    pub(super) flagged: bool,
}

impl ErrorBody {
    pub(super) fn parse(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(unframed(body)) else {
            let text = String::from_utf8_lossy(body);
            return Self { message: plain(&text), ..Self::default() };
        };
        let mut found = Self::default();
        found.read(match &value {
            Value::Array(list) => list.first().unwrap_or(&Value::Null),
            value => value,
        });
        found.code = found.names.first().cloned();
        if found.message.is_empty() && found.code.is_none() && says_something(&value) {
            // None of the forms that are known.
            found.message = plain(&value.to_string());
        }
        found
    }

    fn read(&mut self, value: &Value) {
        let outer = value;
        // The error of a failed answer is within the answer: `{"type": "response.failed", "response": {"error": …}}`.
        let value = outer.get("response").filter(|response| response.get("error").is_some()).unwrap_or(outer);
        let inner =
            PLACES.iter().find_map(|place| value.pointer(place).filter(|error| says_something(error)));
        let inner = inner.unwrap_or(value);
        // OpenRouter's word for money that only requests under way hold back.
        if inner.pointer("/metadata/limit_source").is_some_and(|source| source == IN_FLIGHT) {
            self.add(IN_FLIGHT);
        }
        self.flagged =
            ["/metadata/flagged_input", "/metadata/reasons"].iter().any(|it| inner.pointer(it).is_some());
        if let Some(code) =
            inner.get("status_code").and_then(Value::as_i64).filter(|_| inner.get("status_msg").is_some())
        {
            self.read_minimax(code);
        }
        for from in [inner, value] {
            for name in
                ["/details/error_code", "/metadata/error_type", "/error_type", "/code", "/type", "/status"]
            {
                match from.pointer(name) {
                    Some(Value::String(name)) if name != "error" && !name.is_empty() => {
                        // Azure's codes may be numbers.
                        self.status = self.status.or_else(|| status(&name.parse().ok()?));
                        self.add(name);
                    }
                    Some(Value::Number(code)) => self.status = self.status.or_else(|| status(code)),
                    _ => {}
                }
            }
            for name in ["status_code", "raw_status_code"] {
                if let Some(Value::Number(code)) = from.get(name) {
                    self.status = status(code).or(self.status);
                }
            }
        }
        let named =
            [inner, value].into_iter().flat_map(|from| MESSAGES.iter().filter_map(|name| from.get(name)));
        for text in std::iter::once(inner).filter(|inner| inner.is_string()).chain(named) {
            match text {
                _ if !self.message.is_empty() => break,
                Value::String(text) => self.message.clone_from(text),
                Value::Array(_) | Value::Object(_) => self.message = text.to_string(),
                _ => {}
            }
        }
        // OpenRouter passes on what the provider behind it said.
        if let Some(Value::String(raw)) = inner.pointer("/metadata/raw") {
            self.message = format!("{}: {}", self.message, plain(raw));
        }
        self.read_details(inner.get("details"));
    }

    /// `MiniMax`'s codes, as statuses.
    fn read_minimax(&mut self, code: i64) {
        self.status = Some(match code {
            1002 | 1039 | 1041 => 429,
            1004 | 2049 => 401,
            1008 | 2056 => 402,
            1026 | 1027 | 1042 | 2013 => 400,
            1001 => 504,
            _ => 500,
        });
        self.flagged |= matches!(code, 1026 | 1027);
    }

    /// Google's details: `RetryInfo.retryDelay` and `QuotaFailure.violations[].quotaId`.
    fn read_details(&mut self, details: Option<&Value>) {
        for detail in details.and_then(Value::as_array).into_iter().flatten() {
            if let Some(delay) = detail.get("retryDelay").and_then(Value::as_str) {
                self.retry_after = super::wait::duration(delay);
            }
            for violation in detail.get("violations").and_then(Value::as_array).into_iter().flatten() {
                let id = violation.get("quotaId").and_then(Value::as_str).unwrap_or_default();
                let value = violation.get("quotaValue").and_then(Value::as_str);
                self.exhausted |= id.contains("PerDay") || value == Some("0");
            }
        }
        self.exhausted |= self.message.contains("limit: 0");
    }

    fn add(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// What happened, in words.
    pub(super) fn message(&self, status: u16) -> String {
        match (&*self.message, &self.code) {
            ("", None) if (300..400).contains(&status) => {
                format!(
                    "the provider sends elsewhere (status {status}), which is not followed; check the base URL"
                )
            }
            ("", None) => format!("the provider replied with status {status} and no words"),
            ("", Some(code)) => code.clone(),
            (message, _) => message.to_owned(),
        }
    }

    /// Whether the words of the message have this in them.
    pub(super) fn says(&self, words: &str) -> bool {
        self.message.to_ascii_lowercase().contains(words)
    }
}

/// Where the error is within a body, if it is not the body itself: with most; with Cloudflare, whose list may be named
/// either way; with OpenRouter, of the provider behind it; with Groq, in a stream; with `MiniMax`.
const PLACES: [&str; 6] =
    ["/error/0", "/error", "/errors/0", "/choices/0/error", "/x_groq/error", "/base_resp"];

/// What the words of an error are called, with most first; then with GLM, Qianfan and `MiniMax`.
const MESSAGES: [&str; 5] = ["message", "detail", "msg", "error_msg", "status_msg"];

/// The JSON of a body that is framed as an event, or begins with a byte order mark.
fn unframed(body: &[u8]) -> &[u8] {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    if body.starts_with(b"data:") || body.starts_with(b"event:") {
        let mut lines = body.split(|byte| *byte == b'\n');
        return lines.find_map(|line| line.strip_prefix(b"data:")).unwrap_or(body);
    }
    body
}

fn status(code: &serde_json::Number) -> Option<u16> {
    code.as_u64().and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code))
}

/// The words of a text that may be a page of HTML, the first 300 characters of them.
fn plain(text: &str) -> String {
    let (mut words, mut tag) = (String::new(), false);
    for c in text.chars() {
        match c {
            '<' => tag = true,
            '>' if tag => {
                tag = false;
                words.push(' ');
            }
            _ if !tag => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
