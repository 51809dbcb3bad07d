//! The Responses API.

mod decoding;
mod encoding;
mod hostile;
mod recorded;
