//! The built-in team.
