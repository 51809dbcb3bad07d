//! The rule-based model that needs no key and no network.

#[allow(dead_code, reason = "the provider that reads descriptions is in a module of its own")]
mod grammar;
