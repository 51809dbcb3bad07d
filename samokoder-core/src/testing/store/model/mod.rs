//! Random operations on a store and on the reference, which must answer the same.
//!
//! ```
//! use samokoder_core::{store::MemoryStore, testing::store::model};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! let store = MemoryStore::new();
//! model::against_the_reference(async || store.clone(), 7, 200).await;
//! # });
//! ```

mod compare;
mod operation;
pub(crate) mod plot;
pub(crate) mod random;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use self::{
    operation::{Operation, Writer},
    random::Random,
};
use crate::{
    id::SignalId,
    store::{Branch, ForkPoint, Lease, MemoryStore, Scope, Seq, StateStore, StoreError, StoreErrorKind},
};

/// The time of the first record.
const BEGAN_MS: u64 = 1_600_000_000_000;

/// Does random operations to a store and to a [`MemoryStore`], and asserts that both answer the same all the time:
/// histories, hashes, signals, contents, what is collected, and every list.
///
/// `open` is called at the beginning, and again now and then after the store was [closed](StateStore::close) and dropped:
/// it gives the same data each time. They may hold anything, since all is done in scopes of its own. The same `seed` gives
/// the same operations.
///
/// # Panics
/// When the two differ; the message says after how many operations, and which one it was.
pub async fn against_the_reference<S: StateStore>(open: impl AsyncFn() -> S, seed: u64, operations: usize) {
    let mut model = Model::new(seed);
    let mut tested = open().await;
    for nth in 0..operations {
        let operation = model.choose().await;
        model.context = format!("seed {seed}, operation {nth}, {operation:?}");
        let is_last = nth + 1 == operations;
        if is_last || matches!(operation, Operation::Reopen) {
            model.let_go(&tested).await;
            drop(tested);
            tested = open().await;
        }
        model.apply(&tested, operation).await;
        if is_last || nth % 100 == 99 {
            model.context = format!("seed {seed}, all after operation {nth}");
            model.compare_all(&tested).await;
        }
    }
}

/// The reference, and what is known of both.
#[derive(Debug)]
struct Model {
    reference: MemoryStore,
    random: Random,
    scopes: Vec<Scope>,
    known: Vec<Known>,
    /// Contents that were ever stored.
    contents: BTreeSet<Bytes>,
    now_ms: u64,
    /// What is being done, for messages.
    context: String,
}

/// A branch that was made.
#[derive(Debug)]
struct Known {
    branch: Branch,
    parent: Option<ForkPoint>,
    lease: Option<Both<Lease>>,
    /// That of the last lease.
    epoch: Both<u64>,
    signals: Vec<SignalId>,
    /// All that were accepted.
    snapshots: BTreeMap<Seq, Vec<Bytes>>,
}

/// Something of each of the two stores.
#[derive(Debug, Clone, Copy, Default)]
struct Both<T> {
    reference: T,
    tested: T,
}

impl Model {
    fn new(seed: u64) -> Self {
        let base = super::fixture::scope();
        let scopes = ["", " ", "'"].map(|name| Scope::new(format!("{}{name}", base.as_str())));
        Self {
            reference: MemoryStore::new(),
            random: Random::new(seed),
            scopes: scopes.to_vec(),
            known: Vec::new(),
            contents: BTreeSet::new(),
            now_ms: BEGAN_MS,
            context: String::new(),
        }
    }

    /// Gives all leases back and closes the store.
    async fn let_go(&mut self, tested: &impl StateStore) {
        for known in &mut self.known {
            known.lease = None;
        }
        tested.close().await.unwrap();
    }

    /// Asserts that two outcomes are the same, and returns it.
    fn same<T: PartialEq + std::fmt::Debug>(
        &self,
        reference: Result<T, StoreError>,
        tested: Result<T, StoreError>,
    ) -> Result<T, StoreErrorKind> {
        let (reference, tested) = (reference.map_err(|error| error.kind), tested.map_err(|error| error.kind));
        assert_eq!(tested, reference, "{}", self.context);
        reference
    }

    fn make_known(&mut self, branch: &Branch, parent: Option<ForkPoint>) {
        if self.known.iter().all(|known| known.branch != *branch) {
            self.known.push(Known {
                branch: branch.clone(),
                parent,
                lease: None,
                epoch: Both::default(),
                signals: Vec::new(),
                snapshots: BTreeMap::new(),
            });
        }
    }

    /// The leases with which someone writes: the former holder's is one that is not good any more.
    fn leases(&self, of: usize, writer: Writer) -> Both<Lease> {
        let Known { branch, lease, epoch, .. } = &self.known[of];
        let before = |epoch: u64| Lease::new(branch.clone(), epoch.wrapping_sub(1), ());
        match (writer, lease) {
            (Writer::Holder, Some(both)) => both.clone(),
            _ => Both { reference: before(epoch.reference), tested: before(epoch.tested) },
        }
    }

    async fn apply(&mut self, tested: &impl StateStore, operation: Operation) {
        let reference = self.reference.clone();
        match operation {
            Operation::Create(branch) => {
                self.same(reference.create(&branch).await, tested.create(&branch).await).unwrap();
                self.make_known(&branch, None);
            }
            Operation::Fork { from, at, to, name } => {
                let forked = reference.fork(&from, at, to, &name).await;
                if let Ok(fork) = self.same(forked, tested.fork(&from, at, to, &name).await) {
                    self.make_known(&fork, Some(ForkPoint { branch: from.id, at }));
                }
            }
            Operation::Acquire(of) => self.acquire(tested, of).await,
            Operation::Release(of) => self.known[of].lease = None,
            Operation::Append { to, writer, after, batch } => {
                self.contents.extend(batch.blobs.iter().cloned());
                let leases = self.leases(to, writer);
                let appended = reference.append(&leases.reference, after, batch.clone()).await;
                // Who is refused is told so, whether or not the log would have let them.
                let _ = self.same(appended, tested.append(&leases.tested, after, batch).await);
            }
            Operation::Post { to, id, signal } => {
                let posted = reference.post(&to, id, signal.clone()).await;
                self.same(posted, tested.post(&to, id, signal).await).unwrap();
                if let Some(known) = self.known.iter_mut().find(|known| known.branch == to) {
                    known.signals.push(id);
                }
            }
            Operation::PutSnapshot { of, writer, at, snapshot } => {
                self.keep_snapshot(tested, of, writer, at, snapshot).await;
            }
            Operation::Collect { scope, what } => {
                let collected = reference.collect(&scope, what).await;
                self.same(collected, tested.collect(&scope, what).await).unwrap();
            }
            Operation::Close => self.same(reference.close().await, tested.close().await).unwrap(),
            Operation::Reopen => {}
            other => self.look(tested, other).await,
        }
    }

    async fn acquire(&mut self, tested: &impl StateStore, of: usize) {
        let branch = self.known[of].branch.clone();
        let leases = (self.reference.acquire(&branch).await, tested.acquire(&branch).await);
        let (reference, tested) = leases;
        let kinds = (reference.as_ref().map(Lease::branch), tested.as_ref().map(Lease::branch));
        let _ = self.same(kinds.0.map_err(Clone::clone), kinds.1.map_err(Clone::clone));
        if let (Ok(reference), Ok(tested)) = (reference, tested) {
            self.known[of].epoch = Both { reference: reference.epoch(), tested: tested.epoch() };
            self.known[of].lease = Some(Both { reference, tested });
        }
    }

    /// A store that keeps no snapshots may accept what the reference refuses; it must then never give it out.
    async fn keep_snapshot(
        &mut self,
        tested: &impl StateStore,
        of: usize,
        writer: Writer,
        at: Seq,
        snapshot: Bytes,
    ) {
        let leases = self.leases(of, writer);
        let kept = self.reference.put_snapshot(&leases.reference, at, snapshot.clone()).await;
        let outcome = tested.put_snapshot(&leases.tested, at, snapshot.clone()).await;
        match (kept, outcome) {
            (Ok(()), Ok(())) => self.known[of].snapshots.entry(at).or_default().push(snapshot),
            (Err(_), Ok(())) => {}
            (kept, outcome) => {
                let _ = self.same(kept, outcome);
            }
        }
    }
}
