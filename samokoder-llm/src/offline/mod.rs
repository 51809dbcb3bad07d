//! The offline model: rule-based, deterministic, without a key and without a network.

#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "what the provider calls"))]
mod app;
