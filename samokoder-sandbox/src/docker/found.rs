//! What an engine has: its containers, and what it says of one.

use std::{collections::BTreeMap, time::Duration};

use bollard::{
    Docker,
    errors::Error,
    query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder},
};
use samokoder_core::sandbox::{SandboxError, SandboxErrorKind};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{engine, profile::label};

/// A container in a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) state: String,
    /// In seconds since 1970.
    #[serde(default)]
    created: u64,
}

/// A container that was asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Inspected {
    #[serde(rename = "Id")]
    pub(super) id: String,
    #[serde(rename = "Config")]
    config: Option<Config>,
    #[serde(rename = "State")]
    state: Option<State>,
    #[serde(rename = "ExecIDs")]
    execs: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Config {
    #[serde(rename = "Labels")]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
struct State {
    #[serde(rename = "Running")]
    running: Option<bool>,
}

/// The containers of sessions that are in one of these states.
pub(super) async fn list(
    docker: &Docker,
    operation: &str,
    states: &[&str],
) -> Result<Vec<Listed>, SandboxError> {
    let filters = [("label", vec![label::SESSION]), ("status", states.to_vec())].into();
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let mut left = engine::ATTEMPTS;
    loop {
        match docker.list_containers(Some(options.clone())).await {
            Err(error) if engine::has_status(&error, 500) && left > 0 => left -= 1,
            answer => return read(operation, answer),
        }
        tokio::time::sleep(engine::PAUSE).await;
    }
}

/// What the engine says of a container.
pub(super) async fn inspect(
    docker: &Docker,
    operation: &str,
    container: &str,
) -> Result<Inspected, SandboxError> {
    read(operation, docker.inspect_container(container, None::<InspectContainerOptions>).await)
}

/// What is needed of an engine's answer. Podman has states that the client has no name for, so what the client can't read
/// is read without it.
fn read<T: DeserializeOwned>(
    operation: &str,
    answer: Result<impl Serialize, Error>,
) -> Result<T, SandboxError> {
    let read = match answer {
        Ok(known) => serde_json::to_value(known).and_then(serde_json::from_value),
        Err(Error::JsonDataError { contents, .. }) => serde_json::from_str(&contents),
        Err(error) => return Err(engine::failed(operation, &error)),
    };
    read.map_err(|error| {
        let message = format!("what the engine says can't be read: {error}");
        SandboxError::new(SandboxErrorKind::Infrastructure, operation, message)
    })
}

impl Listed {
    pub(super) fn label(&self, name: &str) -> String {
        self.labels.as_ref().and_then(|labels| labels.get(name)).cloned().unwrap_or_default()
    }

    /// How long ago it was made, in milliseconds.
    #[expect(
        clippy::disallowed_methods,
        reason = "the engine tells the time at which a container was made, not its age"
    )]
    pub(super) fn age(&self) -> u64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(now.saturating_sub(Duration::from_secs(self.created)).as_millis()).unwrap_or(u64::MAX)
    }
}

impl Inspected {
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        self.config.as_ref()?.labels.as_ref()?.get(name).map(String::as_str)
    }

    pub(super) fn is_running(&self) -> bool {
        self.state.as_ref().and_then(|state| state.running) == Some(true)
    }

    /// Whether the engine runs anything in it beside its first process.
    pub(super) fn has_execs(&self) -> bool {
        self.execs.as_ref().is_some_and(|execs| !execs.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unread<T: DeserializeOwned>(contents: &str) -> Result<T, SandboxError> {
        let error = Error::JsonDataError { message: String::new(), contents: contents.into(), column: 0 };
        read("list", Err::<(), _>(error))
    }

    #[test]
    fn a_state_that_nobody_has_heard_of_hides_no_container() {
        let listed = r#"[{"State":"stopped","Created":7,"Labels":{"a":"b"},"Ports":null},{"Labels":null}]"#;
        let found: Vec<Listed> = unread(listed).unwrap();
        let [first, second] = &*found else { panic!("{found:?}") };
        assert_eq!((&*first.state, first.created, &*first.label("a")), ("stopped", 7, "b"));
        assert_eq!((&*second.state, &*second.label("a")), ("", ""));
        let inspected = r#"{"Id":"1","State":{"Status":"stopped","Running":false},"ExecIDs":null}"#;
        let found: Inspected = unread(inspected).unwrap();
        assert!(!found.is_running() && !found.has_execs() && found.label("a").is_none());
    }

    #[test]
    fn what_is_no_list_is_a_failure_of_the_engine() {
        let error = unread::<Vec<Listed>>("<html>").unwrap_err();
        assert_eq!(error.kind, SandboxErrorKind::Infrastructure);
    }
}
