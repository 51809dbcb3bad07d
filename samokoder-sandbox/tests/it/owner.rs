//! A copy of this program that owns a session, to be killed.

use std::{env, io::Write as _, process::Command, sync::Arc, time::Duration};

use samokoder_core::sandbox::{Sandbox, SessionSpec};
use samokoder_sandbox::suite;

use crate::support;

/// The variable that makes a copy of this program an owner: the backend, the lease in milliseconds, who it is.
const VARIABLE: &str = "SAMOKODER_TEST_OWNER";

/// How to start an owner of a session of this [backend](backend).
pub(crate) fn process(backend: &str) -> impl Fn(&SessionSpec) -> Command + Send + Sync + 'static + use<> {
    let backend = backend.to_owned();
    move |spec| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "owner::one_that_is_asked_for_waits_to_be_killed", "--nocapture"]);
        command.env(VARIABLE, format!("{backend} {} {}", spec.lease.as_millis(), spec.owner));
        command
    }
}

/// A backend by its name: `local`, `docker`, `gvisor`, or the path of a broker's socket.
fn backend(name: &str) -> Arc<dyn Sandbox> {
    match name {
        "local" => Arc::new(support::bare_sandbox()),
        #[cfg(feature = "docker")]
        "docker" => Arc::new(crate::docker::support::docker().unwrap()),
        #[cfg(feature = "docker")]
        "gvisor" => Arc::new(crate::docker::support::gvisor().unwrap()),
        #[cfg(feature = "docker")]
        "podman" => Arc::new(crate::docker::support::podman().unwrap()),
        #[cfg(feature = "remote")]
        path => Arc::new(samokoder_sandbox::remote::RemoteSandbox::unix(path)),
        #[cfg(not(feature = "remote"))]
        path => panic!("there is no backend {path}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_asked_for_waits_to_be_killed() {
    let Some(asked) = env::var_os(VARIABLE) else { return };
    let asked = asked.into_string().unwrap();
    let words: Vec<&str> = asked.split(' ').collect();
    let spec = SessionSpec::new(words[2]).lease(Duration::from_millis(words[1].parse().unwrap()));
    let _owned = suite::own(&*backend(words[0]), spec).await.unwrap();
    std::io::stdout().write_all(b"\nready\n").unwrap();
    std::future::pending::<()>().await;
}
