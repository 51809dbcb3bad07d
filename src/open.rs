//! Backends by URI or name, as far as the features of this build go.

mod sandboxes;

use std::sync::Arc;

use samokoder_core::{
    llm::{LlmError, LlmProvider},
    sandbox::SandboxError,
    store::{MemoryStore, StateStore, StoreError},
};

pub use sandboxes::sandbox;

#[cfg(feature = "http")]
pub use samokoder_llm::http;
#[cfg(feature = "offline")]
pub use samokoder_llm::offline;
#[cfg(any(feature = "sandbox-docker", feature = "sandbox-local", feature = "sandbox-remote"))]
pub use samokoder_sandbox::Quota;
#[cfg(feature = "sandbox-docker")]
pub use samokoder_sandbox::docker;
#[cfg(feature = "sandbox-local")]
pub use samokoder_sandbox::local;
#[cfg(all(unix, feature = "sandbox-remote"))]
pub use samokoder_sandbox::remote;
#[cfg(feature = "blobs")]
pub use samokoder_store::blobs;
#[cfg(feature = "postgres")]
pub use samokoder_store::postgres;
#[cfg(feature = "sqlite")]
pub use samokoder_store::sqlite;

/// A backend that can't be opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such backend in this build.
    Unknown {
        /// What was asked for: "store", "sandbox", "provider".
        kind: &'static str,
        /// How it was named.
        name: String,
        /// How those that are there are named.
        known: String,
    },
    /// The store could not be opened.
    Store(StoreError),
    /// The provider of models could not be set up.
    Provider(LlmError),
    /// The sandbox could not be set up.
    Sandbox(SandboxError),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown { kind, name, known } => {
                write!(f, "there is no {kind} {name:?}; choose from: {known}")
            }
            Self::Store(error) => error.fmt(f),
            Self::Provider(error) => f.write_str(&error.message),
            Self::Sandbox(error) => f.write_str(&error.message),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unknown { .. } => None,
            Self::Store(error) => Some(error),
            Self::Provider(error) => Some(error),
            Self::Sandbox(error) => Some(error),
        }
    }
}

/// Opens a store: `memory:`; with feature `sqlite`, `sqlite:PATH`; with feature `postgres`, `postgres://…`.
///
/// # Errors
/// [`OpenError`].
#[cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    expect(clippy::unused_async, reason = "other stores are opened over a network")
)]
pub async fn store(uri: &str) -> Result<Arc<dyn StateStore>, OpenError> {
    match uri.split_once(':') {
        Some(("memory", "")) => Ok(Arc::new(MemoryStore::new())),
        #[cfg(feature = "sqlite")]
        Some(("sqlite", path)) if !path.is_empty() => {
            Ok(Arc::new(sqlite::SqliteStore::open(path).await.map_err(OpenError::Store)?))
        }
        #[cfg(feature = "postgres")]
        Some(("postgres" | "postgresql", address)) if address.starts_with("//") => {
            Ok(Arc::new(postgres::PostgresStore::open(uri).await.map_err(OpenError::Store)?))
        }
        _ => {
            let known = [
                "memory:",
                #[cfg(feature = "sqlite")]
                "sqlite:PATH",
                #[cfg(feature = "postgres")]
                "postgres://USER:PASSWORD@HOST/DATABASE",
            ]
            .join(", ");
            Err(OpenError::Unknown { kind: "store", name: uri.into(), known })
        }
    }
}

/// Puts the large contents of a store elsewhere: into a folder, `folder:PATH`; with feature `s3`, into a bucket,
/// `s3://BUCKET/PREFIX`, whose keys, region and endpoint are `options`, by the names that
/// [`ObjectBlobs::s3`](blobs::ObjectBlobs) gives them.
///
/// # Errors
/// [`OpenError`].
#[cfg(feature = "blobs")]
pub fn offload(
    store: Arc<dyn StateStore>,
    uri: &str,
    options: impl IntoIterator<Item = (String, String)>,
) -> Result<Arc<dyn StateStore>, OpenError> {
    #[cfg(not(feature = "s3"))]
    drop(options.into_iter());
    let contents: Arc<dyn blobs::BlobStore> = match uri.split_once(':') {
        Some(("folder", path)) if !path.is_empty() => Arc::new(blobs::FolderBlobs::new(path)),
        #[cfg(feature = "s3")]
        Some(("s3", _)) => {
            let client = samokoder_llm::http::client().map_err(OpenError::Provider)?;
            Arc::new(blobs::ObjectBlobs::s3(uri, options, client).map_err(OpenError::Store)?)
        }
        _ => {
            let known = [
                "folder:PATH",
                #[cfg(feature = "s3")]
                "s3://BUCKET/PREFIX",
            ]
            .join(", ");
            return Err(OpenError::Unknown { kind: "place for contents", name: uri.into(), known });
        }
    };
    Ok(Arc::new(blobs::Offload::new(store, contents)))
}

/// Opens a provider of models by its id: with feature `offline`, `offline`.
///
/// # Errors
/// [`OpenError`].
pub fn provider(id: &str) -> Result<Arc<dyn LlmProvider>, OpenError> {
    match id {
        #[cfg(feature = "offline")]
        "offline" => Ok(Arc::new(offline::Offline::new())),
        _ => {
            let known: [&str; _] = [
                #[cfg(feature = "offline")]
                "offline",
            ];
            Err(OpenError::Unknown { kind: "provider of models", name: id.into(), known: known.join(", ") })
        }
    }
}

/// Opens a provider that is reached over HTTP, by its id: `openai`, `anthropic`, `groq`, `openrouter`, `gemini`,
/// `ollama`, or `compatible` for any server that speaks Chat Completions. Nothing is sent yet, and no layer is around it.
///
/// # Errors
/// [`OpenError`].
#[cfg(feature = "http")]
pub fn http_provider(id: &str, config: http::HttpConfig) -> Result<Arc<dyn LlmProvider>, OpenError> {
    use samokoder_llm::vendor::{VENDORS, Vendor};
    let Some(vendor) = Vendor::by_id(id) else {
        let known: Vec<_> = VENDORS.iter().map(|vendor| vendor.id).collect();
        return Err(OpenError::Unknown {
            kind: "provider of models",
            name: id.into(),
            known: known.join(", "),
        });
    };
    let provider = http::HttpProvider::new(vendor, config).map_err(OpenError::Provider)?;
    Ok(provider)
}
