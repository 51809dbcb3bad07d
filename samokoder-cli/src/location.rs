//! Where a history is kept, as a URI.

use std::{path::Path, sync::Arc};

use samokoder::{id::ProjectId, open, project::STATE_FOLDER, store::StateStore};

use crate::failure::Failure;

/// Where the history is kept unless something else is said: a file in the app's folder.
pub(crate) const DEFAULT: &str = "sqlite:state.db";

/// A URI as it was typed, with a path that means the same from everywhere.
pub(crate) fn from_here(uri: &str) -> String {
    let path = uri.strip_prefix("sqlite:").filter(|path| !path.is_empty());
    match path.and_then(|path| std::path::absolute(path).ok()) {
        Some(path) => format!("sqlite:{}", path.display()),
        None => uri.into(),
    }
}

/// A URI without the password in it. A server that wants one is told what `PGPASSWORD` or `~/.pgpass` says.
pub(crate) fn without_password(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.into() };
    let (address, query) =
        rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
    let end = address.find('/').unwrap_or(address.len());
    let (authority, path) = address.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
        None => authority.to_owned(),
    };
    let kept: Vec<&str> =
        query.into_iter().flat_map(|query| query.split('&')).filter(|part| !is_password(part)).collect();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    format!("{scheme}://{authority}{path}{query}")
}

fn is_password(parameter: &str) -> bool {
    parameter.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("password"))
}

/// The URI of a sandbox as it was typed, with paths that mean the same from everywhere.
pub(crate) fn sandbox_from_here(uri: &str) -> String {
    /// Settings that are paths.
    const PATHS: [&str; 4] = ["socket", "certificate", "key", "authority"];
    // In settings, signs may be written as `%` and two digits.
    let is_relative = |path: &str| {
        !(path.is_empty() || path.starts_with('/') || path.starts_with("%2F") || path.starts_with("%2f"))
    };
    let here = || {
        std::env::current_dir().map(|here| here.display().to_string().replace('%', "%25").replace('&', "%26"))
    };
    let absolute = |path: &str| match here() {
        Ok(here) if is_relative(path) => format!("{here}/{path}"),
        _ => path.to_owned(),
    };
    // This one has no settings: its path is as it is.
    if let Some(path) = uri.strip_prefix("remote:unix:").and_then(|path| std::path::absolute(path).ok()) {
        return format!("remote:unix:{}", path.display());
    }
    let Some((name, settings)) = uri.split_once('?') else { return uri.to_owned() };
    let setting = |setting: &str| match setting.split_once('=') {
        Some((name, path)) if PATHS.contains(&name) => format!("{name}={}", absolute(path)),
        _ => setting.to_owned(),
    };
    format!("{name}?{}", settings.split('&').map(setting).collect::<Vec<_>>().join("&"))
}

/// A place beneath `blobs` that no other history has: what one of them does not need, another one may.
pub(crate) fn of_its_own(blobs: &str) -> String {
    format!("{}/{}", blobs.trim_end_matches('/'), ProjectId::fresh())
}

/// What a bucket needs beside its URI, as Amazon's own tools find it.
const OF_BUCKETS: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
];

#[expect(clippy::disallowed_methods, reason = "keys are in the environment, where nothing writes them down")]
fn of_buckets() -> impl Iterator<Item = (String, String)> {
    OF_BUCKETS.iter().filter_map(|name| Some((name.to_lowercase(), std::env::var(name).ok()?)))
}

/// Opens a store, its large contents in `blobs` if that is somewhere else. A relative path of `sqlite:` is one in the app's
/// state folder.
pub(crate) async fn open_store(
    folder: &Path,
    uri: &str,
    blobs: Option<&str>,
) -> Result<Arc<dyn StateStore>, Failure> {
    let state = folder.join(STATE_FOLDER);
    let absolute = match uri.strip_prefix("sqlite:") {
        Some(path) if Path::new(path).is_relative() && !path.is_empty() => {
            format!("sqlite:{}", state.join(path).display())
        }
        _ => uri.to_owned(),
    };
    offloaded(open::store(&absolute).await?, blobs)
}

/// A store whose large contents are in `blobs`, if that is anywhere.
pub(crate) fn offloaded(
    store: Arc<dyn StateStore>,
    blobs: Option<&str>,
) -> Result<Arc<dyn StateStore>, Failure> {
    match blobs {
        Some(blobs) => Ok(open::offload(store, blobs, of_buckets())?),
        None => Ok(store),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_out_and_nothing_else() {
        for (uri, public) in [
            ("postgres://ann:s3cret@db.example.org:5432/apps", "postgres://ann@db.example.org:5432/apps"),
            ("postgres://ann:p@ss:word@h/apps?sslmode=require", "postgres://ann@h/apps?sslmode=require"),
            ("postgres:///apps?host=/run/pg&password=x&user=ann", "postgres:///apps?host=/run/pg&user=ann"),
            ("postgres://h/apps?PASSWORD=x", "postgres://h/apps"),
            ("postgres://ann@h/apps", "postgres://ann@h/apps"),
            ("sqlite:/a/b:c@d.db", "sqlite:/a/b:c@d.db"),
            ("memory:", "memory:"),
        ] {
            assert_eq!(without_password(uri), public);
        }
    }

    #[test]
    fn the_paths_of_a_sandbox_mean_the_same_from_everywhere() {
        let here = std::env::current_dir().unwrap();
        let here = here.display();
        for (uri, kept) in [
            ("local", "local".to_owned()),
            (
                "docker:runsc?image=node:22&socket=/run/d.sock",
                "docker:runsc?image=node:22&socket=/run/d.sock".to_owned(),
            ),
            ("docker?socket=%2frun%2Fd.sock", "docker?socket=%2frun%2Fd.sock".to_owned()),
            ("docker?socket=d.sock&image=x", format!("docker?socket={here}/d.sock&image=x")),
            ("remote:unix:b.sock", format!("remote:unix:{here}/b.sock")),
            ("remote:unix:/run/b.sock", "remote:unix:/run/b.sock".to_owned()),
            (
                "remote:tls://h:7443?certificate=c.pem&key=/k.pem&authority=a.pem",
                format!("remote:tls://h:7443?certificate={here}/c.pem&key=/k.pem&authority={here}/a.pem"),
            ),
        ] {
            assert_eq!(sandbox_from_here(uri), kept);
        }
    }
}
