//! The sandboxes, from outside.
