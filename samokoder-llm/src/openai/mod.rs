//! Protocols that OpenAI defined and others speak too.

pub mod responses;
