//! Money of callers outside of a pipeline.

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::{
    budget::{Budget, BudgetExceeded, Reservation, Spend},
    llm::{CallContext, ChatRequest, LlmError, LlmErrorKind, LlmProvider, Money, Price, StreamEvent, Usage},
};

use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    wait::within,
    watch::{Outcome, Watch},
};

/// Pays for calls from a budget of its own: for callers outside of a pipeline, which has one already.
///
/// The worst case of a call is reserved before it is sent and settled with what it cost when it is over. A call that
/// was dropped or failed after it was accepted costs its worst case, as nobody knows what was billed. Where money is
/// limited, a model without a price is refused. Further attempts below are paid from the same budget.
///
/// ```
/// use samokoder_core::{budget::{Budget, Spend, SpendLimits}, llm::Money};
/// use samokoder_llm::layer::{Spending, Stack};
///
/// let limits = SpendLimits { money: Some(Money::from_dollars(5.0)), ..SpendLimits::default() };
/// let budget = Budget::new(limits, Spend::default());
/// let stack = Stack::new().with(Spending::new(budget.clone()));
/// assert_eq!(budget.spent(), Spend::default());
/// ```
#[derive(Debug, Clone)]
pub struct Spending {
    budget: Budget,
}

impl Spending {
    /// Pays from this budget.
    pub fn new(budget: Budget) -> Self {
        Self { budget }
    }
}

impl Layer for Spending {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Budget
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

#[async_trait]
impl Link for Spending {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let capabilities = below.capabilities(request.model.name()).await?;
        let exceeded =
            |exceeded: BudgetExceeded| LlmError::new(LlmErrorKind::BudgetExceeded, exceeded.to_string());
        let worst = capabilities.worst_case_within(&request, self.budget.limits()).map_err(exceeded)?;
        let call = call.clone().budget(self.budget.clone());
        let reservation = within(&call, "room in the budget", self.budget.reserve(worst)).await?;
        let reservation = reservation.map_err(exceeded)?;
        let price = capabilities.price.clone().unwrap_or(Price::FREE);
        let bill = Bill { price, reservation: Some(reservation), usage: None, cost: None, begun: false };
        below.watched(request, &call, bill).await
    }
}

/// What a call cost so far. Dropped with its reservation open, it costs the worst case.
#[derive(Debug)]
struct Bill {
    price: Price,
    reservation: Option<Reservation>,
    usage: Option<Usage>,
    cost: Option<Money>,
    begun: bool,
}

impl Bill {
    /// What a whole answer cost, if its provider said what it used.
    fn spent(&self) -> Option<Spend> {
        let money = self.cost.or_else(|| Some(self.price.cost(&self.usage?)))?;
        Some(Spend { money, tokens: self.usage.map_or(0, |usage| usage.total()), calls: 1 })
    }
}

impl Watch for Bill {
    fn event(&mut self, event: &StreamEvent) {
        match event {
            StreamEvent::Usage(usage) => self.usage = Some(*usage),
            StreamEvent::Cost(cost) => self.cost = Some(*cost),
            StreamEvent::Restart => (self.usage, self.cost) = (None, None),
            event => self.begun |= event.is_content(),
        }
    }

    fn end(&mut self, outcome: Outcome<'_>) -> Result<(), LlmError> {
        let spent = match outcome {
            Outcome::Finished(_) => self.spent(),
            Outcome::Failed(error) if error.was_refused() && !self.begun => {
                Some(Spend { calls: 1, ..Spend::default() })
            }
            _ => None,
        };
        if let (Some(spent), Some(reservation)) = (spent, self.reservation.take()) {
            reservation.settle(spent);
        }
        Ok(())
    }
}
