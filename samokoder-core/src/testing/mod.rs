//! Doubles and conformance suites, for tests of whatever is built on the ports.

mod fake_sandbox;
pub mod sandbox;
mod scripted_model;
pub mod store;

pub use fake_sandbox::FakeSandbox;
pub use scripted_model::ScriptedModel;
