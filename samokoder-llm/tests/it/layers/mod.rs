//! Layers around scripted providers, on a clock that is moved by hand.

mod breaker;
mod budget;
mod cache;
mod cassette;
mod concurrency;
mod fallback;
mod governor;
mod guard;
mod metering;
mod retry;
pub(crate) mod scripted;
mod stack;
mod telemetry;
mod timeout;
