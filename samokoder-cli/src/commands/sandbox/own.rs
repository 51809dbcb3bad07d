//! `samokoder sandbox own`: a process that `samokoder sandbox check` kills.

use samokoder::{abuse, sandbox::SessionSpec};

use super::run::interrupted;
use crate::{
    args::OwnArgs,
    failure::{Failure, Outcome},
};

pub(super) async fn own(args: OwnArgs) -> Result<Outcome, Failure> {
    let (_, sandbox) = super::chosen(args.backend)?;
    let spec = SessionSpec::new(args.owner).lease(args.lease);
    let _owned = abuse::own(&*sandbox, spec).await?;
    outln!("ready");
    Ok(Outcome::Status(interrupted().await))
}
