//! Domain, ports, agents and pipeline of samokoder.
//!
//! *Agents propose, the pipeline commits, and every effect goes through the journal.*

#![forbid(unsafe_code)]

pub mod agent;
#[cfg(feature = "agents")]
pub mod agents;
pub mod budget;
pub mod context;
pub mod digest;
pub mod edit;
pub mod id;
pub mod llm;
mod pairs;
pub mod pipeline;
pub mod policy;
pub mod project;
pub mod sandbox;
pub mod secrets;
pub mod store;
#[cfg(feature = "sandbox-suite")]
pub mod testing;
pub mod workspace;
