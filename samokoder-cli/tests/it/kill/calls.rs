//! Killed while a server that counts is asked: nothing that was answered and recorded is billed again.

use std::{thread, time::Duration};

use samokoder_llm::mock::Latency;

use super::{Setting, Undisturbed, kills};
use crate::{
    command::{Place, Running},
    model::{Model, team},
};

/// More in a row, and one call may be cut off so often that its attempt is begun afresh.
const KILLS_OF_ONE_RUN: u32 = 2;

/// The same numbers in every run: numbers that look like chance (`SplitMix64`).
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, end: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        end.mul_f64(f64::from(u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap()) / f64::from(u32::MAX))
    }
}

#[test]
fn killed_while_a_model_is_paid_on_node() {
    let slow = Latency::first_byte(Duration::from_millis(40)).per_token(Duration::from_millis(1));
    let model = Model::start(team().with_latency(slow));
    let options = &["--model", "openai:gpt-4o", "--max-cost", "50", "--yes"];
    let undisturbed = Undisturbed::run(Setting { model: Some(model), options, ..Setting::default() });
    let server = &undisturbed.setting.model.as_ref().unwrap().server;
    let (mut numbers, mut killed) = (Numbers(7), 0);
    while killed < kills() {
        let place = Place::new();
        let (mut cut, billed) = (0, server.stats().billed);
        let mut command = undisturbed.setting.begin(&place);
        let ran = loop {
            let run = Running::start(command);
            if cut == KILLS_OF_ONE_RUN {
                break run.finish();
            }
            thread::sleep(numbers.below(undisturbed.took));
            let ran = run.kill();
            if ran.code.is_some() {
                break ran;
            }
            cut += 1;
            command = undisturbed.setting.resume(&place);
        };
        assert_eq!(ran.code, Some(0), "after {killed} kills: {}", ran.err);
        killed += cut.max(1);
        let app = undisturbed.compare(&place, &format!("{cut} times, after {killed} kills in all"));
        let billed = server.stats().billed - billed;
        assert!(billed <= app.begun_calls() as u64, "billed without being recorded before");
    }
}
