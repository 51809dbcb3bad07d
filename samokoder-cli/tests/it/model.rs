//! Models behind a connection: a server answers as real providers do, by a script.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    process::Command,
};

use samokoder_llm::mock::{Fault, MockServer, Reply, Rule, Script, Usage, When};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::command::{Place, Ran, Running};

pub(crate) const KEY: &str = "sk-test-that-nobody-may-see";

/// A server, and the threads that it runs on.
pub(crate) struct Model {
    pub(crate) server: MockServer,
    _runtime: Runtime,
}

impl Model {
    pub(crate) fn start(script: Script) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(MockServer::start(script)).unwrap();
        Self { server, _runtime: runtime }
    }

    /// A command that asks this server as if it were OpenAI.
    pub(crate) fn command(&self, place: &Place, arguments: &[&str]) -> Command {
        let mut command = place.command(arguments);
        let url = format!("{}/v1", self.server.base_url());
        command.env("OPENAI_API_KEY", KEY).env("OPENAI_BASE_URL", url);
        command
    }

    pub(crate) fn run(&self, place: &Place, arguments: &[&str]) -> Ran {
        let ran = Running::start(self.command(place, arguments)).finish();
        assert!(!format!("{ran:?}").contains(KEY), "the key is shown: {ran:?}");
        ran
    }
}

fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

#[test]
fn an_answer_is_streamed_as_lines_of_json() {
    let reply = Reply::text("Look outside.")
        .thinking("Hm.")
        .calling("weather", json!({ "city": "Oslo" }))
        .costing(Usage { input_tokens: Some(12), output_tokens: Some(7), ..Usage::default() });
    for model in ["openai:gpt-4o", "openai:gpt-6.1-sol"] {
        let server = Model::start(Script::default().then(reply.clone()));
        let ran = server.run(&Place::new(), &["chat", "--model", model, "--json", "Will it rain?"]);
        assert_eq!(ran.code, Some(0), "{model}: {ran:#?}");
        let events = ran.events();
        let text: String = of(&events, "text").iter().map(|event| event["text"].as_str().unwrap()).collect();
        assert_eq!(text, "Look outside.", "{model}");
        let call = of(&events, "tool_call")[0];
        assert_eq!(
            (call["name"].as_str(), call["arguments"].as_str()),
            (Some("weather"), Some(r#"{"city":"Oslo"}"#))
        );
        let usage = of(&events, "usage")[0];
        assert_eq!((&usage["input"], &usage["output"]), (&json!(12), &json!(7)), "{model}");
        assert_eq!(of(&events, "finish")[0]["reason"], "tool_calls", "{model}");
    }
}

#[test]
fn usage_that_nobody_told_is_not_told() {
    let chunk = |delta: Value, reason: Value| json!({ "id": "1", "choices": [{ "delta": delta, "finish_reason": reason }] });
    let chunks = [chunk(json!({ "content": "a" }), Value::Null), chunk(json!({}), json!("stop"))];
    let ask = |options: &[&str]| {
        let url = answering(&chunks);
        let arguments = [&["chat", "--model", "compatible:m", "--base-url", &url], options, &["Hi"]].concat();
        let place = Place::new();
        Running::start(place.command(&arguments)).finish()
    };
    let ran = ask(&["--json"]);
    assert_eq!(
        (ran.code, of(&ran.events(), "usage").len(), of(&ran.events(), "finish").len()),
        (Some(0), 0, 1)
    );
    let ran = ask(&[]);
    assert!(ran.err.contains("tokens not known"), "{ran:?}");
}

/// Answers the first one who asks with these events, as a server that streams.
fn answering(events: &[Value]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let body: Vec<_> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    let body = body.concat();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut asked, mut piece) = (Vec::new(), [0; 4096]);
        while !asked.ends_with(b"}") {
            let count = stream.read(&mut piece).unwrap();
            asked.extend_from_slice(&piece[..count]);
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        stream.write_all(format!("{head}{body}data: [DONE]\n\n").as_bytes()).unwrap();
    });
    url
}

#[test]
fn two_calls_that_a_server_gives_one_id_are_both_shown_once() {
    let call = |index: u64, city: &str| {
        let arguments = json!({ "city": city }).to_string();
        let function = json!({ "name": "weather", "arguments": arguments });
        json!({ "index": index, "id": "call_0", "type": "function", "function": function })
    };
    let chunk = |delta: Value, reason: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": reason });
        json!({ "id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice] })
    };
    let url = answering(&[
        chunk(json!({ "role": "assistant", "tool_calls": [call(0, "Oslo")] }), Value::Null),
        chunk(json!({ "tool_calls": [call(1, "Omsk")] }), Value::Null),
        chunk(json!({}), json!("tool_calls")),
    ]);
    let place = Place::new();
    let arguments = ["chat", "--model", "compatible:m", "--base-url", &url, "--json", "Will it rain?"];
    let ran = Running::start(place.command(&arguments)).finish();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let events = ran.events();
    let shown: Vec<_> = of(&events, "tool_call").iter().map(|call| call["arguments"].as_str()).collect();
    assert_eq!(shown, [Some(r#"{"city":"Oslo"}"#), Some(r#"{"city":"Omsk"}"#)], "{events:#?}");
}

#[test]
fn a_refusal_is_a_line_of_json_too_and_is_not_tried_again() {
    let limited = Fault::RateLimit { retry_after_ms: Some(7000) };
    let server = Model::start(Script::default().then(Reply::fault(limited)));
    let ran = server.run(&Place::new(), &["chat", "--model", "openai:gpt-4o", "--json", "Hello"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let error = &ran.events()[0];
    assert_eq!((error["kind"].as_str(), error["retryable"].as_bool()), (Some("rate_limited"), Some(true)));
    assert_eq!(server.server.stats().asked, 1);
}

#[test]
fn a_missing_key_is_said_before_anything_is_begun() {
    let place = Place::new();
    let mut command = place.command(&["new", "A jar", "--dir", "jar", "--model", "openai:gpt-4o"]);
    command.env_remove("OPENAI_API_KEY");
    let ran = Running::start(command).finish();
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.err.contains("set OPENAI_API_KEY"), "{}", ran.err);
    assert!(!place.path("jar").exists());
}

fn specification() -> Value {
    json!({
        "name": "Greeter", "slug": "greeter", "language": "en", "summary": "It greets.",
        "entities": [], "requirements": ["It greets by name."], "not_understood": [],
    })
}

/// A team for an app of two files.
pub(crate) fn team() -> Script {
    let files = ["src/greet.mjs", "test/greet.test.mjs"];
    let architecture = json!({
        "runtime": "node", "summary": "A module and its test.",
        "start": ["node", files[0]], "test": ["node", "--test"],
        "files": files.map(|path| json!({ "path": path, "purpose": "Part of the app." })),
    });
    let plan = json!({
        "epics": [{ "title": "App", "description": "The app." }],
        "tasks": [{ "title": "Greeting", "description": "Write it.", "files": files }],
    });
    let steps = files.map(|path| json!({ "path": path, "instruction": "Write it." }));
    let file = |path: &str, text: &str| format!("<file path=\"{path}\">\n{text}</file>");
    let module = file(files[0], "export const greet = (name) => `Hello, ${name}!`;\n");
    let test = file(
        files[1],
        "import test from 'node:test';\nimport assert from 'node:assert';\nimport { greet } from '../src/greet.mjs';\n\
         test('greets', () => assert.equal(greet('Ann'), 'Hello, Ann!'));\n",
    );
    let when = |words: &str| When { contains: Some(words.into()), ..When::default() };
    Script::default()
        .when(
            when("Write the specification"),
            Reply::text(json!({ "specification": specification() }).to_string()),
        )
        .when(when("Choose how"), Reply::text(architecture.to_string()))
        .when(when("Plan the work"), Reply::text(plan.to_string()))
        .when(when("Break this task down"), Reply::text(json!({ "steps": steps }).to_string()))
        .when(when("Write the file `src/greet.mjs`"), Reply::text(module))
        .when(when("Write the file `test/greet.test.mjs`"), Reply::text(test))
}

/// The same team, who asks this before anything is specified.
pub(crate) fn team_that_asks(question: &str) -> Script {
    let mut script = team();
    let asks = Rule {
        when: When { contains: Some("Write the specification".into()), ..When::default() },
        times: Some(1),
        reply: Reply::text(
            json!({ "specification": specification(), "questions": [{ "text": question }] }).to_string(),
        ),
    };
    script.rules.insert(0, asks);
    script
}

/// The same team, whose first answer for the module is cut off.
fn team_with_a_cut() -> Script {
    let mut script = team();
    let rule = Rule {
        when: When { contains: Some("Write the file `src/greet.mjs`".into()), ..When::default() },
        times: Some(1),
        reply: Reply::fault(Fault::Cut { after_bytes: 400 }),
    };
    script.rules.insert(0, rule);
    script
}

#[test]
fn an_app_is_built_by_a_real_provider_and_paid_by_its_tokens_on_node() {
    for model in ["openai:gpt-4o", "openai:gpt-6.1-sol"] {
        let (place, server) = (Place::new(), Model::start(team_with_a_cut()));
        let ran = server.run(
            &place,
            &["new", "A greeter", "--dir", "app", "--model", model, "--max-cost", "50", "--yes"],
        );
        assert_eq!(ran.code, Some(0), "{model}: {ran:#?}");
        assert!(ran.out.contains("its own tests pass"), "{}", ran.out);
        assert!(place.path("app/src/greet.mjs").exists());
        assert_eq!(server.server.stats().asked, 7, "six answers, one of which broke off and came again");
        assert!(ran.out.contains("Cost: 7 calls"), "{}", ran.out);
        assert!(!ran.out.contains(", $0. Time"), "tokens of a priced model cost money: {}", ran.out);
        let kept = place
            .everything()
            .into_values()
            .any(|file| file.windows(KEY.len()).any(|bytes| bytes == KEY.as_bytes()));
        assert!(!kept, "the key is in a file");
    }
}
