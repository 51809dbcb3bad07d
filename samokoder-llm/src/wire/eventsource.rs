//! Server-sent events cut by the `eventsource-stream` crate, for those who prefer it and as a check of our own framer.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use eventsource_stream::{Event, EventStream};
use futures::Stream;

/// Cuts bytes into events. It keeps no count of what waits, and says nothing of bytes that are not UTF-8 but drops
/// them.
pub(super) struct Eventsource {
    bytes: Arc<Mutex<VecDeque<Vec<u8>>>>,
    events: Pin<Box<EventStream<Bytes>>>,
    current: Event,
}

/// The bytes that were fed and not read yet.
#[derive(Debug)]
struct Bytes(Arc<Mutex<VecDeque<Vec<u8>>>>);

impl Stream for Bytes {
    type Item = Result<Vec<u8>, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            Some(bytes) => Poll::Ready(Some(Ok(bytes))),
            None => Poll::Pending,
        }
    }
}

impl std::fmt::Debug for Eventsource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Eventsource").finish_non_exhaustive()
    }
}

impl Eventsource {
    pub(super) fn new() -> Self {
        let bytes = Arc::new(Mutex::default());
        let events = Box::pin(EventStream::new(Bytes(Arc::clone(&bytes))));
        Self { bytes, events, current: Event::default() }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).push_back(bytes.to_vec());
    }

    /// The next event: its name, empty unless it has one, and its data.
    pub(super) fn next_event(&mut self) -> Option<(&str, &str)> {
        // Nobody is to be woken: bytes are there or they are not.
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match self.events.as_mut().poll_next(&mut context) {
                Poll::Ready(Some(Ok(event))) => {
                    self.current = event;
                    let name = Some(self.current.event.as_str()).filter(|name| *name != "message");
                    return Some((name.unwrap_or_default(), &self.current.data));
                }
                Poll::Ready(Some(Err(_))) => {}
                Poll::Ready(None) | Poll::Pending => return None,
            }
        }
    }
}
