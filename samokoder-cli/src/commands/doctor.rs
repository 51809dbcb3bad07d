//! `samokoder doctor`.

use std::time::Duration;

use samokoder::{
    llm::LlmErrorKind,
    open,
    open::{http::HttpProvider, offline::Offline},
    providers::{
        credentials::variables,
        vendor::{Auth, VENDORS},
    },
    sandbox::Toolchain,
};

use crate::{
    config::Config,
    failure::{Failure, Outcome},
    provider, session, view,
};

/// Checks what a run needs. Providers are asked for their models, which costs nothing.
pub(crate) async fn doctor() -> Result<Outcome, Failure> {
    let config = Config::load(None)?;
    outln!("Models");
    models(&config).await?;
    outln!("Store");
    let store = store().await;
    outln!("Sandbox");
    let sandbox = sandbox(config.sandbox.as_deref().unwrap_or("local")).await;
    Ok(if store && sandbox { Outcome::Done } else { Outcome::Failed })
}

fn say(good: bool, what: &str, detail: &str) {
    outln!("  {:<4} {what:<12} {detail}", if good { "ok" } else { "-" });
}

async fn models(config: &Config) -> Result<(), Failure> {
    say(true, Offline::ID, "rule-based; needs no key and no network");
    for vendor in &VENDORS {
        let said = config.providers.get(vendor.id).cloned().unwrap_or_default();
        let has_key = provider::key(vendor.id, said.key_env.as_deref())?.is_some();
        if vendor.auth != Auth::OptionalBearer && !has_key {
            say(false, vendor.id, &format!("no key: set {}", variables(vendor.id).join(" or ")));
            continue;
        }
        match provider::connect(vendor.id, config, None) {
            Ok(provider) => ask(&provider).await,
            // It has no address of its own and none is configured: nobody wants it.
            Err(_) => say(
                false,
                vendor.id,
                &format!("not set up: base_url under [providers.{}] in samokoder.toml", vendor.id),
            ),
        }
    }
    Ok(())
}

async fn ask(provider: &HttpProvider) {
    let (id, at) = (provider.vendor().id, provider.base_url());
    let models = tokio::time::timeout(Duration::from_secs(10), provider.models()).await;
    match models {
        Ok(Ok(models)) => say(true, id, &format!("answers at {at} with {} models", models.len())),
        Ok(Err(error)) if error.kind == LlmErrorKind::Authentication => {
            say(false, id, &format!("{at} refuses the key; set {}", variables(id).join(" or ")));
        }
        Ok(Err(error)) => say(false, id, &format!("{at}: {error}")),
        Err(_) => say(false, id, &format!("{at} does not answer")),
    }
}

/// Whether a state file can be kept where the command is typed.
async fn store() -> bool {
    let probe = match tempfile::Builder::new().prefix(".samokoder-doctor-").tempdir_in(".") {
        Ok(probe) => probe,
        Err(error) => {
            say(false, "sqlite", &format!("this folder can't be written to ({error}); go to one that can"));
            return false;
        }
    };
    let opened = open::store(&format!("sqlite:{}", probe.path().join("state.db").display())).await;
    match &opened {
        Ok(_) => say(true, "sqlite", "a state file can be kept in this folder"),
        Err(error) => say(false, "sqlite", &format!("{error}; choose a folder on a local disk")),
    }
    opened.is_ok()
}

/// Whether the app's code can be run, and with what.
async fn sandbox(uri: &str) -> bool {
    let opened = open::sandbox(uri, &session::search_path());
    let sandbox = match opened {
        Ok(Some(sandbox)) => sandbox,
        Ok(None) => {
            say(true, uri, "chosen in samokoder.toml: apps are built without running their tests");
            return true;
        }
        Err(error) => {
            say(false, uri, &error.to_string());
            return false;
        }
    };
    let capabilities = match sandbox.capabilities().await {
        Ok(capabilities) => capabilities,
        Err(error) => {
            say(false, uri, &format!("{error}; --sandbox none builds without running the app's tests"));
            return false;
        }
    };
    let missing: Vec<_> = capabilities.unsupported().collect();
    for (control, why) in &missing {
        say(false, uri, &format!("can't hold {control:?}: {why}"));
    }
    if missing.is_empty() {
        say(true, uri, "holds everything it must on this machine");
        outln!("       {} sandbox check --backend {uri} tries it out", view::command());
    } else {
        outln!("       --sandbox none builds without running the app's tests");
    }
    toolchains(&capabilities.toolchains);
    missing.is_empty() && !capabilities.toolchains.is_empty()
}

fn toolchains(found: &[Toolchain]) {
    outln!("Toolchains");
    for toolchain in found {
        say(true, &toolchain.name, &toolchain.version);
    }
    if found.is_empty() {
        say(false, "none", "install Node.js 18 or Python 3.10, or newer, and have it in PATH");
    }
}
