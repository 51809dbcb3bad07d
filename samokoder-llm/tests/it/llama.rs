//! llama.cpp's own server, on a model with random weights: real software that speaks the same protocols.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

use crate::python_clients;

/// The server. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct LlamaServer {
    /// Where it is, without `/v1`.
    pub(crate) base_url: String,
    _process: Child,
}

impl LlamaServer {
    /// Starts the server on a free port; nothing where it is not installed. It takes about half a second.
    pub(crate) async fn start() -> Option<Self> {
        let mut command = python_clients::command("server.py", &["0"])?;
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("the server says where it listens");
        let base_url = line.strip_prefix("listening on ").unwrap().to_owned();
        Some(Self { base_url, _process: process })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::LlamaServer;
    use crate::mock::client::{CHAT, MESSAGES, RESPONSES, request, send};

    #[tokio::test]
    async fn it_answers_in_three_protocols_with_python_clients() {
        let Some(server) = LlamaServer::start().await else { return };
        let address = server.base_url.strip_prefix("http://").unwrap().parse().unwrap();
        for path in [CHAT, RESPONSES, MESSAGES] {
            let body = request(path, true).to_string();
            let headers = [("Content-Type", "application/json")];
            let response = send(address, "POST", path, &headers, &body).await;
            assert_eq!((response.status, response.is_whole), (200, true), "{path}");
            assert!(response.events().len() > 2, "{path}");
        }
    }

    #[tokio::test]
    async fn it_calls_tools_and_keeps_to_a_schema_with_python_clients() {
        let Some(server) = LlamaServer::start().await else { return };
        let address = server.base_url.strip_prefix("http://").unwrap().parse().unwrap();
        let city = json!({"type": "string", "maxLength": 10});
        let schema = json!({"type": "object", "properties": {"city": city}, "required": ["city"],
            "additionalProperties": false});
        let mut with_schema = request(CHAT, false);
        with_schema["response_format"] = json!({"type": "json_schema", "json_schema": {"name": "place", "strict": true, "schema": schema}});
        let mut with_tool = request(CHAT, false);
        with_tool["tools"] =
            json!([{"type": "function", "function": {"name": "weather", "parameters": schema}}]);
        with_tool["tool_choice"] = json!("required");
        with_tool["parallel_tool_calls"] = json!(false);
        let headers = [("Content-Type", "application/json")];
        let answer = send(address, "POST", CHAT, &headers, &with_schema.to_string()).await.json();
        let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
        let place: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(place["city"].is_string(), "{place}");
        let answer = send(address, "POST", CHAT, &headers, &with_tool.to_string()).await.json();
        let choice = &answer["choices"][0];
        assert_eq!(choice["finish_reason"], "tool_calls");
        assert_eq!(choice["message"]["tool_calls"][0]["function"]["name"], "weather");
    }
}
