//! samokoder-store.
