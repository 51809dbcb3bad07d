//! The calls to one model that wait for their turn.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use samokoder_core::llm::{CallContext, LlmError, LlmErrorKind, ModelId, RateLimits};
use tokio::{
    sync::{Mutex as Turnstile, Notify},
    time::Instant,
};

use super::{Rate, allowed::Allowed, window::Window};
use crate::layer::wait::within;

/// The calls to one model. Whoever is in the turnstile is next; the others queue before it, in order.
#[derive(Debug)]
pub(super) struct Queue {
    turnstile: Turnstile<()>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    window: Window,
    requests: Allowed,
    tokens: Allowed,
}

impl State {
    fn fits_at(&mut self, now: Instant, tokens: u64) -> Instant {
        let window = self.window.fits_at(now, tokens);
        window.max(self.requests.fits_at(now, 1)).max(self.tokens.fits_at(now, tokens))
    }
}

impl Queue {
    pub(super) fn new(rate: Rate) -> Self {
        let state =
            State { window: Window::new(rate), requests: Allowed::default(), tokens: Allowed::default() };
        Self { turnstile: Turnstile::new(()), state: Mutex::new(state), changed: Notify::new() }
    }

    /// Waits until a call of this size may be sent.
    pub(super) async fn grant(
        self: &Arc<Self>,
        tokens: u64,
        model: &ModelId,
        longest: Option<Duration>,
        call: &CallContext,
    ) -> Result<Grant, LlmError> {
        let turn = self.turn(tokens);
        let Some(longest) = longest else { return within(call, "the rate limit", turn).await };
        let turn = tokio::time::timeout(longest, turn);
        within(call, "the rate limit", turn).await?.map_err(|_| {
            let wait = self.state().fits_at(Instant::now(), tokens) - Instant::now();
            let message =
                format!("the rate limit on this side has no room for a call to {model} within {longest:?}");
            LlmError::new(LlmErrorKind::RateLimited, message).retry_after(wait)
        })
    }

    async fn turn(self: &Arc<Self>, tokens: u64) -> Grant {
        let _turn = self.turnstile.lock().await;
        loop {
            let changed = self.changed.notified();
            let now = Instant::now();
            let at = {
                let mut state = self.state();
                let tokens = state.window.size(tokens);
                let at = state.fits_at(now, tokens);
                if at <= now {
                    let id = state.window.add(now, tokens);
                    state.requests.add(1);
                    state.tokens.add(tokens);
                    return Grant { queue: self.clone(), id };
                }
                at
            };
            tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                () = changed => {}
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to send a call.
#[derive(Debug)]
pub(super) struct Grant {
    queue: Arc<Queue>,
    id: u64,
}

impl Grant {
    /// Says what the call used; the rest of its reservation comes back.
    pub(super) fn settle(&self, used: u64) {
        self.queue.state().window.settle(self.id, used);
        self.queue.changed.notify_one();
    }

    /// Takes in what the provider says it allows.
    pub(super) fn told(&self, limits: &RateLimits) {
        let mut state = self.queue.state();
        let now = Instant::now();
        state.requests.told(now, &limits.requests);
        state.tokens.told(now, &limits.tokens);
        drop(state);
        self.queue.changed.notify_one();
    }

    /// Takes in that the provider asks to wait: for a window at most, after which one call finds out.
    pub(super) fn told_to_wait(&self, wait: Duration) {
        let mut state = self.queue.state();
        let now = Instant::now();
        let wait = wait.min(state.window.length());
        state.requests.none_until(now, now + wait);
    }
}
