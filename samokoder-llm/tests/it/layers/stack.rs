//! The order of layers, and what all of them have in common.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::StreamExt as _;
use samokoder_core::{
    budget::Budget,
    llm::{
        CallContext, ChatRequest, ChatStream, LlmError, LlmErrorKind, LlmProvider, LlmProviderExt as _,
        ModelCapabilities,
    },
};
use samokoder_llm::layer::{
    Breaker, Cache, Concurrency, Fallback, Governor, Guard, Layer, Meter, Place, Rate, Recorder, Retry,
    Secrets, Spending, Stack, Telemetry, Timeout,
};

use super::scripted::*;

/// Notes when it is put in its place.
#[derive(Debug)]
struct Noted(Place, Arc<Mutex<Vec<Place>>>);

impl Layer for Noted {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        self.1.lock().unwrap().push(self.0);
        inner
    }

    fn place(&self) -> Place {
        self.0
    }
}

/// All layers that work without a file, around a provider.
fn everything(inner: Arc<dyn LlmProvider>) -> (Arc<dyn LlmProvider>, Budget) {
    let budget = Budget::default();
    let stack = Stack::new()
        .with(Timeout::default())
        .with(Governor::new(Rate::default().requests(1_000).tokens(10_000_000)))
        .with(Concurrency::new(4))
        .with(Retry::default())
        .with(Breaker::default())
        .with(Fallback::new())
        .with(Recorder::new(std::io::sink()))
        .with(Spending::new(budget.clone()))
        .with(Cache::new(1 << 20, Duration::from_mins(1)))
        .with(Guard::new(Secrets::refuse().answers(false)))
        .with(Meter::default())
        .with(Telemetry::default());
    (stack.build(inner).unwrap(), budget)
}

#[test]
fn layers_are_put_in_their_order_whatever_order_they_were_given_in() {
    use Place::{Budget, Cache, Governor, Guard, Inside, Outside, Retry, Telemetry, Timeout};
    let wrapped = Arc::new(Mutex::new(vec![]));
    let given = [Retry, Inside, Cache, Timeout, Outside, Telemetry, Governor, Guard, Budget];
    let stack = given.iter().fold(Stack::new(), |stack, place| stack.with(Noted(*place, wrapped.clone())));
    stack.build(Scripted::new([])).unwrap();
    let outside_in: Vec<_> = wrapped.lock().unwrap().iter().rev().copied().collect();
    assert_eq!(outside_in, [Outside, Telemetry, Guard, Cache, Budget, Retry, Governor, Timeout, Inside]);
}

/// Counts what comes to its place.
#[derive(Debug, Clone, Default)]
struct Passed {
    calls: Arc<AtomicUsize>,
    lookups: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Passing(Passed, Arc<dyn LlmProvider>);

impl Layer for Passed {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        Arc::new(Passing(self.clone(), inner))
    }
}

#[async_trait]
impl LlmProvider for Passing {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        self.0.lookups.fetch_add(1, Ordering::SeqCst);
        self.1.capabilities(model).await
    }

    async fn stream(&self, request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        self.1.stream(request, call).await
    }
}

#[tokio::test(start_paused = true)]
async fn layers_of_ones_own_are_between_the_others() {
    let [outside, between, inside] = [(); 3].map(|()| Passed::default());
    let inner = Scripted::new([vec![fail(LlmErrorKind::Overloaded)], answer("ok")]);
    let provider = Stack::new()
        .with(outside.clone())
        .with(Meter::default())
        .with(Cache::new(1 << 20, Duration::from_mins(1)))
        .with_at(Place::Budget, between.clone())
        .with(Retry::default())
        .with(Timeout::default())
        .with_at(Place::Inside, inside.clone())
        .build(inner)
        .unwrap();
    for _ in 0..2 {
        assert_eq!(provider.complete(request("hi"), &call()).await.unwrap().text(), "ok");
    }
    let passed = [outside, between, inside].map(|passed| passed.calls.load(Ordering::SeqCst));
    assert_eq!(passed, [2, 1, 2], "both calls, the one that was no hit, and its two attempts");
}

#[tokio::test(start_paused = true)]
async fn what_a_model_can_do_is_looked_up_once_for_all_layers() {
    let inside = Passed::default();
    let provider = Stack::new()
        .with(Meter::default())
        .with(Spending::new(Budget::default()))
        .with(Retry::default())
        .with(Governor::new(Rate::default()))
        .with_at(Place::Inside, inside.clone())
        .build(Scripted::new([]))
        .unwrap();
    provider.complete(request("hi"), &call()).await.unwrap();
    assert_eq!(inside.lookups.load(Ordering::SeqCst), 1);
}

#[test]
fn two_layers_of_a_kind_are_refused_where_they_would_multiply() {
    let error =
        Stack::new().with(Retry::default()).with(Retry::default()).build(Scripted::new([])).unwrap_err();
    assert_eq!(error.place, Place::Retry);
    let hooks = Stack::new().with(Guard::new(Secrets::refuse())).with(Guard::new(Secrets::redact()));
    assert!(hooks.build(Scripted::new([])).is_ok());
}

#[tokio::test(start_paused = true)]
async fn all_layers_together_give_the_answer_and_the_capabilities_of_the_provider() {
    let inner = Scripted::new([answer("hello")]);
    let (provider, budget) = everything(inner.clone());
    let response = provider.complete(request("hi"), &call()).await.unwrap();
    assert_eq!((response.text().as_str(), response.usage), ("hello", usage(10, 5)));
    assert_eq!((budget.spent().tokens, budget.spent().calls), (15, 1));
    let (known, ours) =
        (inner.capabilities("model").await.unwrap(), provider.capabilities("model").await.unwrap());
    assert_eq!(known, ours);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_stream_ends_the_request_below_all_layers_at_once() {
    let inner = Scripted::new([vec![text("a"), wait(60_000), finish()]]);
    let (provider, budget) = everything(inner.clone());
    let mut stream = provider.stream(request("hi"), &call()).await.unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    assert_eq!(inner.under_way(), 1);
    drop(stream);
    assert_eq!(inner.under_way(), 0);
    assert_eq!(budget.spent().calls, 1, "nobody knows what was billed, so the worst case is spent");
    assert!(budget.spent().tokens > 1_000);
}

#[tokio::test(start_paused = true)]
async fn cancelling_a_call_ends_it_below_all_layers() {
    let inner = Scripted::always(vec![wait(60_000), finish()]);
    let (provider, _) = everything(inner.clone());
    let call = call();
    let token = call.cancellation.clone();
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        token.cancel();
    };
    let (answer, ()) = tokio::join!(provider.complete(request("hi"), &call), cancel);
    assert_eq!(answer.unwrap_err().kind, LlmErrorKind::Cancelled);
    assert_eq!((inner.under_way(), inner.calls()), (0, 1));
}
