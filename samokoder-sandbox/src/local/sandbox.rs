//! The backend itself: one for a process is enough.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use samokoder_core::sandbox::{
    Network, ReapReport, Sandbox, SandboxCapabilities, SandboxError, SandboxErrorKind, SandboxSession,
    SessionInfo, SessionSpec,
};
use tokio::sync::OnceCell;

use crate::{
    proxy::{Proxy, Resolve, SystemResolver},
    request::check_limits,
    slots::Slots,
};

use super::{
    LocalConfig, capabilities, identity,
    launch::{self, Program, closed},
    leftovers,
    places::Places,
    reaper::Reaper,
    session::LocalSession,
    toolchain::{self, Installed},
    view,
    wire::Setup,
};

/// Runs commands in namespaces of the Linux kernel.
///
/// Cheap to clone; clones share their sessions. What has to be found out about the machine is found out once, when
/// it is first needed.
#[derive(Debug, Clone)]
pub struct LocalSandbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: LocalConfig,
    /// The init program.
    init: Cow<'static, [u8]>,
    /// How proxies find hosts.
    resolver: Arc<dyn Resolve>,
    machine: OnceCell<Machine>,
    capabilities: OnceCell<SandboxCapabilities>,
    /// By tenant and owner.
    sessions: Slots<(String, String), LocalSession>,
    reaper: Arc<Reaper>,
}

/// What was found out about this machine.
#[derive(Debug)]
struct Machine {
    program: Program,
    common: Setup,
    toolchains: Vec<Installed>,
    path: Vec<Vec<u8>>,
    /// Where cgroups can be made, or why nowhere.
    places: Result<Places, String>,
}

impl LocalSandbox {
    /// A backend with these settings. Touches nothing yet.
    pub fn new(config: LocalConfig) -> Self {
        Self::with_resolver(config, SystemResolver)
    }

    /// A backend whose sessions' proxies find hosts and reach them by this.
    pub fn with_resolver(config: LocalConfig, resolver: impl Resolve + 'static) -> Self {
        Self::with(config, Arc::new(resolver), Cow::Borrowed(launch::INIT))
    }

    /// A backend whose commands are held by this program in place of its own init program: whatever that does not
    /// hold, nobody holds. For tests that show what is found out about a sandbox that lacks something.
    #[cfg(feature = "mutants")]
    #[doc(hidden)]
    pub fn with_untrusted_init_program(config: LocalConfig, program: Vec<u8>) -> Self {
        Self::with(config, Arc::new(SystemResolver), Cow::Owned(program))
    }

    fn with(config: LocalConfig, resolver: Arc<dyn Resolve>, init: Cow<'static, [u8]>) -> Self {
        let shared = Shared {
            config,
            init,
            resolver,
            machine: OnceCell::new(),
            capabilities: OnceCell::new(),
            sessions: Slots::default(),
            reaper: Arc::default(),
        };
        Self { shared: Arc::new(shared) }
    }
}

#[async_trait]
impl Sandbox for LocalSandbox {
    async fn capabilities(&self) -> Result<SandboxCapabilities, SandboxError> {
        let machine = self.shared.machine().await?;
        let probe = async {
            let session = self.shared.launch(&SessionSpec::new("probe"), None).await?;
            let installed = machine.toolchains.iter().map(|installed| installed.toolchain.clone());
            let means = capabilities::Means {
                started_by_root: machine.common.ids.is_some(),
                landlock: session.facts().landlock,
                cgroups: machine.places.as_ref().map(drop).map_err(String::as_str),
            };
            capabilities::probe(&session, installed.collect(), means).await
        };
        self.shared.capabilities.get_or_try_init(|| probe).await.cloned()
    }

    async fn open(&self, spec: SessionSpec) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        let slot = self.shared.sessions.of((spec.tenant.clone(), spec.owner.clone()));
        let mut present = slot.lock().await;
        if let Some(session) = present.upgrade().filter(|session| session.is_open()) {
            return Ok(session);
        }
        check_limits(&spec.limits, 64 << 10, 16)?;
        let data = spec.data.as_deref().map(data_folder).transpose()?;
        let session = Arc::new(self.shared.launch(&spec, data.as_deref()).await?);
        match spec.network {
            Network::None => {}
            Network::Proxy { allowed } => {
                let proxy = Proxy::new(allowed, Arc::clone(&self.shared.resolver));
                session.let_out(&proxy).await?;
            }
            _ => return Err(SandboxError::unsupported("open", "this backend knows no such network")),
        }
        *present = Arc::downgrade(&session);
        Ok(session)
    }

    async fn adopt(&self, id: &str) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        let sessions = self.shared.open_sessions().await;
        match sessions.into_iter().find(|session| session.id() == id) {
            Some(session) => Ok(session),
            None => Err(closed("adopt")),
        }
    }

    async fn list(&self) -> Result<Vec<SessionInfo>, SandboxError> {
        Ok(self.shared.open_sessions().await.iter().map(|session| session.info()).collect())
    }

    async fn reap(&self) -> Result<ReapReport, SandboxError> {
        self.shared.reaper.sweep();
        let machine = self.shared.machine().await?;
        Ok(machine.places.as_ref().map(leftovers::sweep).unwrap_or_default())
    }
}

impl Shared {
    async fn machine(&self) -> Result<&Machine, SandboxError> {
        let find_out = async {
            let ids = identity::host_ids(self.config.ids)?;
            let program = Program::unpack(&self.init).map_err(|error| SandboxError::io("open", &error))?;
            let config = self.config.clone();
            let toolchains = tokio::task::spawn_blocking(move || toolchain::find_all(&config)).await;
            let toolchains = toolchains.map_err(|error| {
                SandboxError::new(SandboxErrorKind::Infrastructure, "open", format!("toolchains: {error}"))
            })?;
            let common = view::common(&toolchains, ids, self.config.landlock);
            let path = view::search_path(&toolchains);
            let places = if self.config.cgroups {
                Places::find(&leftovers::name())
            } else {
                Err("the settings do without".to_owned())
            };
            match &places {
                Ok(places) => drop(leftovers::sweep(places)),
                Err(reason) => tracing::debug!(reason, "sessions have no cgroups of their own"),
            }
            Ok(Machine { program, common, toolchains, path, places })
        };
        self.machine.get_or_try_init(|| find_out).await
    }

    async fn launch(&self, spec: &SessionSpec, data: Option<&Path>) -> Result<LocalSession, SandboxError> {
        capabilities::check_kernel()?;
        let machine = self.machine().await?;
        self.reaper.sweep();
        let name = leftovers::name();
        let groups = machine.places.as_ref().ok().map(|places| places.groups(&name));
        let setup = view::of_session(&machine.common, spec, data, groups);
        let link = launch::launch(&machine.program, &setup, Arc::clone(&self.reaper)).await?;
        let owner = machine.common.ids.map(|(_, commands)| commands);
        Ok(LocalSession::new(format!("local-{name}"), link, spec.clone(), machine.path.clone(), owner))
    }

    /// The sessions that are open; one that is just being opened is waited for.
    async fn open_sessions(&self) -> Vec<Arc<LocalSession>> {
        let mut open = Vec::new();
        for slot in self.sessions.all() {
            open.extend(slot.lock().await.upgrade().filter(|session| session.is_open()));
        }
        open
    }
}

/// The data folder's real path. It is created when it does not exist.
fn data_folder(path: &Path) -> Result<PathBuf, SandboxError> {
    std::fs::create_dir_all(path).and_then(|()| path.canonicalize()).map_err(|error| {
        let message = format!("the data folder {} can't be used: {error}", path.display());
        SandboxError::new(SandboxErrorKind::InvalidRequest, "open", message)
    })
}
