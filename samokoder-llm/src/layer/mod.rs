//! Layers: behaviour that is wrapped around any provider.
//!
//! A [`Layer`] makes a provider out of a provider. Several of them form a [`Stack`], which puts them in this order,
//! from the outside in, whatever order they were given in:
//!
//! | place | layer | why there |
//! |---|---|---|
//! | [`Outside`](Place::Outside) | the caller's own | sees what the caller sees |
//! | [`Telemetry`](Place::Telemetry) | [`Telemetry`] | its span holds everything that a call leads to |
//! | [`Metering`](Place::Metering) | [`Meter`] | counts hits of the cache and refusals of the guard too |
//! | [`Guard`](Place::Guard) | [`Guard`] | no prompt gets further, no answer gets out, from wherever it comes |
//! | [`Cache`](Place::Cache) | [`Cache`] | a hit needs no budget and wakes nobody below |
//! | [`Budget`](Place::Budget) | [`Spending`] | reserves once for a call; what is below pays for further attempts |
//! | [`Cassette`](Place::Cassette) | [`Recorder`], [`Replayer`] | a cassette holds answers, not failed attempts, and costs replay too |
//! | [`Fallback`](Place::Fallback) | [`Fallback`] | moves on when the layers below, one stack for each choice, gave up |
//! | [`Breaker`](Place::Breaker) | [`Breaker`] | an open breaker spares a call all attempts, so it is outside of them |
//! | [`Retry`](Place::Retry) | [`Retry`] | who waits for the next attempt holds no permit |
//! | [`Concurrency`](Place::Concurrency) | [`Concurrency`] | a permit is an attempt under way |
//! | [`Governor`](Place::Governor) | [`Governor`] | nothing is between its grant and the request, or the grants of a minute would be sent in another |
//! | [`Timeout`](Place::Timeout) | [`Timeout`] | its clocks run for one attempt, without the time in queues |
//!
//! Every layer keeps to the same rules. Dropping the stream or the future that opens it gives back at once whatever
//! is held: permits, reservations, places in queues. Whatever waits ends with the call's deadline and cancellation.
//! Capabilities are passed on. A layer's state (its permits, its window, its cache) belongs to the layer: providers
//! wrapped by one layer, or by its clones, share it.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//!
//! use samokoder_core::llm::LlmProvider;
//! use samokoder_llm::layer::{Concurrency, Retry, Stack, Timeout};
//!
//! # fn demo(provider: Arc<dyn LlmProvider>) -> Result<(), samokoder_llm::layer::StackError> {
//! let provider = Stack::new()
//!     .with(Timeout::default().idle(Duration::from_secs(30)))
//!     .with(Retry::default())
//!     .with(Concurrency::new(8))
//!     .build(provider)?;
//! # Ok(())
//! # }
//! ```

mod answer;
mod breaker;
mod budget;
mod cache;
mod cassette;
mod chain;
mod concurrency;
mod fallback;
mod governor;
mod guard;
mod metering;
mod restart;
mod retry;
mod stack;
mod tape;
mod telemetry;
mod timeout;
mod wait;
mod watch;

use std::{fmt::Debug, sync::Arc};

use samokoder_core::llm::LlmProvider;

pub use breaker::{Breaker, BreakerState};
pub use budget::Spending;
pub use cache::Cache;
pub use cassette::{Recorder, Replayer};
#[doc(hidden)]
pub use chain::Linked;
pub use concurrency::Concurrency;
pub use fallback::Fallback;
pub use governor::{Governor, Rate};
pub use guard::{Guard, Hook, Moderation, Secrets};
pub use metering::{Latency, Meter, MeterKey, Metered};
pub use retry::Retry;
pub use stack::{Place, Stack, StackError};
pub use telemetry::Telemetry;
pub use timeout::Timeout;
pub(crate) use wait::within;

/// Behaviour that is wrapped around any provider.
pub trait Layer: Debug + Send + Sync {
    /// A provider that answers through `inner`.
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider>;

    /// Where in a [`Stack`] it belongs.
    fn place(&self) -> Place {
        Place::Outside
    }

    /// The layer in a form in which its neighbours know it. Only those of this crate have one.
    #[doc(hidden)]
    fn link(&self) -> Option<Linked> {
        None
    }
}
