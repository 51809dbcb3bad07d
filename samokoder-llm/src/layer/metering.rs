//! Counts of calls, tokens and money.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use samokoder_core::{
    budget::Spend,
    llm::{
        CallContext, ChatRequest, LlmError, LlmProvider, ModelId, Money, Payer, Price, StreamEvent, Usage,
    },
};
use tokio::time::Instant;

use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    watch::{Outcome, Watch},
};

/// Counts calls, tokens, money and time, by agent, model and payer. Clones count together.
///
/// ```
/// use samokoder_llm::layer::{Meter, Stack};
///
/// let meter = Meter::default();
/// let stack = Stack::new().with(meter.clone());
/// for (key, metered) in meter.snapshot() {
///     println!("{:?} {}: {} calls, {}", key.agent, key.model, metered.calls, metered.money);
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Meter {
    counts: Arc<Mutex<BTreeMap<MeterKey, Metered>>>,
}

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MeterKey {
    /// The role of the agent that asked. `None` outside of a run.
    pub agent: Option<String>,
    /// The model that was asked.
    pub model: ModelId,
    /// Whether the platform's key was used; `None` if the provider did not say whose was.
    pub platform: Option<bool>,
}

/// What calls came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metered {
    /// Calls that are over, hits of a cache included.
    pub calls: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that were dropped before their end.
    pub dropped: u64,
    /// Those that were answered but whose cost nobody knows: their model has no price.
    pub unpriced: u64,
    /// Tokens of the answered calls.
    pub usage: Usage,
    /// What the answered calls cost.
    pub money: Money,
    /// The most that failed attempts within these calls may have cost, as booked by the layers that tried again.
    pub failed_attempts: Spend,
    /// The time from the request to the finish, of answered calls.
    pub whole: Latency,
    /// The time from the request to the first content.
    pub first: Latency,
}

/// Times that calls took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// How many were measured.
    pub count: u32,
    /// All together.
    pub sum: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Latency {
    /// The mean; zero of none.
    pub fn mean(&self) -> Duration {
        self.sum.checked_div(self.count).unwrap_or_default()
    }

    fn add(&mut self, time: Duration) {
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(time);
        self.longest = self.longest.max(time);
    }
}

impl Meter {
    /// What was counted until now, in the order of agents and models.
    pub fn snapshot(&self) -> Vec<(MeterKey, Metered)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(key, metered)| (key.clone(), *metered)).collect()
    }

    fn with(&self, key: MeterKey, count: impl FnOnce(&mut Metered)) {
        count(self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
    }
}

impl Layer for Meter {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Metering
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

#[async_trait]
impl Link for Meter {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let begun = Instant::now();
        // What can't be looked up has no price; whether it can be asked, the call will show.
        let known = below.capabilities(request.model.name()).await;
        let price = known.ok().and_then(|known| known.price.clone());
        let count = Count {
            meter: self.clone(),
            agent: call.id.as_ref().map(|id| id.agent.clone()),
            model: request.model.clone(),
            payer: None,
            earlier: call.spent_earlier(),
            call: call.clone(),
            price,
            begun,
            first: None,
            usage: Usage::default(),
            cost: None,
        };
        below.watched(request, call, count).await
    }
}

#[derive(Debug)]
struct Count {
    meter: Meter,
    agent: Option<String>,
    model: ModelId,
    payer: Option<Payer>,
    call: CallContext,
    earlier: Spend,
    price: Option<Price>,
    begun: Instant,
    first: Option<Duration>,
    usage: Usage,
    cost: Option<Money>,
}

impl Watch for Count {
    fn event(&mut self, event: &StreamEvent) {
        if self.first.is_none() && event.is_content() {
            self.first = Some(self.begun.elapsed());
        }
        match event {
            StreamEvent::Start(start) => self.payer = start.payer.or(self.payer),
            StreamEvent::Usage(usage) => self.usage = *usage,
            StreamEvent::Cost(cost) => self.cost = Some(*cost),
            StreamEvent::Restart => (self.usage, self.cost) = (Usage::default(), None),
            _ => {}
        }
    }

    fn end(&mut self, outcome: Outcome<'_>) -> Result<(), LlmError> {
        let whole = self.begun.elapsed();
        let cost = self.cost.or_else(|| Some(self.price.as_ref()?.cost(&self.usage)));
        let (before, after) = (self.earlier, self.call.spent_earlier());
        let platform = self.payer.map(|payer| payer == Payer::Platform);
        let key = MeterKey { agent: self.agent.take(), model: self.model.clone(), platform };
        self.meter.with(key, |metered| {
            metered.calls += 1;
            metered.failed_attempts += Spend {
                money: after.money.minus(before.money),
                tokens: after.tokens.saturating_sub(before.tokens),
                calls: after.calls.saturating_sub(before.calls),
            };
            if let Some(first) = self.first {
                metered.first.add(first);
            }
            match outcome {
                Outcome::Finished(_) => {
                    metered.usage += self.usage;
                    metered.money += cost.unwrap_or_default();
                    metered.unpriced += u64::from(cost.is_none());
                    metered.whole.add(whole);
                }
                Outcome::Failed(_) | Outcome::Stopped => metered.failed += 1,
                Outcome::Dropped => metered.dropped += 1,
            }
        });
        Ok(())
    }
}
