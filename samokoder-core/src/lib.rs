//! Domain, ports, agents and pipeline of samokoder.
//!
//! *Agents propose, the pipeline commits, and every effect goes through the journal.*

#![forbid(unsafe_code)]

pub mod agent;
pub mod budget;
pub mod digest;
pub mod id;
pub mod llm;
pub mod project;
pub mod sandbox;
pub mod store;
#[cfg(feature = "test-util")]
pub mod testing;
