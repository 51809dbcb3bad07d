//! Domain, ports, agents and pipeline of samokoder.
//!
//! *Agents propose, the pipeline commits, and every effect goes through the journal.*

#![forbid(unsafe_code)]

pub mod id;
pub mod project;
pub mod sandbox;
#[cfg(feature = "test-util")]
pub mod testing;
