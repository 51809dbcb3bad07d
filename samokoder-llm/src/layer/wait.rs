//! Waiting no longer than a call is of use.

use std::future::{Future, pending};

use samokoder_core::llm::{CallContext, LlmError, LlmErrorKind};

/// Waits for `future` until the call's deadline has passed or it is cancelled. `what` names what is waited for.
///
/// # Errors
/// [`LlmErrorKind::Cancelled`]; [`LlmErrorKind::Timeout`] at the deadline.
pub(crate) async fn within<F: Future>(
    call: &CallContext,
    what: &str,
    future: F,
) -> Result<F::Output, LlmError> {
    tokio::select! {
        biased;
        () = call.cancellation.cancelled() => Err(cancelled()),
        output = future => Ok(output),
        () = deadline(call) => {
            let message = format!("the call's deadline passed while waiting for {what}");
            Err(LlmError::new(LlmErrorKind::Timeout, message))
        }
    }
}

/// The call was cancelled from this side.
pub(super) fn cancelled() -> LlmError {
    LlmError::new(LlmErrorKind::Cancelled, "nobody waits for the answer any more")
}

async fn deadline(call: &CallContext) {
    match call.deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => pending().await,
    }
}
