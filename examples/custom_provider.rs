//! A provider of models of one's own, and a model for each role: `cargo run --example custom_provider`
//!
//! A provider is two methods. This one is a company's gateway: it passes requests on to another provider, sets the
//! price that departments are charged, and counts who asked for what.

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use futures::TryStreamExt as _;
use samokoder::{
    agents::CodeMonkey,
    budget::SpendLimits,
    llm::{
        CallContext, ChatRequest, ChatStream, LlmError, LlmErrorKind, LlmProvider, ModelCapabilities, Money,
        Price, StreamEvent, Usage,
    },
    open,
    pipeline::{NewProject, Pipeline, RunOptions},
};

/// Calls, by model and by the prompt that they were made of.
type Calls = BTreeMap<(String, String), u32>;

#[derive(Debug)]
struct Gateway {
    behind: Arc<dyn LlmProvider>,
    calls: Mutex<Calls>,
}

impl Gateway {
    /// What a model here costs, in dollars per million tokens of requests and of answers.
    fn price(model: &str) -> Result<Price, LlmError> {
        match model {
            "large" => Ok(Price::per_million(3.0, 15.0)),
            "small" => Ok(Price::per_million(0.1, 0.4)),
            _ => Err(LlmError::new(
                LlmErrorKind::UnknownModel,
                format!("{model:?}; there are large and small"),
            )),
        }
    }
}

#[async_trait]
impl LlmProvider for Gateway {
    /// Asked before every call: the price and the length of an answer make up the worst case, which is reserved from
    /// the budget. Nothing is sent that could cost more than is left.
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        let price = Self::price(model)?;
        Ok(self.behind.capabilities("offline").await?.price(price))
    }

    async fn stream(&self, request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        let template = request.prompt.as_ref().map_or("(no template)", |prompt| prompt.template.as_str());
        let key = (request.model.name().to_owned(), template.to_owned());
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;

        // What is behind knows no tokens, so they are estimated here: departments are charged by them.
        let input = request.estimate_tokens();
        let mut written = 0;
        let events = self.behind.stream(request, call).await?.map_ok(move |event| match event {
            StreamEvent::Usage(_) => StreamEvent::Usage(Usage { input, output: written, ..Usage::default() }),
            StreamEvent::Text(text) => {
                written += (text.len() as u64).div_ceil(4);
                StreamEvent::Text(text)
            }
            other => other,
        });
        Ok(Box::pin(events))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let gateway = Arc::new(Gateway { behind: open::provider("offline")?, calls: Mutex::default() });

    // `gateway:large` is the provider's id and the name of a model there. Who writes files asks the small one.
    let options = RunOptions::new(gateway.clone(), "gateway:large".parse()?)
        .model_for(CodeMonkey::ROLE, "gateway:small".parse()?)
        .budget(SpendLimits { money: Some(Money::from_dollars(20.0)), ..SpendLimits::default() });
    let project =
        NewProject::new("A beekeeper's log: hives with name and location; inspections of a hive with a date");
    let pipeline = Pipeline::builder(open::store("memory:").await?).build()?;
    let report = pipeline.start(project, options).await?.finish().await?;

    for ((model, template), count) in &*gateway.calls.lock().unwrap_or_else(PoisonError::into_inner) {
        println!("{count:>4}  {model:<6} {template}");
    }
    println!("{:?}: {} calls, {}", report.end, report.spent.calls, report.spent.money);
    Ok(())
}
