//! What is known about models, and how it is found.

mod builtin;
mod lookup;
mod prices;
mod window;
