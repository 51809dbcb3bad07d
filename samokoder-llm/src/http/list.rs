//! Asks a provider which models it has.

use samokoder_core::llm::{CallContext, LlmError};
use serde_json::Value;

use super::{HttpProvider, send};
use crate::reply;

impl HttpProvider {
    /// The names of the models that the provider offers to this key, in its order; the first page of a long list. It
    /// costs nothing with any of them.
    ///
    /// # Errors
    /// As for a call: [`LlmErrorKind::Authentication`](samokoder_core::llm::LlmErrorKind::Authentication) says that
    /// the key is not accepted.
    pub async fn models(&self) -> Result<Vec<String>, LlmError> {
        let credential = self.credential(&CallContext::default()).await?;
        let body = send::get(self, self.vendor.models, &credential).await?;
        let list: Value = serde_json::from_slice(&body)
            .map_err(|error| reply::malformed("the list of models is no JSON", error, &body))?;
        let entries = list.get("data").or_else(|| list.get("models")).unwrap_or(&list);
        let name = |entry: &Value| {
            let name = entry.get("id").or_else(|| entry.get("name"))?.as_str()?;
            Some(name.strip_prefix("models/").unwrap_or(name).to_owned())
        };
        Ok(entries.as_array().into_iter().flatten().filter_map(name).collect())
    }
}
