//! Everyone who asks.

mod async_openai;
mod genai;
mod raw;
mod rig;
pub(crate) mod samokoder;

use futures::{
    TryStreamExt as _,
    future::BoxFuture,
    stream::{BoxStream, StreamExt as _},
};

use crate::{Fault, traffic};

/// What everyone asks.
const QUESTION: &str = "Describe the library's data.";

/// The model that everyone asks.
const MODEL: &str = "gpt-4.1-mini";

/// Something of an answer: how long its text is and how many tokens the answer had, where it says so.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Piece {
    pub(crate) text: usize,
    pub(crate) output: Option<u64>,
}

/// An answer that is being read.
pub(crate) type Answer = BoxStream<'static, Result<Piece, Fault>>;

/// Somebody who asks.
pub(crate) trait Peer {
    /// Sends the question and returns the answer as its own stream gives it.
    fn ask(&self) -> BoxFuture<'_, Result<Answer, Fault>>;
}

/// Everyone's name and what makes them for a base URL.
pub(crate) const PEERS: [(&str, fn(&str) -> Result<Box<dyn Peer>, Fault>); 6] = [
    ("samokoder-llm", samokoder::bare),
    ("samokoder-llm, all layers", samokoder::layered),
    ("async-openai", async_openai::client),
    ("genai", genai::client),
    ("rig-core", rig::model),
    ("reqwest + memchr", raw::client),
];

/// Asks, and reads the answer to its end.
///
/// # Errors
/// When it is not the one that was sent.
pub(crate) async fn read(peer: &dyn Peer) -> Result<(), Fault> {
    let add = |sum: Piece, piece: Piece| async move {
        Ok(Piece { text: sum.text + piece.text, output: piece.output.or(sum.output) })
    };
    let sum = peer.ask().await?.try_fold(Piece::default(), add).await?;
    let expected = (traffic::text(), u64::try_from(traffic::TOKENS).ok());
    if (sum.text, sum.output) == expected {
        Ok(())
    } else {
        Err(format!("{sum:?} was read of {expected:?}").into())
    }
}

/// A stream's items as pieces.
fn pieces<S, T, E>(stream: S, piece: impl Fn(T) -> Piece + Send + 'static) -> Answer
where
    S: futures::Stream<Item = Result<T, E>> + Send + 'static,
    E: Into<Fault>,
{
    stream.map(move |item| item.map(&piece).map_err(Into::into)).boxed()
}
