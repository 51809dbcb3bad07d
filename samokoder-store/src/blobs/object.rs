//! Contents in a bucket.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt as _,
    aws::AmazonS3Builder,
    client::HttpClient,
    client::{ClientOptions, HttpConnector},
    path::Path,
};
use samokoder_core::{
    digest::Digest,
    store::{Scope, StoreError, StoreErrorKind},
};

use super::{BlobInfo, BlobStore, folder_of, not_found, pack, unpack};

/// Contents in a bucket of an object store: S3, or any that the `object_store` crate knows.
#[derive(Debug, Clone)]
pub struct ObjectBlobs {
    bucket: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl ObjectBlobs {
    /// Contents in this bucket, beneath this prefix.
    pub fn new(bucket: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        Self { bucket, prefix: Path::from(prefix) }
    }

    /// Contents in a bucket that speaks the protocol of S3: `s3://BUCKET/PREFIX`.
    ///
    /// `options` are those of [`AmazonS3Builder`] by name: `aws_access_key_id`, `aws_secret_access_key`, `aws_region`,
    /// `aws_endpoint` for others than Amazon's, `aws_allow_http`. Nothing is read from the environment, and nothing is
    /// sent yet. Requests are made with `client`.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when the URI or an option makes no sense.
    pub fn s3<K: AsRef<str>, V: Into<String>>(
        uri: &str,
        options: impl IntoIterator<Item = (K, V)>,
        client: reqwest::Client,
    ) -> Result<Self, StoreError> {
        let mut builder = AmazonS3Builder::new().with_url(uri).with_http_connector(Client(client));
        for (name, value) in options {
            let key = name.as_ref().to_ascii_lowercase().parse().map_err(|error| failed("open", error))?;
            builder = builder.with_config(key, value);
        }
        let bucket = builder.build().map_err(|error| failed("open", error))?;
        let path =
            uri.split_once("://").map_or("", |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        Ok(Self::new(Arc::new(bucket), path))
    }

    fn folder(&self, scope: &Scope) -> Path {
        self.prefix.clone().join(folder_of(scope))
    }

    fn path(&self, scope: &Scope, digest: Digest) -> Path {
        let digits = digest.to_string();
        let (first, rest) = digits.split_at(2);
        self.folder(scope).join(first).join(rest)
    }
}

/// Makes requests with a client that is there already.
#[derive(Debug)]
struct Client(reqwest::Client);

impl HttpConnector for Client {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

#[async_trait]
impl BlobStore for ObjectBlobs {
    async fn put(&self, scope: &Scope, digest: Digest, content: Bytes) -> Result<(), StoreError> {
        // Over what is there, which is the same: its time is that of the last one who needs it.
        let put = async { self.bucket.put(&self.path(scope, digest), pack(&content).into()).await };
        put.await.map(drop).map_err(|error| failed("append", error))
    }

    async fn get(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        let packed = async { self.bucket.get(&self.path(scope, digest)).await?.bytes().await };
        match packed.await {
            Ok(packed) => unpack(packed.into(), digest),
            Err(object_store::Error::NotFound { .. }) => Err(not_found(digest)),
            Err(error) => Err(failed("blob", error)),
        }
    }

    async fn list(&self, scope: &Scope) -> Result<Vec<BlobInfo>, StoreError> {
        let objects = self.bucket.list(Some(&self.folder(scope)));
        let contents = objects.try_filter_map(async |object| Ok(info(&object)));
        contents.try_collect().await.map_err(|error| failed("collect", error))
    }

    async fn remove(&self, scope: &Scope, digest: Digest, stored_before_ms: u64) -> Result<bool, StoreError> {
        let path = self.path(scope, digest);
        let removed = async {
            let object = self.bucket.head(&path).await?;
            let is_old = info(&object).is_some_and(|info| info.stored_ms < stored_before_ms);
            if is_old {
                self.bucket.delete(&path).await?;
            }
            Ok(is_old)
        };
        match removed.await {
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            removed => removed.map_err(|error| failed("collect", error)),
        }
    }
}

const SECOND_MS: u64 = 1000;

fn info(object: &ObjectMeta) -> Option<BlobInfo> {
    let parts: Vec<_> = object.location.parts().collect();
    let [.., first, rest] = &parts[..] else { return None };
    let digest = format!("{}{}", first.as_ref(), rest.as_ref()).parse().ok()?;
    let mut stored_ms = u64::try_from(object.last_modified.timestamp_millis()).unwrap_or_default();
    if stored_ms.is_multiple_of(SECOND_MS) {
        // Most servers say seconds. It may have been at the end of that one.
        stored_ms += SECOND_MS - 1;
    }
    Some(BlobInfo::new(digest, object.size, stored_ms))
}

fn failed(operation: &'static str, error: object_store::Error) -> StoreError {
    let message = format!("the bucket of contents can't be used: {error}");
    StoreError::new(StoreErrorKind::Unavailable, operation, message).caused_by(error)
}
