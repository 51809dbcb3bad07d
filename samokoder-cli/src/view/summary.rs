//! What came of a run, and what to type next.

use std::path::{Path, PathBuf};

use samokoder::{
    budget::{Limit, Spend},
    llm::Money,
    pipeline::RunReport,
    store::RunEnd,
};

use super::{command, quoted};

/// Where limits are set that can't be typed, and what one of them is.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The configuration file.
    pub(crate) file: PathBuf,
    /// Rounds of repair.
    pub(crate) fixes: usize,
}

/// Prints what came of a run in `folder`, and what to type next.
pub(crate) fn summary(folder: &Path, report: &RunReport, settings: &Settings) {
    let me = command();
    let dir = quoted(folder);
    let next = match &report.end {
        RunEnd::Done { verified: true } => {
            outln!("\nDone: the app is in {dir}, and its own tests pass.");
            format!("{me} run {dir}")
        }
        RunEnd::Done { verified: false } => {
            outln!(
                "\nDone, unverified: the app is in {dir}; its tests were not run, because there is no sandbox."
            );
            format!("{me} resume {dir} --sandbox local")
        }
        RunEnd::Waiting { .. } => {
            outln!("\nWaiting for an answer.");
            format!("{me} answer {dir}")
        }
        RunEnd::Exhausted { limit, reason } => {
            outln!("\nStopped by the limit on {limit}: {reason}.");
            raise(*limit, report.needed, settings, &format!("{me} resume {dir}"))
        }
        RunEnd::Stuck { reason } => {
            outln!("\nFailed: {reason}.");
            format!("{me} resume {dir}")
        }
        _ => {
            outln!("\nStopped. Everything finished is kept.");
            format!("{me} resume {dir}")
        }
    };
    outln!("Cost: {}. Time: {:.1} s.", cost(report.spent, report.uncertain), report.elapsed.as_secs_f64());
    outln!("Next: {next}");
}

/// What was spent, and apart from it what nobody knows whether it was.
fn cost(spent: Spend, uncertain: Spend) -> String {
    let known = spent.minus(uncertain);
    let known = format!("{}, {} tokens, {}", calls(known.calls), known.tokens, known.money);
    let at_most = match (uncertain.tokens, uncertain.money) {
        (0, Money::ZERO) => String::new(),
        (tokens, Money::ZERO) => format!("up to {tokens} tokens of "),
        (tokens, money) => format!("up to {tokens} tokens and {money} of "),
    };
    match uncertain.calls {
        0 => known,
        1 => format!("{known}, plus {at_most}1 call that was cut off"),
        several => format!("{known}, plus {at_most}{several} calls that were cut off"),
    }
}

fn calls(count: u64) -> String {
    if count == 1 { "1 call".into() } else { format!("{count} calls") }
}

/// How to go on where a limit stopped a run: resumed as it is, it would stop at once again.
fn raise(limit: Limit, needed: Option<Spend>, settings: &Settings, resume: &str) -> String {
    let file = quoted(&settings.file);
    let set =
        |name: &str, value: u64| format!("set `{name} = {value}` under [limits] in {file}, then: {resume}");
    match (limit, needed) {
        (Limit::Money, Some(needed)) => format!("{resume} --max-cost {}", dollars(needed.money)),
        // No amount is enough for a model without a price.
        (Limit::Money, None) => format!("{resume} --model PROVIDER:MODEL"),
        (Limit::Tokens, Some(needed)) => set("tokens", sensible(needed.tokens)),
        (Limit::Calls, Some(needed)) => set("calls", sensible(needed.calls)),
        (Limit::Fixes, _) => {
            format!("mend it by hand, or {}", set("fixes", 2 * std::cmp::max(1, settings.fixes as u64)))
        }
        (Limit::WallTime, _) => {
            format!("{resume} (for as long again; `wall_s` under [limits] in {file} allows more)")
        }
        _ => resume.into(),
    }
}

/// A sensible limit in dollars when this much is needed for the next call alone.
fn dollars(needed: Money) -> f64 {
    const CENT: u64 = 10_000_000_000;
    let amount = sensible(std::cmp::max(needed.picodollars(), CENT / 2));
    #[expect(clippy::cast_precision_loss, reason = "it has one digit that is not zero")]
    let dollars = amount as f64 / 1e12;
    dollars
}

/// A sensible limit when this much is needed for the next call alone: half as much again, as a round number.
fn sensible(needed: u64) -> u64 {
    let wanted = needed.saturating_add(needed / 2);
    let round = (0..20)
        .flat_map(|zeros| [1_u64, 2, 5].map(|digit| digit.saturating_mul(10_u64.saturating_pow(zeros))));
    round.into_iter().find(|round| *round >= wanted).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(limit: Limit, needed: Option<Spend>) -> String {
        raise(limit, needed, &Settings { file: "samokoder.toml".into(), fixes: 5 }, "samokoder resume app")
    }

    #[test]
    fn whoever_was_stopped_by_a_limit_is_told_a_higher_one() {
        let needed = Spend { money: Money::from_dollars(1.03), tokens: 100_001, calls: 21 };
        let hint = |limit| hint(limit, Some(needed));
        assert_eq!(hint(Limit::Money), "samokoder resume app --max-cost 2");
        let set = |what| format!("set `{what}` under [limits] in samokoder.toml, then: samokoder resume app");
        assert_eq!(hint(Limit::Calls), set("calls = 50"));
        assert_eq!(hint(Limit::Tokens), set("tokens = 200000"));
        assert_eq!(hint(Limit::Fixes), format!("mend it by hand, or {}", set("fixes = 10")));
        assert!(hint(Limit::WallTime).starts_with("samokoder resume app (for as long again; `wall_s`"));
    }

    #[test]
    fn a_model_without_a_price_is_no_question_of_how_much() {
        assert_eq!(hint(Limit::Money, None), "samokoder resume app --model PROVIDER:MODEL");
    }

    #[test]
    fn a_sensible_limit_is_round_and_leaves_room() {
        let needed = [0, 1, 2, 3, 10, 34, 66, 1_000_000, u64::MAX];
        let expected = [1, 1, 5, 5, 20, 100, 100, 2_000_000, u64::MAX];
        assert_eq!(needed.map(sensible), expected);
        let amounts = [0.000_01, 0.03, 0.4, 5.3, 800.0].map(|needed| dollars(Money::from_dollars(needed)));
        assert_eq!(amounts.map(|amount| amount.to_string()), ["0.01", "0.05", "1", "10", "2000"]);
    }

    #[test]
    fn what_nobody_knows_is_told_apart_from_what_was_spent() {
        let spend = |dollars, tokens, calls| Spend { money: Money::from_dollars(dollars), tokens, calls };
        let nothing = Spend::default();
        assert_eq!(cost(spend(0.5, 900, 7), nothing), "7 calls, 900 tokens, $0.5000");
        assert_eq!(
            cost(spend(0.5, 900, 7), spend(0.2, 400, 2)),
            "5 calls, 500 tokens, $0.3000, plus up to 400 tokens and $0.2000 of 2 calls that were cut off"
        );
        assert_eq!(
            cost(spend(0.0, 400, 2), spend(0.0, 400, 1)),
            "1 call, 0 tokens, $0, plus up to 400 tokens of 1 call that was cut off"
        );
    }
}
