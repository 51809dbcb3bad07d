//! Providers that are reached over HTTP.

mod answer;
mod client;
mod config;
mod list;
mod preflight;
mod send;

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::llm::{
    CallContext, ChatRequest, ChatStream, LlmError, LlmErrorKind, LlmProvider, Message, ModelCapabilities,
    ModelRole, ResponseFormat,
};

pub use client::client;
pub use config::HttpConfig;

use crate::{
    credentials::Credential,
    vendor::{Auth, Vendor},
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
    base_url: String,
    client: reqwest::Client,
}

impl HttpProvider {
    /// A provider of this vendor's models. Nothing is sent.
    ///
    /// # Errors
    /// [`LlmErrorKind::BadRequest`] when the vendor has no place of its own and none is said, or what is said is no
    /// HTTP address; [`LlmErrorKind::Connection`] when no client can be made.
    pub fn new(vendor: &'static Vendor, config: HttpConfig) -> Result<Arc<Self>, LlmError> {
        let base_url = base_url(vendor, config.base_url.as_deref())?;
        let client = config.client.clone().map_or_else(client, Ok)?;
        Ok(Arc::new(Self { vendor, config, base_url, client }))
    }

    /// The vendor.
    pub fn vendor(&self) -> &'static Vendor {
        self.vendor
    }

    /// Where it is.
    pub fn base_url(&self) -> &str {
        &self.base_url
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
        preflight::accepts(&request, &model)?;
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
        send::send(self, wire, encoded, credential, model.price, call).await
    }
}

/// Asks in words for the form that the model can't be held to.
fn describe_format(request: &mut ChatRequest) {
    let ResponseFormat::JsonSchema { schema, .. } = &request.response_format else { return };
    let text = format!(
        "Answer with one JSON value and nothing else: no words around it, no code fence. This JSON schema describes it:\n{schema}"
    );
    let first = request.messages.iter().take_while(|message| message.role == ModelRole::System).count();
    request.messages.insert(first, Message::new(ModelRole::System, text));
}

/// The base URL without a slash at its end, and without a version that the vendor's paths begin with anyway.
fn base_url(vendor: &Vendor, said: Option<&str>) -> Result<String, LlmError> {
    let refuse = |message: String| Err(LlmError::new(LlmErrorKind::BadRequest, message));
    let Some(url) = said.or(vendor.base_url) else {
        return refuse(format!(
            "the provider {:?} has no address of its own; say the base URL, such as http://localhost:8080/v1",
            vendor.id
        ));
    };
    let valid =
        reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !valid {
        return refuse(format!("{url:?} is no base URL; write one such as http://localhost:8080/v1"));
    }
    let url = url.trim_end_matches('/');
    Ok(url.strip_suffix(vendor.version).unwrap_or(url).trim_end_matches('/').to_owned())
}
