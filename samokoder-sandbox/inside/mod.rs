//! What the programs inside of sandboxes and the library have in common: the init program of `local` and the agent of
//! `docker` are built with these files, and the library reads what they write.

pub mod codec;
mod ended;
mod failure;
mod kept;
pub mod memory;
pub mod program;

pub use ended::{Ended, How};
pub use failure::{At, Failure};
pub use kept::{Keeper, Kept};
