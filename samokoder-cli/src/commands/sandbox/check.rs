//! `samokoder sandbox check`.

use std::{collections::BTreeMap, process, sync::Arc, time::Instant};

use samokoder::{
    abuse::{self, Clause, Suite, clauses},
    sandbox::{Enforcement, Sandbox, SandboxCapabilities},
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
    /// Of a case of abuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u8>,
    case: &'static str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<String>,
    duration_ms: u128,
}

/// What came of a clause: the worst of its cases.
#[derive(Debug, Serialize)]
struct ClauseRow {
    clause: String,
    name: &'static str,
    verdict: &'static str,
    cases: usize,
}

pub(super) async fn check(args: BackendArg) -> Result<Outcome, Failure> {
    let (uri, sandbox) = super::chosen(args.backend)?;
    let capabilities = sandbox.capabilities().await?;
    let tell = |line: &str| {
        if !args.json {
            outln!("{line}");
        }
    };
    if !args.json {
        controls(&uri, &capabilities);
    }
    tell("\nCases of the contract");
    let mut contract = Vec::new();
    for case in cases() {
        let started = Instant::now();
        let verdict = case.judge(Arc::clone(&sandbox)).await;
        contract.push(row(None, case.name, verdict, started.elapsed().as_millis()));
        tell(&contract.last().map_or_else(String::new, shown));
    }
    tell("\nAbuse");
    let abuse = abused(&uri, sandbox, tell).await?;
    tell("\nClauses");
    let clauses: Vec<_> = clauses().iter().map(|clause| judged(clause, &contract, &abuse)).collect();
    for row in &clauses {
        tell(&format!("  {:<12} {:<4} {} ({} cases)", row.verdict, row.clause, row.name, row.cases));
    }
    let count = |verdict| contract.iter().chain(&abuse).filter(|row| row.verdict == verdict).count();
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
            "cases": contract,
            "abuse": abuse,
            "clauses": clauses,
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

async fn abused(uri: &str, sandbox: Arc<dyn Sandbox>, tell: impl Fn(&str)) -> Result<Vec<Row>, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::usage(error.to_string()))?;
    let backend = uri.to_owned();
    let suite = Suite::new(sandbox).owner_process(move |spec| {
        let mut command = process::Command::new(&program);
        command.args(["sandbox", "own", "--backend", &backend, "--owner", &spec.owner]);
        command.arg("--lease").arg(format!("{}ms", spec.lease.as_millis()));
        command
    });
    let mut rows = Vec::new();
    for case in abuse::cases() {
        let judged = suite.judge(case).await;
        rows.push(row(Some(judged.number), judged.name, judged.verdict, judged.duration.as_millis()));
        tell(&rows.last().map_or_else(String::new, shown));
    }
    Ok(rows)
}

fn row(number: Option<u8>, case: &'static str, verdict: Verdict, duration_ms: u128) -> Row {
    let (verdict, finding) = match verdict {
        Verdict::Pass => (PASS, None),
        Verdict::Fail(finding) => (FAIL, Some(finding)),
        Verdict::Unsupported(finding) => (UNSUPPORTED, Some(finding)),
    };
    Row { number, case, verdict, finding, duration_ms }
}

fn judged(clause: &'static Clause, contract: &[Row], abuse: &[Row]) -> ClauseRow {
    let by_name: BTreeMap<&str, &Row> = contract.iter().map(|row| (row.case, row)).collect();
    let of_abuse = abuse.iter().filter(|row| row.number.is_some_and(|number| clause.abuse.contains(&number)));
    let verdicts: Vec<&str> = clause
        .contract
        .iter()
        .filter_map(|name| by_name.get(name).copied())
        .chain(of_abuse)
        .map(|row| row.verdict)
        .collect();
    let worst = [FAIL, UNSUPPORTED].into_iter().find(|verdict| verdicts.contains(verdict));
    ClauseRow {
        clause: format!("C{}", clause.number),
        name: clause.name,
        verdict: worst.unwrap_or(PASS),
        cases: verdicts.len(),
    }
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

fn shown(row: &Row) -> String {
    let number = row.number.map(|number| format!("{number:>2} ")).unwrap_or_default();
    let line = format!("  {:<12} {number}{} ({} ms)", row.verdict, row.case, row.duration_ms);
    match &row.finding {
        Some(finding) => format!("{line}\n               {}", finding.replace('\n', " ")),
        None => line,
    }
}
