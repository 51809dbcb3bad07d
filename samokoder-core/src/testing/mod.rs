//! Doubles and conformance suites, for tests of whatever is built on the ports.

#[cfg(feature = "test-util")]
mod fake_sandbox;
pub mod sandbox;
#[cfg(feature = "test-util")]
mod scripted_model;
#[cfg(feature = "test-util")]
pub mod store;

#[cfg(feature = "test-util")]
pub use fake_sandbox::FakeSandbox;
#[cfg(feature = "test-util")]
pub use scripted_model::ScriptedModel;
