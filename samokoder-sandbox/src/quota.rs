//! How many sessions may be open.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    project::WorkspacePath,
    sandbox::{
        CheckoutFile, Command, Duplex, Entry, ExecOutcome, ReapReport, Sandbox, SandboxCapabilities,
        SandboxError, SandboxErrorKind, SandboxSession, Service, SessionInfo, SessionSpec, SessionStats,
        Streams,
    },
};

/// A layer around any sandbox that limits how many sessions are open: of each tenant, and in all.
///
/// A session counts from its opening until it is closed or its last handle is dropped, once for however many handles.
/// It counts what goes through this layer; clones share their counts.
///
/// # Errors
/// [`open`](Sandbox::open) and [`adopt`](Sandbox::adopt) of one session too many are
/// [`SandboxErrorKind::QuotaExceeded`].
#[derive(Debug, Clone)]
pub struct Quota {
    sandbox: Arc<dyn Sandbox>,
    per_tenant: usize,
    total: usize,
    open: Arc<Mutex<Open>>,
}

/// The sessions that are open, or being opened, by whose they are.
#[derive(Debug, Default)]
struct Open(BTreeMap<(String, String), usize>);

impl Quota {
    /// The sandbox, with so many sessions of each tenant and so many in all.
    pub fn new(sandbox: Arc<dyn Sandbox>, per_tenant: usize, total: usize) -> Self {
        Self { sandbox, per_tenant, total, open: Arc::default() }
    }

    /// A place for a session, if there is one.
    fn place(&self, operation: &str, tenant: &str, owner: &str) -> Result<Place, SandboxError> {
        let key = (tenant.to_owned(), owner.to_owned());
        let mut open = lock(&self.open);
        if !open.0.contains_key(&key) {
            let of_tenant = open.0.keys().filter(|(other, _)| other == tenant).count();
            let exceeded =
                |message| Err(SandboxError::new(SandboxErrorKind::QuotaExceeded, operation, message));
            if of_tenant >= self.per_tenant {
                let most = self.per_tenant;
                return exceeded(format!(
                    "tenant {tenant:?} has {of_tenant} sessions open and may have {most}: close one"
                ));
            }
            if open.0.len() >= self.total {
                let most = self.total;
                return exceeded(format!(
                    "{most} sessions are open, as many as there may be: {tenant:?} has to wait for one"
                ));
            }
        }
        *open.0.entry(key.clone()).or_default() += 1;
        Ok(Place { open: Arc::clone(&self.open), key: Mutex::new(Some(key)) })
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a session takes up, until this is dropped.
#[derive(Debug)]
struct Place {
    open: Arc<Mutex<Open>>,
    key: Mutex<Option<(String, String)>>,
}

impl Place {
    /// Gives up one handle's part.
    fn leave(&self) {
        if let Some(key) = self.key.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let mut open = lock(&self.open);
            if let Some(handles) = open.0.get_mut(&key) {
                *handles -= 1;
                if *handles == 0 {
                    open.0.remove(&key);
                }
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

#[async_trait]
impl Sandbox for Quota {
    async fn capabilities(&self) -> Result<SandboxCapabilities, SandboxError> {
        self.sandbox.capabilities().await
    }

    async fn open(&self, spec: SessionSpec) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        let place = self.place("open", &spec.tenant, &spec.owner)?;
        let session = self.sandbox.open(spec).await?;
        Ok(Arc::new(Counted { session, place }))
    }

    async fn adopt(&self, id: &str) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        let sessions = self.sandbox.list().await?;
        let found = sessions.into_iter().find(|session| session.id == id);
        // Without a word of whose it is there is no session either: the sandbox says so.
        let place = found.map(|found| self.place("adopt", &found.tenant, &found.owner)).transpose()?;
        let session = self.sandbox.adopt(id).await?;
        match place {
            Some(place) => Ok(Arc::new(Counted { session, place })),
            None => Err(SandboxError::new(
                SandboxErrorKind::Closed,
                "adopt",
                "nothing is known of the session's tenant",
            )),
        }
    }

    async fn list(&self) -> Result<Vec<SessionInfo>, SandboxError> {
        self.sandbox.list().await
    }

    async fn reap(&self) -> Result<ReapReport, SandboxError> {
        self.sandbox.reap().await
    }
}

/// A handle on a session that counts.
#[derive(Debug)]
struct Counted {
    // Before the place: it is free when the session is gone.
    session: Arc<dyn SandboxSession>,
    place: Place,
}

#[async_trait]
impl SandboxSession for Counted {
    fn id(&self) -> &str {
        self.session.id()
    }

    async fn checkout(&self, files: Vec<CheckoutFile>) -> Result<(), SandboxError> {
        self.session.checkout(files).await
    }

    async fn exec(&self, command: Command) -> Result<ExecOutcome, SandboxError> {
        self.session.exec(command).await
    }

    async fn exec_streaming(&self, command: Command, streams: Streams) -> Result<ExecOutcome, SandboxError> {
        self.session.exec_streaming(command, streams).await
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn Service>, SandboxError> {
        self.session.spawn(command).await
    }

    async fn connect(&self, port: u16) -> Result<Box<dyn Duplex>, SandboxError> {
        self.session.connect(port).await
    }

    async fn read_file(&self, path: &WorkspacePath, most: u64) -> Result<Bytes, SandboxError> {
        self.session.read_file(path, most).await
    }

    async fn write_file(&self, path: &WorkspacePath, content: Bytes) -> Result<(), SandboxError> {
        self.session.write_file(path, content).await
    }

    async fn remove_file(&self, path: &WorkspacePath) -> Result<(), SandboxError> {
        self.session.remove_file(path).await
    }

    async fn list_files(
        &self,
        folder: Option<&WorkspacePath>,
        most: usize,
    ) -> Result<Vec<Entry>, SandboxError> {
        self.session.list_files(folder, most).await
    }

    async fn stats(&self) -> Result<SessionStats, SandboxError> {
        self.session.stats().await
    }

    async fn close(&self) -> Result<(), SandboxError> {
        self.session.close().await?;
        self.place.leave();
        Ok(())
    }
}
