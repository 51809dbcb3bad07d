//! The data this crate is built with.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::ModelEntry;

/// The data file. Each model is one line, so that a change of its data is one line as well.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Builtin {
    /// Where the facts are from.
    pub(super) source: &'static str,
    /// The day they were true.
    pub(super) as_of: &'static str,
    /// Entries by provider and name.
    #[serde(borrow)]
    pub(super) models: BTreeMap<&'static str, BTreeMap<&'static str, ModelEntry>>,
}

/// The built-in data, parsed at the first call.
pub(super) fn catalogue() -> &'static Builtin {
    static BUILTIN: LazyLock<Builtin> = LazyLock::new(|| {
        serde_json::from_str(include_str!("models.json")).expect("the built-in catalogue is well-formed")
    });
    &BUILTIN
}
