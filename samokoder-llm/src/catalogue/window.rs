//! Whether a request fits, asked before it is sent.

use thiserror::Error;

use super::ModelEntry;

/// Why a request can't be sent to a model as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DoesNotFit {
    /// The answer may be longer than the model ever writes.
    #[error(
        "the answer may have {max_output} tokens, but the model writes at most {limit}: ask for {limit} or fewer, \
         or use a model with longer answers"
    )]
    Output {
        /// Tokens that the answer may have.
        max_output: u64,
        /// Tokens that the model's answers may have.
        limit: u64,
    },
    /// The request alone is too long.
    #[error(
        "the request is about {input} tokens, {} more than the {limit} that the model takes: leave out or shorten \
         some of it, or use a model with a larger context window",
        input.saturating_sub(*limit)
    )]
    Input {
        /// The estimated tokens of the request.
        input: u64,
        /// Tokens that a request to the model may have.
        limit: u64,
    },
    /// The request leaves too little for the answer.
    #[error(
        "the request is about {input} tokens and its answer may have {max_output}, but the model's context window is \
         {window}: shorten the request by {} tokens, allow the answer at most {}, or use a model with a larger window",
        input.saturating_add(*max_output).saturating_sub(*window),
        window.saturating_sub(*input)
    )]
    Window {
        /// The estimated tokens of the request.
        input: u64,
        /// Tokens that the answer may have.
        max_output: u64,
        /// Tokens that both may have together.
        window: u64,
    },
}

/// Says how many tokens the answer to a request of about `input` tokens may have, or why the request does not fit.
///
/// `max_output` is what the caller wants to allow; without it, the answer may have what the model and the window allow.
/// `Ok(None)` means that no limit is known. Limits that `entry` does not know are not checked. Gemini counts the answer
/// apart from the window, so that there the check is stricter than the provider by the length of the answer.
///
/// # Errors
/// [`DoesNotFit`] with the tokens, the limit, and what can be done.
pub fn preflight(entry: &ModelEntry, input: u64, max_output: Option<u64>) -> Result<Option<u64>, DoesNotFit> {
    if let (Some(max_output), Some(limit)) = (max_output, entry.max_output)
        && max_output > limit
    {
        return Err(DoesNotFit::Output { max_output, limit });
    }
    // An answer has at least one token.
    let limit = entry.context_window.map(|window| window.saturating_sub(1));
    if let Some(limit) = limit.into_iter().chain(entry.max_input).min()
        && input > limit
    {
        return Err(DoesNotFit::Input { input, limit });
    }
    let room = entry.context_window.map(|window| window.saturating_sub(input));
    match (max_output, entry.context_window) {
        (Some(max_output), Some(window)) if input.saturating_add(max_output) > window => {
            Err(DoesNotFit::Window { input, max_output, window })
        }
        (Some(max_output), _) => Ok(Some(max_output)),
        (None, _) => Ok(room.into_iter().chain(entry.max_output).min()),
    }
}
