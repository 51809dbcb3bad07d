//! Keys, tokens and passwords in texts: found, and taken out before anything is recorded.

mod answers;
mod commands;
mod files;
mod find;
mod logins;
mod meant;
mod names;
mod passwords;
mod plain;
mod redactor;
mod services;
mod suspect;
mod told;
mod value;

pub(crate) use self::files::has_secret;
pub use self::{
    find::{Secret, find_secrets, remove_secrets},
    passwords::find_passwords,
    redactor::{Redactor, SecretRedactor},
    suspect::is_suspect,
};
