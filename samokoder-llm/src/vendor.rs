//! What tells one provider from another: where it is, how it wants to be paid, which protocol it speaks.

use samokoder_core::llm::ModelCapabilities;

use crate::{
    catalogue::{Catalogue, ModelEntry},
    wire::Wire,
};

/// A provider that is reached over HTTP.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Vendor {
    /// Its id, the first part of a model's name.
    pub id: &'static str,
    /// Where it is reached unless something else is said. `None` where there is no such place.
    pub base_url: Option<&'static str>,
    /// The version that its paths begin with though its base URL does not end in it: a base URL that does anyway is
    /// taken as meant.
    pub version: &'static str,
    /// How the key is sent.
    pub auth: Auth,
    /// Headers of its own that every request has.
    pub headers: &'static [(&'static str, &'static str)],
    /// The path of its list of models.
    pub models: &'static str,
    /// Which protocol a model is spoken to in, by its name and what is known of it.
    pub wire: fn(&str, Option<&ModelEntry>) -> &'static dyn Wire,
    /// What a model of this provider can do when nothing is known of it.
    pub unknown: fn() -> ModelCapabilities,
}

/// How a key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// `Authorization: Bearer KEY`; a key is needed.
    Bearer,
    /// The same, where there is a key.
    OptionalBearer,
    /// In a header of this name; a key is needed.
    Header(&'static str),
}

impl Vendor {
    /// The protocol that a model is spoken to in, as far as the built-in catalogue knows it.
    pub fn wire(&self, model: &str) -> &'static dyn Wire {
        (self.wire)(model, Catalogue::builtin().lookup(self.id, model))
    }

    /// The vendor with this id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        VENDORS.iter().find(|vendor| vendor.id == id)
    }
}

/// Every provider there is, the offline model aside.
pub const VENDORS: [Vendor; 4] =
    [crate::openai::VENDOR, crate::groq::VENDOR, crate::openrouter::VENDOR, crate::compatible::VENDOR];
