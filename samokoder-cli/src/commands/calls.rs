//! `samokoder log --calls`.

use samokoder::{
    digest::Digest,
    llm::{ChatRequest, ChatResponse, ModelRole},
    store::{BranchInfo, CallQuery, CallRow, CallStatus, StoreErrorKind},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    args::LogArgs,
    branches::Branches,
    failure::{Failure, Outcome},
    project::Project,
    view,
};

/// Lines of a text, and characters of a line, that are shown of one that is not wanted whole.
const LINES: usize = 4;
const WIDTH: usize = 120;

/// A call with what it asked and what was answered, as far as that is still there.
struct Call {
    row: CallRow,
    request: Option<ChatRequest>,
    answer: Option<ChatResponse>,
}

/// Prints the calls that led to a branch as it is, the first one first.
pub(super) async fn list(
    project: &Project,
    branches: &Branches,
    of: &BranchInfo,
    args: &LogArgs,
) -> Result<Outcome, Failure> {
    let lineage = branches.lineage(of.branch.id);
    let mut rows = all(project).await?;
    rows.retain(|row| lineage.iter().any(|(id, until)| row.branch.id == *id && row.seq <= *until));
    rows.sort_by_key(|row| row.seq);
    if rows.is_empty() && !args.json {
        outln!("No model has been asked yet.");
    }
    for row in rows {
        let call = Call::load(project, row).await?;
        if args.json {
            outln!("{}", call.to_json());
        } else {
            call.print(args.full);
        }
    }
    Ok(Outcome::Done)
}

/// All calls of the project, on all its branches.
async fn all(project: &Project) -> Result<Vec<CallRow>, Failure> {
    let of = &project.card.branch;
    let mut query = CallQuery { project: Some(of.project), limit: 1000, ..CallQuery::default() };
    let mut rows = Vec::new();
    loop {
        let page = project.store.calls(&of.scope, query).await?;
        let Some(last) = page.last() else { return Ok(rows) };
        query.before = Some(last.place());
        rows.extend(page);
    }
}

impl Call {
    async fn load(project: &Project, row: CallRow) -> Result<Self, Failure> {
        let request = content(project, row.request).await?;
        let answer = match &row.status {
            CallStatus::Done { payload } => content(project, *payload).await?,
            _ => None,
        };
        Ok(Self { row, request, answer })
    }

    fn status(&self) -> &'static str {
        match self.row.status {
            CallStatus::Open => "open",
            CallStatus::Done { .. } => "done",
            CallStatus::Failed { .. } => "failed",
        }
    }

    fn print(&self, full: bool) {
        let CallRow { seq, at_ms, role, model, status, usage, spent, duration_ms, .. } = &self.row;
        let who = role.as_ref().map_or("-", |role| role.as_str());
        let cost = match status {
            CallStatus::Open => format!("no answer yet, or cut off; at most {}", spent.money),
            _ => spent.money.to_string(),
        };
        let tokens = usage.map(|usage| format!("{} tokens in, {} out; ", usage.input, usage.output));
        let took = duration_ms.map(|took| format!("; {took} ms")).unwrap_or_default();
        outln!("#{seq}  {}  {who}  {model}  {}", view::time(*at_ms), self.status());
        outln!("  {}{cost}{took}", tokens.unwrap_or_default());
        match &self.request {
            None => outln!("  asked: no longer kept"),
            Some(request) => {
                let template = self.row.template.as_deref().unwrap_or("-");
                outln!("  asked, from template {template}:");
                for message in &request.messages {
                    print(speaker(message.role), &message.text(), full);
                }
            }
        }
        match (&self.row.status, &self.answer) {
            (CallStatus::Failed { message }, _) => print("error", message, full),
            (CallStatus::Done { .. }, None) => outln!("  answered: no longer kept"),
            (_, Some(answer)) => {
                outln!("  answered:");
                print("assistant", &said(answer), full);
            }
            _ => {}
        }
        outln!();
    }

    fn to_json(&self) -> Value {
        let CallRow { branch, seq, at_ms, effect, role, model, template, status, usage, spent, .. } =
            &self.row;
        let messages = self.request.as_ref().map(|request| {
            let message =
                |message: &samokoder::llm::Message| json!({ "role": message.role, "text": message.text() });
            request.messages.iter().map(message).collect::<Vec<_>>()
        });
        let error = match status {
            CallStatus::Failed { message } => Some(message),
            _ => None,
        };
        json!({
            "type": "call", "branch": branch.id, "seq": seq, "at_ms": at_ms, "agent": role,
            "assignment": effect.attempt.assignment, "attempt": effect.attempt.attempt, "effect": effect.name,
            "nth": effect.nth, "model": model, "template": template, "status": self.status(), "error": error,
            "messages": messages, "answer": self.answer.as_ref().map(said),
            "input_tokens": usage.map(|usage| usage.input), "output_tokens": usage.map(|usage| usage.output),
            "cost_picodollars": spent.money.picodollars(), "latency_ms": self.row.duration_ms,
        })
    }
}

/// What an answer says, with the calls of tools in it.
fn said(answer: &ChatResponse) -> String {
    let calls = answer.tool_calls().map(|call| format!("\n[calls {} with {}]", call.name, call.arguments));
    answer.text() + &calls.collect::<String>()
}

/// What a content says. `None` when it was collected.
async fn content<T: DeserializeOwned>(project: &Project, digest: Digest) -> Result<Option<T>, Failure> {
    match project.store.blob(&project.card.branch.scope, digest).await {
        Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|error| {
            Failure::failed(format!("what a call asked or was answered can't be read: {error}"))
        }),
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn speaker(role: ModelRole) -> &'static str {
    match role {
        ModelRole::System => "system",
        ModelRole::User => "user",
        ModelRole::Assistant => "assistant",
    }
}

/// Prints a text, or its beginning.
fn print(who: &str, text: &str, full: bool) {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let shown = if full { lines.len() } else { lines.len().min(LINES) };
    for (at, line) in lines[..shown].iter().enumerate() {
        let label = if at == 0 { format!("{who}:") } else { String::new() };
        let line = view::printable(line);
        if let Some((end, _)) = line.char_indices().nth(WIDTH).filter(|_| !full) {
            outln!("    {label:<10} {}…", &line[..end]);
        } else {
            outln!("    {label:<10} {line}");
        }
    }
    if shown < lines.len() {
        outln!("    {:<10} … {} more lines, see --full", "", lines.len() - shown);
    }
}
