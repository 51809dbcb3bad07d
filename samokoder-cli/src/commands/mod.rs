//! One file per command.

pub(crate) mod answer;
pub(crate) mod branches;
mod calls;
pub(crate) mod cancel;
pub(crate) mod chat;
pub(crate) mod checkout;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod fork;
pub(crate) mod gc;
pub(crate) mod import;
pub(crate) mod log;
pub(crate) mod models;
pub(crate) mod new;
pub(crate) mod resume;
pub(crate) mod rewind;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod show;
