//! Protocols without a socket.

mod gemini;
mod reading;
mod responses;
