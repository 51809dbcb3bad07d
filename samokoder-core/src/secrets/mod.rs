//! Keys, tokens and passwords in texts: found, and taken out before anything is recorded.

mod find;
mod passwords;
mod redactor;
mod suspect;

pub use self::{
    find::{Secret, find_secrets, remove_secrets},
    passwords::{find_passwords, looks_random},
    redactor::{Redactor, SecretRedactor},
    suspect::is_suspect,
};
