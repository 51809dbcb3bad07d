//! samokoder-sandbox.
