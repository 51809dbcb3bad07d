//! One file per command.

pub(crate) mod answer;
pub(crate) mod cancel;
pub(crate) mod chat;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod log;
pub(crate) mod models;
pub(crate) mod new;
pub(crate) mod resume;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod show;
