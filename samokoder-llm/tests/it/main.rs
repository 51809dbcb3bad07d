//! Tests of the providers from outside.

mod cassettes;
mod wire;
