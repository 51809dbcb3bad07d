//! Providers that are reached over HTTP.

mod address;
mod answer;
mod bill;
mod client;
mod config;
mod list;
mod preflight;
mod redaction;
mod send;

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::llm::{
    CallContext, ChatRequest, ChatStream, LlmError, LlmErrorKind, LlmProvider, Message, ModelCapabilities,
    ModelRole, ResponseFormat,
};

use address::Address;
pub use address::secrets_of_url;
use bill::Bill;
pub use client::client;
pub use config::HttpConfig;
use redaction::Redaction;

use crate::{
    credentials::Credential,
    schema,
    vendor::{Auth, Vendor},
    wire,
};

/// A provider that is reached over HTTP, whichever it is.
///
/// ```
/// use samokoder_llm::{http::{HttpConfig, HttpProvider}, vendor::Vendor};
///
/// # fn main() -> Result<(), samokoder_core::llm::LlmError> {
/// let vendor = Vendor::by_id("groq").unwrap();
/// let groq = HttpProvider::new(vendor, HttpConfig::default().key("groq", "gsk_…"))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct HttpProvider {
    vendor: &'static Vendor,
    config: HttpConfig,
    address: Address,
    redaction: Redaction,
    client: reqwest::Client,
}

impl HttpProvider {
    /// A provider of this vendor's models. Nothing is sent.
    ///
    /// # Errors
    /// [`LlmErrorKind::BadRequest`] when the vendor has no place of its own and none is said, or what is said is no
    /// HTTP address; [`LlmErrorKind::Connection`] when no client can be made.
    pub fn new(vendor: &'static Vendor, config: HttpConfig) -> Result<Arc<Self>, LlmError> {
        let address = Address::of(vendor, config.base_url.as_deref())?;
        let redaction = Redaction::of(config.secrets().chain(address.secrets()));
        let client = config.client.clone().map_or_else(client, Ok)?;
        Ok(Arc::new(Self { vendor, config, address, redaction, client }))
    }

    /// The vendor.
    pub fn vendor(&self) -> &'static Vendor {
        self.vendor
    }

    /// Where it is, without a password and without a query.
    pub fn base_url(&self) -> &str {
        self.address.shown()
    }

    async fn credential(&self, call: &CallContext) -> Result<Credential, LlmError> {
        match self.config.credentials.resolve(self.vendor.id, call).await {
            Err(error)
                if error.kind == LlmErrorKind::Authentication && self.vendor.auth == Auth::OptionalBearer =>
            {
                Ok(Credential::keyless())
            }
            found => found,
        }
    }

    /// What a model can do: what the catalogue says, else what is assumed of this vendor's models.
    fn model(&self, name: &str) -> ModelCapabilities {
        let assumed = self.config.unknown.clone().unwrap_or_else(self.vendor.unknown);
        match self.config.catalogue.lookup(self.vendor.id, name) {
            Some(entry) => entry.capabilities(assumed),
            None => assumed,
        }
    }
}

#[async_trait]
impl LlmProvider for HttpProvider {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        Ok(self.model(model))
    }

    async fn stream(&self, mut request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        let known = self.config.catalogue.lookup(self.vendor.id, request.model.name());
        let mut model = self.model(request.model.name());
        wire::accepts(&request, &model)?;
        if let Some(entry) = known {
            preflight::fits(&request, entry, &mut model)?;
        }
        if !model.json_schema {
            describe_format(&mut request);
        }
        let wire = (self.vendor.wire)(request.model.name(), known);
        let encoded = wire.encode(&request, &model)?;
        drop(request);
        let credential = self.credential(call).await?;
        let bill = Bill::new(self.vendor.id, self.config.catalogue.clone(), model.price);
        send::send(self, wire, encoded, credential, bill, call).await
    }
}

/// Asks in words for the form that the model can't be held to.
fn describe_format(request: &mut ChatRequest) {
    let ResponseFormat::JsonSchema { schema, .. } = std::mem::take(&mut request.response_format) else {
        return;
    };
    let rules = request.messages.iter().take_while(|message| message.role == ModelRole::System).count();
    request.messages.insert(rules, Message::new(ModelRole::System, schema::instruction(&schema)));
}
