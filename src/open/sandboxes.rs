//! Sandboxes by URI.

use std::{path::PathBuf, sync::Arc};

use samokoder_core::sandbox::Sandbox;
#[cfg(any(feature = "sandbox-docker", feature = "sandbox-remote-tls"))]
use settings::Settings;

use super::OpenError;
#[cfg(feature = "sandbox-docker")]
use super::docker;
#[cfg(feature = "sandbox-local")]
use super::local;
#[cfg(all(unix, feature = "sandbox-remote"))]
use super::remote;

/// Opens a sandbox. `search_path` is where toolchains are looked for, as in `PATH`; the usual places when empty.
///
/// | URI | feature | what it is |
/// |---|---|---|
/// | `none` | | nothing |
/// | `local` | `sandbox-local` | namespaces of this machine's kernel |
/// | `docker` | `sandbox-docker` | containers of the system's engine |
/// | `docker:RUNTIME` | | with this runtime of it: `runsc`, `kata`, `sysbox-runc` |
/// | `docker?image=NAME` | | from an image that the engine has |
/// | `docker?socket=PATH` | | of the engine that listens there |
/// | `docker?tls=HOST:PORT&certificate=PATH&key=PATH&authority=PATH` | `sandbox-docker-tls` | of an engine elsewhere |
/// | `remote:unix:PATH` | `sandbox-remote` | what the broker that listens there holds |
/// | `remote:tls://HOST:PORT?certificate=PATH&key=PATH&authority=PATH` | `sandbox-remote-tls` | what a broker elsewhere holds |
///
/// Settings can be combined; a `%` or an `&` in a value is written as `%25` or `%26`.
///
/// # Errors
/// [`OpenError`].
pub fn sandbox(uri: &str, search_path: &[PathBuf]) -> Result<Option<Arc<dyn Sandbox>>, OpenError> {
    #[cfg(not(any(feature = "sandbox-local", feature = "sandbox-docker")))]
    let _ = search_path;
    match uri {
        "none" => Ok(None),
        #[cfg(feature = "sandbox-local")]
        "local" => {
            let mut config = local::LocalConfig::default();
            if !search_path.is_empty() {
                config = config.search_path(search_path);
            }
            Ok(Some(Arc::new(local::LocalSandbox::new(config))))
        }
        #[cfg(feature = "sandbox-docker")]
        uri if uri.split(['?', ':']).next() == Some("docker") => {
            let config = docker(uri, search_path)?;
            Ok(Some(Arc::new(docker::DockerSandbox::new(config))))
        }
        #[cfg(all(unix, feature = "sandbox-remote-tls"))]
        uri if uri.starts_with("remote:tls://") => {
            let mut settings = Settings::of(uri)?;
            let credentials = remote::Credentials {
                certificate: settings.need("certificate")?.into(),
                key: settings.need("key")?.into(),
                authority: settings.need("authority")?.into(),
            };
            let address = settings.name.trim_start_matches("remote:tls://").to_owned();
            settings.end()?;
            let sandbox = remote::RemoteSandbox::tls(&address, &credentials).map_err(OpenError::Sandbox)?;
            Ok(Some(Arc::new(sandbox)))
        }
        #[cfg(all(unix, feature = "sandbox-remote"))]
        uri if uri.strip_prefix("remote:unix:").is_some_and(|path| !path.is_empty()) => {
            Ok(Some(Arc::new(remote::RemoteSandbox::unix(uri.trim_start_matches("remote:unix:")))))
        }
        _ => {
            let known = [
                "none",
                #[cfg(feature = "sandbox-local")]
                "local",
                #[cfg(feature = "sandbox-docker")]
                "docker[:RUNTIME][?image=NAME&socket=PATH]",
                #[cfg(all(unix, feature = "sandbox-remote"))]
                "remote:unix:PATH",
                #[cfg(all(unix, feature = "sandbox-remote-tls"))]
                "remote:tls://HOST:PORT?certificate=PATH&key=PATH&authority=PATH",
            ]
            .join(", ");
            Err(OpenError::Unknown { kind: "sandbox", name: uri.into(), known })
        }
    }
}

#[cfg(feature = "sandbox-docker")]
fn docker(uri: &str, search_path: &[PathBuf]) -> Result<docker::DockerConfig, OpenError> {
    let mut settings = Settings::of(uri)?;
    let mut config = docker::DockerConfig::default();
    if !search_path.is_empty() {
        config = config.host_image(search_path);
    }
    if let Some(runtime) = settings.name.strip_prefix("docker:") {
        config = config.runtime(runtime);
    }
    if let Some(image) = settings.take("image") {
        config = config.image(image);
    }
    match (settings.take("socket"), settings.take("tls")) {
        (None, None) => {}
        (Some(path), None) => config = config.socket(path),
        (None, Some(address)) => {
            config = config.endpoint(docker::Endpoint::Tls {
                address,
                key: settings.need("key")?.into(),
                certificate: settings.need("certificate")?.into(),
                authority: settings.need("authority")?.into(),
            });
        }
        (Some(_), Some(_)) => return Err(settings.wrong("an engine listens at a socket or at an address")),
    }
    settings.end()?;
    Ok(config)
}

#[cfg(any(feature = "sandbox-docker", feature = "sandbox-remote-tls"))]
mod settings {
    use std::collections::BTreeMap;

    use samokoder_core::sandbox::{SandboxError, SandboxErrorKind};

    use super::OpenError;

    /// What follows the name in a URI: `NAME?one=1&other=2`.
    #[derive(Debug)]
    pub(super) struct Settings {
        pub(super) name: String,
        values: BTreeMap<String, String>,
    }

    impl Settings {
        pub(super) fn of(uri: &str) -> Result<Self, OpenError> {
            let (name, query) = uri.split_once('?').unwrap_or((uri, ""));
            let mut settings = Self { name: name.into(), values: BTreeMap::new() };
            for setting in query.split('&').filter(|setting| !setting.is_empty()) {
                let pair = setting.split_once('=').filter(|(_, value)| !value.is_empty());
                let decoded = pair.and_then(|(key, value)| Some((key, decode(value)?)));
                let Some((key, value)) = decoded else {
                    return Err(
                        settings.wrong(&format!("{setting:?} is not a setting: give it as NAME=VALUE"))
                    );
                };
                if settings.values.insert(key.into(), value).is_some() {
                    return Err(settings.wrong(&format!("{key} is there twice")));
                }
            }
            if settings.name.ends_with(':') || settings.name.ends_with('/') {
                return Err(settings.wrong("something is missing after it"));
            }
            Ok(settings)
        }

        pub(super) fn take(&mut self, key: &str) -> Option<String> {
            self.values.remove(key)
        }

        pub(super) fn need(&mut self, key: &str) -> Result<String, OpenError> {
            self.take(key).ok_or_else(|| self.wrong(&format!("{key}=… is missing")))
        }

        /// All have been taken.
        pub(super) fn end(self) -> Result<(), OpenError> {
            match self.values.keys().next() {
                None => Ok(()),
                Some(key) => Err(self.wrong(&format!("there is no setting {key} here"))),
            }
        }

        pub(super) fn wrong(&self, why: &str) -> OpenError {
            let message = format!("the sandbox {}: {why}", self.name);
            OpenError::Sandbox(SandboxError::new(SandboxErrorKind::InvalidRequest, "open", message))
        }
    }

    /// Text with `%` and two digits for what would mean something else.
    fn decode(text: &str) -> Option<String> {
        let mut parts = text.split('%');
        let mut bytes = parts.next()?.as_bytes().to_vec();
        for part in parts {
            let (digits, rest) = part.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            bytes.extend_from_slice(rest.as_bytes());
        }
        String::from_utf8(bytes).ok()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_follows_a_name_is_settings() {
            let mut settings = Settings::of("docker:runsc?image=python:3.12&socket=/a%26b%25").unwrap();
            assert_eq!(settings.name, "docker:runsc");
            assert_eq!(settings.take("socket").as_deref(), Some("/a&b%"));
            assert_eq!(settings.need("image").unwrap(), "python:3.12");
            assert!(settings.need("key").unwrap_err().to_string().contains("key=… is missing"));
            settings.end().unwrap();
        }

        #[test]
        fn what_is_no_setting_is_refused() {
            for wrong in
                ["docker?image", "docker?image=", "docker?a=1&a=2", "docker?a=%2", "docker?a=%zz", "docker:"]
            {
                assert!(Settings::of(wrong).is_err(), "{wrong}");
            }
            let left = Settings::of("docker?imag=x").unwrap().end().unwrap_err();
            assert!(left.to_string().contains("there is no setting imag"), "{left}");
        }
    }
}
