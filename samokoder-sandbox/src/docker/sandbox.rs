//! The backend itself: one for an engine is enough.

use std::{fs::File, io::Read as _, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use bollard::{
    Docker,
    query_parameters::{CreateContainerOptionsBuilder, StartContainerOptions},
};
use samokoder_core::{
    digest::Digest,
    sandbox::{
        Network, ReapReport, Sandbox, SandboxCapabilities, SandboxError, SandboxErrorKind, SandboxSession,
        SessionInfo, SessionSpec,
    },
};
use tokio::{runtime::Handle, sync::OnceCell};

use super::{
    DockerConfig, Endpoint,
    agent::to_hex,
    capabilities, engine, found, image,
    link::{Link, Place},
    podman,
    profile::{Common, Data, Engine, label},
    session::{DockerSession, remove},
};
use crate::{
    proxy::{Proxy, Resolve, SystemResolver},
    request::check_limits,
    slots::Slots,
};

/// How often opening is tried again when a container of the same name is just going away.
const ATTEMPTS: usize = 5;

/// Runs commands in containers.
///
/// Cheap to clone; clones share their sessions. What has to be found out about the engine is found out once, when it
/// is first needed.
#[derive(Debug, Clone)]
pub struct DockerSandbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: DockerConfig,
    /// How proxies find hosts.
    resolver: Arc<dyn Resolve>,
    machine: OnceCell<Machine>,
    capabilities: OnceCell<SandboxCapabilities>,
    /// By the name of their container.
    sessions: Slots<String, DockerSession>,
}

/// What was found out about the engine.
#[derive(Debug, Clone)]
struct Machine {
    docker: Docker,
    common: Common,
    is_rootless: bool,
    resolver: Arc<dyn Resolve>,
    /// What [`Engine::Podman`] names, as long as it is needed.
    _profile: Option<Arc<File>>,
}

impl DockerSandbox {
    /// A backend with these settings. Touches nothing yet.
    pub fn new(config: DockerConfig) -> Self {
        Self::with_resolver(config, SystemResolver)
    }

    /// A backend whose sessions' proxies find hosts and reach them by this.
    pub fn with_resolver(config: DockerConfig, resolver: impl Resolve + 'static) -> Self {
        let shared = Shared {
            config,
            resolver: Arc::new(resolver),
            machine: OnceCell::new(),
            capabilities: OnceCell::new(),
            sessions: Slots::default(),
        };
        Self { shared: Arc::new(shared) }
    }
}

#[async_trait]
impl Sandbox for DockerSandbox {
    async fn capabilities(&self) -> Result<SandboxCapabilities, SandboxError> {
        let machine = self.shared.machine().await?;
        let probe = Box::pin(async {
            // No other backend of this process or another one may close it.
            let owner = format!("probe-{}", token()?);
            let session = self.shared.open(SessionSpec::new(owner)).await?;
            let found = capabilities::probe(&session, &self.shared.config.toolchains, &machine.common).await;
            session.close().await?;
            found
        });
        self.shared.capabilities.get_or_try_init(|| probe).await.cloned()
    }

    async fn open(&self, spec: SessionSpec) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        Ok(self.shared.open(spec).await?)
    }

    async fn adopt(&self, id: &str) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        let slot = self.shared.sessions.of(id.to_owned());
        let mut present = slot.lock().await;
        if let Some(session) = present.upgrade().filter(|session| session.is_open()) {
            return Ok(session);
        }
        let machine = self.shared.machine().await?;
        let session = Arc::new(machine.adopt(id).await?);
        *present = Arc::downgrade(&session);
        Ok(session)
    }

    async fn list(&self) -> Result<Vec<SessionInfo>, SandboxError> {
        let machine = self.shared.machine().await?;
        let mut sessions = Vec::new();
        for container in found::list(&machine.docker, "list", &["running"]).await? {
            let id = container.label(label::SESSION);
            let Some(is_orphaned) = machine.is_orphaned(&id).await? else { continue };
            let mut info =
                SessionInfo::new(id, container.label(label::TENANT), container.label(label::OWNER));
            info.age_ms = container.age();
            info.orphaned = is_orphaned;
            sessions.push(info);
        }
        Ok(sessions)
    }

    async fn reap(&self) -> Result<ReapReport, SandboxError> {
        let machine = self.shared.machine().await?;
        let mut report = ReapReport::default();
        // A session with nobody there ends by itself when its lease is over: one that runs is not left over.
        let mut states = vec!["created", "paused", "exited"];
        if machine.common.engine == Engine::Docker {
            states.push("dead");
        }
        for container in found::list(&machine.docker, "reap", &states).await? {
            let id = container.label(label::SESSION);
            let lease = container.label(label::LEASE).parse().unwrap_or(0);
            // Someone may be about to start it.
            if container.state == "created" && container.age() <= lease {
                continue;
            }
            match remove(&machine.docker, &id).await {
                Ok(()) => {
                    report.removed.push(format!("container {id}"));
                    report.ended.push(id);
                }
                Err(error) => report.failed.push(format!("container {id}: {}", error.message)),
            }
        }
        Ok(report)
    }
}

impl Shared {
    async fn machine(&self) -> Result<&Machine, SandboxError> {
        self.machine.get_or_try_init(|| Machine::find_out(&self.config, Arc::clone(&self.resolver))).await
    }

    async fn open(&self, spec: SessionSpec) -> Result<Arc<DockerSession>, SandboxError> {
        check(&spec)?;
        let machine = self.machine().await?;
        let name = machine.name(&spec);
        let slot = self.sessions.of(name.clone());
        let mut present = slot.lock().await;
        if let Some(session) = present.upgrade().filter(|session| session.is_open()) {
            return Ok(session);
        }
        let data = spec.data.as_deref().map(|path| self.data(path, machine)).transpose()?;
        // A task of its own: whoever asked may go away, and what is half made must not stay.
        let machine = machine.clone();
        let opening = Handle::current().spawn(async move { machine.open(&name, &spec, data.as_ref()).await });
        let session = opening.await.map_err(|error| {
            SandboxError::new(SandboxErrorKind::Infrastructure, "open", format!("not done: {error}"))
        })??;
        let session = Arc::new(session);
        *present = Arc::downgrade(&session);
        Ok(session)
    }

    /// The data folder's real path, and who writes there. It is created when it does not exist.
    fn data(&self, path: &Path, machine: &Machine) -> Result<Data, SandboxError> {
        let refused = |message: &str| SandboxError::unsupported("open", format!("no data folder: {message}"));
        if !matches!(self.config.endpoint, Endpoint::Unix { .. }) {
            return Err(refused("the engine is on another machine"));
        }
        if machine.is_rootless {
            return Err(refused("a rootless engine can't show it to commands as theirs"));
        }
        let folder = std::fs::create_dir_all(path).and_then(|()| path.canonicalize()).map_err(|error| {
            let message = format!("the data folder {} can't be used: {error}", path.display());
            SandboxError::new(SandboxErrorKind::InvalidRequest, "open", message)
        })?;
        let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        if own.0 != 0 {
            return Ok(Data { folder, owner: own });
        }
        // Only root can hand it over, and only then is it needed: commands are never root.
        let id = self.config.ids.0;
        std::os::unix::fs::chown(&folder, Some(id), Some(id))
            .map_err(|error| SandboxError::io("open", &error))?;
        Ok(Data { folder, owner: (id, id) })
    }
}

impl Machine {
    async fn find_out(config: &DockerConfig, resolver: Arc<dyn Resolve>) -> Result<Self, SandboxError> {
        let (commands, connections) = config.ids;
        if commands == 0 || connections == 0 || commands == connections {
            let message = "commands and connections need two user ids, and neither may be root's";
            return Err(SandboxError::new(SandboxErrorKind::InvalidRequest, "open", message));
        }
        let docker = engine::connect(&config.endpoint).await?;
        let info = docker.info().await.map_err(|error| engine::failed("open", &error))?;
        let architecture = info.architecture.unwrap_or_default();
        if !matches_ours(&architecture) {
            let message =
                format!("the engine's machine is {architecture}, and this program's agent can't run there");
            return Err(SandboxError::unsupported("open", message));
        }
        let is_rootless = info.security_options.unwrap_or_default().iter().any(|it| it.contains("rootless"));
        let there = u32::try_from(info.ncpu.unwrap_or(1)).unwrap_or(1);
        let processors = config.processors.clamp(0.01, f64::from(there.max(1)));
        let (engine, profile) = podman::whose(&docker, &config.endpoint, &token()?).await?;
        let prepared = image::prepare(&docker, config, engine != Engine::Docker).await?;
        let mut runtime = config.runtime.clone();
        if let Engine::Podman { .. } = engine {
            let own = info.default_runtime.unwrap_or_default();
            let name = Path::new(&own).file_name().map(|name| name.to_string_lossy().into_owned());
            if let Some(wanted) = runtime.filter(|wanted| Some(wanted) != name.as_ref()) {
                let message = format!(
                    "Podman runs every container with one runtime, here {own}: start it with `--runtime {wanted}`"
                );
                return Err(SandboxError::unsupported("open", message));
            }
            runtime = name;
        }
        let common = Common {
            image: prepared.image,
            runtime,
            ids: config.ids,
            nano_cpus: billionths(processors),
            path: prepared.path,
            volumes: prepared.volumes,
            engine,
        };
        // Podman does not say so in every version.
        let is_rootless = is_rootless || common.engine.is_rootless();
        Ok(Self { docker, common, is_rootless, resolver, _profile: profile })
    }

    /// The name of the container for this owner: the same from everywhere, so that there is one.
    fn name(&self, spec: &SessionSpec) -> String {
        let Common { image, runtime, .. } = &self.common;
        let mut digest = Digest::of_json(&(&spec.tenant, &spec.owner, image, runtime)).to_string();
        digest.truncate(24);
        format!("samokoder-{digest}")
    }

    async fn open(
        &self,
        name: &str,
        spec: &SessionSpec,
        data: Option<&Data>,
    ) -> Result<DockerSession, SandboxError> {
        let mut failure = None;
        for _ in 0..ATTEMPTS {
            let options = CreateContainerOptionsBuilder::default().name(name).build();
            let token = token()?;
            let body = self.common.container(name, &token, spec, data);
            match self.docker.create_container(Some(options), body).await {
                Ok(made) => return self.start(name, made.id, &token, spec, data.is_some()).await,
                Err(error) if engine::has_status(&error, 409) => {
                    failure = Some(engine::failed("open", &error));
                }
                Err(error) => return Err(not_made(&error)),
            }
            // It is there: another process opened it, or it is about to go.
            if let Ok(session) = self.adopt(name).await {
                return Ok(session);
            }
            remove(&self.docker, name).await?;
        }
        Err(failure.unwrap_or_else(|| SandboxError::unsupported("open", "the engine made no container")))
    }

    async fn start(
        &self,
        name: &str,
        id: String,
        token: &str,
        spec: &SessionSpec,
        has_data: bool,
    ) -> Result<DockerSession, SandboxError> {
        let started = self.docker.start_container(name, None::<StartContainerOptions>).await;
        let session = match started {
            Ok(()) => self.connect(name, id, token, spec.lease, has_data, &spec.network).await,
            Err(error) => Err(not_made(&error)),
        };
        if session.is_err() {
            let _ = remove(&self.docker, name).await;
        }
        session
    }

    /// The session in a container that runs.
    async fn connect(
        &self,
        name: &str,
        id: String,
        token: &str,
        lease: Duration,
        has_data: bool,
        network: &Network,
    ) -> Result<DockerSession, SandboxError> {
        let tells_memory = self.common.engine == Engine::Docker;
        let place = Place { id, shares_kernel: self.common.shares_kernel(), tells_memory };
        let shares_kernel = place.shares_kernel;
        let link = Link::connect(&self.docker, place, self.common.ids.1, token, lease).await?;
        if shares_kernel && !(link.kernel.counts_processes && link.kernel.counts_memory) {
            let message = "the engine's containers have no limit on memory or processes; a rootless engine can set them \
                           where its user has the controllers `memory` and `pids` of version 2 of cgroups";
            return Err(SandboxError::unsupported("open", message));
        }
        let session = DockerSession::new(name.to_owned(), self.docker.clone(), link, has_data);
        if let Network::Proxy { allowed } = network {
            session.let_out(&Proxy::new(allowed.clone(), Arc::clone(&self.resolver))).await?;
        }
        Ok(session)
    }

    async fn adopt(&self, id: &str) -> Result<DockerSession, SandboxError> {
        let closed = |what: &str| {
            SandboxError::new(SandboxErrorKind::Closed, "adopt", format!("there is no session {id}: {what}"))
        };
        let found = found::inspect(&self.docker, "adopt", id).await?;
        // Any name can be asked for; only what we made is adopted.
        if found.label(label::SESSION) != Some(id) {
            return Err(closed("this container is none of ours"));
        }
        if !found.is_running() {
            return Err(closed("it has ended"));
        }
        let lease = found.label(label::LEASE).and_then(|lease| lease.parse().ok());
        let lease = Duration::from_millis(lease.unwrap_or(60_000));
        let has_data = found.label(label::DATA) == Some("true");
        let token = found.label(label::TOKEN).unwrap_or_default();
        let network = found.label(label::NETWORK).and_then(|network| serde_json::from_str(network).ok());
        self.connect(id, found.id.clone(), token, lease, has_data, &network.unwrap_or_default()).await
    }

    /// Whether nobody is connected to a session; `None` when it is gone.
    async fn is_orphaned(&self, id: &str) -> Result<Option<bool>, SandboxError> {
        match found::inspect(&self.docker, "list", id).await {
            Ok(found) => Ok(found.is_running().then(|| !found.has_execs())),
            Err(error) if error.kind == SandboxErrorKind::Closed => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What nobody can guess, as text.
fn token() -> Result<String, SandboxError> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|error| SandboxError::io("open", &error))?;
    Ok(to_hex(&bytes))
}

/// A container that could not be made or started: the engine lacks what was asked for.
fn not_made(error: &bollard::errors::Error) -> SandboxError {
    let error = engine::failed("open", error);
    match error.kind {
        SandboxErrorKind::Closed => SandboxError { kind: SandboxErrorKind::Infrastructure, ..error },
        _ => error,
    }
}

/// Whether a program of this machine's runs on one of that architecture, as engines call it.
fn matches_ours(architecture: &str) -> bool {
    let theirs = match architecture {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        other => other,
    };
    theirs == std::env::consts::ARCH
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "between a hundredth and the number of processors of a machine"
)]
fn billionths(processors: f64) -> i64 {
    (processors * 1e9) as i64
}

/// Refuses what can't be given, and limits that can't be meant.
fn check(spec: &SessionSpec) -> Result<(), SandboxError> {
    if !matches!(spec.network, Network::None | Network::Proxy { .. }) {
        return Err(SandboxError::unsupported("open", "this backend knows no such network"));
    }
    check_limits(&spec.limits, 1 << 20, 32)
}
