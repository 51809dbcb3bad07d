//! samokoder.
