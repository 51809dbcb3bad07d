//! A history that is read on from a snapshot is the one that is read from the start.

use super::*;
use crate::{
    id::BranchId,
    store::{Batch, ForkPoint, MemoryStore},
    testing::store::model::{plot::Plot, random::Random},
};

/// A store with a branch, and the histories that its log adds up to until each record, read without a snapshot.
struct Told {
    store: MemoryStore,
    lease: Lease,
    expected: Vec<History>,
}

fn branch() -> Branch {
    Branch {
        scope: crate::store::Scope::default(),
        project: crate::id::ProjectId::fresh(),
        id: BranchId::fresh(),
    }
}

impl Told {
    /// So many random batches.
    async fn new(seed: u64, batches: usize) -> Self {
        let store = MemoryStore::new();
        let branch = branch();
        store.create(&branch).await.unwrap();
        let lease = store.acquire(&branch).await.unwrap();
        let mut random = Random::new(seed);
        for _ in 0..batches {
            write(&store, &lease, None, &mut random).await;
        }
        let expected = expected(&store, &branch).await;
        Self { store, lease, expected }
    }

    fn branch(&self) -> &Branch {
        self.lease.branch()
    }

    /// Asserts that the history until each record is the expected one.
    async fn check(&self, context: &str) {
        for expected in &self.expected {
            let read = History::load_until(&self.store, self.branch(), expected.head).await.unwrap();
            assert_eq!(without_snapshot(read), *expected, "{context}, until {}", expected.head);
        }
        let last = History::load(&self.store, self.branch()).await.unwrap();
        assert_eq!(Some(&without_snapshot(last)), self.expected.last(), "{context}");
    }
}

/// Appends a random batch.
async fn write(store: &MemoryStore, lease: &Lease, first: Option<Record>, random: &mut Random) {
    let records = store.read(lease.branch(), Seq::START, usize::MAX).await.unwrap();
    let head = Seq::START.after(records.len());
    let batch = Plot::of(&records).batch(first, random);
    store.append(lease, head, batch).await.unwrap();
}

/// The histories until each record, of a store that has no snapshots.
async fn expected(store: &MemoryStore, branch: &Branch) -> Vec<History> {
    let mut history = History::default();
    let mut all = vec![history.clone()];
    for stored in store.read(branch, Seq::START, usize::MAX).await.unwrap() {
        history.add(stored).unwrap();
        all.push(history.clone());
    }
    all
}

/// Where it was read on from is no part of what it says.
fn without_snapshot(history: History) -> History {
    History { snapshot: Seq::START, ..history }
}

#[tokio::test]
async fn a_history_is_the_same_from_any_snapshot_until_every_record() {
    for seed in 0..4 {
        let told = Told::new(seed, 40).await;
        let attempts: usize = told.expected.iter().map(|history| history.open.len()).sum();
        assert!(attempts > 0, "seed {seed} has attempts that are open");
        for at in (1..told.expected.len()).step_by(7) {
            History::save(&told.store, &told.lease, Seq::START.after(at)).await.unwrap();
            told.check(&format!("seed {seed}, a snapshot at {at}")).await;
        }
    }
}

#[tokio::test]
async fn attempts_that_are_open_at_a_snapshot_have_their_bases() {
    let mut bases = 0;
    for seed in 10..14 {
        let told = Told::new(seed, 40).await;
        for expected in told.expected.iter().filter(|history| !history.open.is_empty()).step_by(5) {
            History::save(&told.store, &told.lease, expected.head).await.unwrap();
            let read = History::load_until(&told.store, told.branch(), expected.head).await.unwrap();
            assert_eq!(read.snapshot, expected.head, "the snapshot was used");
            for (key, open) in &read.open {
                let original = &expected.open[key];
                assert_eq!(open, original);
                assert_eq!(open.base.digest(&[]), original.base.digest(&[]));
                bases += usize::from(open.base.version() < expected.state.version());
            }
        }
    }
    assert!(bases > 10, "{bases} attempts began before the last commit");
}

#[tokio::test]
async fn a_snapshot_of_a_snapshot_is_the_same() {
    let direct = Told::new(20, 60).await;
    let end = direct.expected.last().unwrap().head;
    History::save(&direct.store, &direct.lease, end).await.unwrap();
    let (_, whole) = direct.store.snapshot(direct.branch(), end).await.unwrap().unwrap();
    for at in (10..end.0).step_by(10) {
        History::save(&direct.store, &direct.lease, Seq(at)).await.unwrap();
    }
    History::save(&direct.store, &direct.lease, end).await.unwrap();
    assert_eq!(direct.store.snapshot(direct.branch(), end).await.unwrap(), Some((end, whole)));
}

#[tokio::test]
async fn what_can_not_be_read_as_a_snapshot_is_passed_over() {
    let told = Told::new(30, 40).await;
    let end = told.expected.last().unwrap().head;
    History::save(&told.store, &told.lease, Seq(end.0 / 2)).await.unwrap();
    let (at, good) = told.store.snapshot(told.branch(), end).await.unwrap().unwrap();
    let newer = String::from_utf8(good.to_vec()).unwrap().replace("\"form\":1", "\"form\":2");
    let unlike = br#"{"form":1,"history":{"head":3,"state":"unlike"}}"#;
    for snapshot in [&b""[..], b"\0\xff", b"{}", unlike, newer.as_bytes(), &good[..good.len() - 1]] {
        told.store.put_snapshot(&told.lease, at, Bytes::copy_from_slice(snapshot)).await.unwrap();
        told.check(&format!("{:?}", String::from_utf8_lossy(&snapshot[..snapshot.len().min(40)]))).await;
    }
    // One that is of another record than it was kept for.
    told.store.put_snapshot(&told.lease, end, good).await.unwrap();
    told.check("a snapshot in the wrong place").await;
}

#[tokio::test]
async fn a_fork_reads_on_from_its_parents_snapshots() {
    for seed in 40..44 {
        let told = Told::new(seed, 30).await;
        let end = told.expected.last().unwrap().head;
        let at = Seq(end.0 / 2);
        for of in [at.0 / 2, at.0, end.0] {
            History::save(&told.store, &told.lease, Seq(of)).await.unwrap();
        }
        let side = told.store.fork(told.branch(), at, BranchId::fresh(), "side").await.unwrap();
        let lease = told.store.acquire(&side).await.unwrap();
        let mut random = Random::new(seed);
        let ForkPoint { branch: from, at } = told.store.info(&side).await.unwrap().parent.unwrap();
        let spent = told.expected.last().unwrap().spent();
        let forked = Record::Forked { from, at, spent, uncertain: Spend::default() };
        write(&told.store, &lease, Some(forked), &mut random).await;
        for _ in 0..10 {
            write(&told.store, &lease, None, &mut random).await;
        }
        let loaded = History::load(&told.store, &side).await.unwrap();
        assert_eq!(loaded.snapshot, at, "the parent's after that is not the fork's");
        let expected = expected(&told.store, &side).await;
        let side = Told { store: told.store.clone(), lease, expected };
        side.check(&format!("seed {seed}")).await;
        History::save(&side.store, &side.lease, side.expected.last().unwrap().head).await.unwrap();
        side.check(&format!("seed {seed}, with its own")).await;
        told.check(&format!("seed {seed}, the parent")).await;
    }
}

#[tokio::test]
async fn a_former_holder_saves_nothing() {
    let told = Told::new(50, 10).await;
    let former = Lease::new(told.branch().clone(), told.lease.epoch() - 1, ());
    let end = told.expected.last().unwrap().head;
    let refused = History::save(&told.store, &former, end).await.unwrap_err();
    let PipelineError::Store(error) = refused else { unreachable!("{refused}") };
    assert_eq!(error.kind, crate::store::StoreErrorKind::Fenced);
    assert_eq!(told.store.snapshot(told.branch(), end).await.unwrap(), None);
    assert_eq!(told.store.append(&told.lease, end, Batch::default()).await.unwrap(), end);
}
