//! `samokoder sandbox check`.

use std::{sync::Arc, time::Instant};

use samokoder::{
    sandbox::{Enforcement, SandboxCapabilities},
    testing::sandbox::{Verdict, cases},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    args::BackendArg,
    failure::{Failure, Outcome},
};

const PASS: &str = "pass";
const FAIL: &str = "fail";
/// The sandbox can't, and says so: it refuses what it can't hold.
const UNSUPPORTED: &str = "unsupported";

/// A case and what came of it.
#[derive(Debug, Serialize)]
struct Row {
    case: &'static str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<String>,
    duration_ms: u128,
}

pub(super) async fn check(args: BackendArg) -> Result<Outcome, Failure> {
    let (uri, sandbox) = super::chosen(args.backend)?;
    let capabilities = sandbox.capabilities().await?;
    if !args.json {
        controls(&uri, &capabilities);
        outln!("\nCases");
    }
    let mut rows = Vec::new();
    for case in cases() {
        let started = Instant::now();
        let (verdict, finding) = match case.judge(Arc::clone(&sandbox)).await {
            Verdict::Pass => (PASS, None),
            Verdict::Fail(finding) => (FAIL, Some(finding)),
            Verdict::Unsupported(finding) => (UNSUPPORTED, Some(finding)),
        };
        let row = Row { case: case.name, verdict, finding, duration_ms: started.elapsed().as_millis() };
        if !args.json {
            show(&row);
        }
        rows.push(row);
    }
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let (pass, fail, unsupported) = (count(PASS), count(FAIL), count(UNSUPPORTED));
    if args.json {
        let controls = capabilities.controls.iter().map(|(control, enforcement)| {
            let mut row = json!(enforcement);
            row["control"] = json!(control);
            row
        });
        let table = json!({
            "backend": uri,
            "controls": controls.collect::<Vec<_>>(),
            "toolchains": capabilities.toolchains,
            "cases": rows,
            "pass": pass,
            "fail": fail,
            "unsupported": unsupported,
        });
        outln!("{table}");
    } else {
        outln!("\n{pass} pass, {fail} fail, {unsupported} unsupported");
    }
    Ok(if fail == 0 { Outcome::Done } else { Outcome::Failed })
}

fn controls(uri: &str, capabilities: &SandboxCapabilities) {
    outln!("Controls of {uri} on this machine");
    for (control, enforcement) in &capabilities.controls {
        let (how, by) = match enforcement {
            Enforcement::Kernel(by) => ("kernel", by),
            Enforcement::Supervised(by) => ("supervised", by),
            Enforcement::Unsupported(why) => ("unsupported", why),
        };
        outln!("  {:<12} {how:<12} {by}", format!("{control:?}"));
    }
    outln!("\nToolchains");
    for toolchain in &capabilities.toolchains {
        outln!("  {:<12} {}", toolchain.name, toolchain.version);
    }
}

fn show(row: &Row) {
    outln!("  {:<12} {} ({} ms)", row.verdict, row.case, row.duration_ms);
    if let Some(finding) = &row.finding {
        outln!("               {}", finding.replace('\n', " "));
    }
}
