//! What is done to both stores.

use bytes::Bytes;

use super::{Known, Model, plot::Plot, random::Random};
use crate::{
    budget::Spend,
    id::{BranchId, QuestionId, SignalId},
    store::{Batch, Branch, CallQuery, Collect, ForkPoint, Record, Scope, Seq, Signal, StateStore as _},
};

/// Something that is done to both stores. Branches are given by their place in the list of those that are known.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    Create(Branch),
    Fork { from: Branch, at: Seq, to: BranchId, name: String },
    Acquire(usize),
    Release(usize),
    Append { to: usize, writer: Writer, after: Seq, batch: Batch },
    Post { to: Branch, id: SignalId, signal: Signal },
    PutSnapshot { of: usize, writer: Writer, at: Seq, snapshot: Bytes },
    Snapshot { of: Branch, until: Seq },
    Collect { scope: Scope, what: Collect },
    Read { branch: Branch, after: Seq, limit: usize },
    Projects { scope: Scope, limit: usize },
    Project(Branch),
    Calls { scope: Scope, query: CallQuery },
    Spending { scope: Scope, since_ms: u64, until_ms: u64 },
    Look(Branch),
    Close,
    Reopen,
}

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Writer {
    /// Who has the lease.
    Holder,
    /// Someone who had it before.
    Former,
}

/// The branches that there may be.
const MOST_BRANCHES: usize = 14;

impl Model {
    /// What is done next.
    pub(super) async fn choose(&mut self) -> Operation {
        let random = &mut self.random;
        if self.known.is_empty() || (self.known.len() < MOST_BRANCHES && random.chance(4)) {
            return Operation::Create(self.new_branch());
        }
        let to = random.index(self.known.len());
        match random.below(100) {
            0..4 => self.fork(to).await,
            4..14 => Operation::Acquire(to),
            14..17 => Operation::Release(to),
            17..57 => self.append(to).await,
            57..61 => self.post(to),
            61..65 => self.put_snapshot(to).await,
            65..68 => {
                let of = self.known[to].branch.clone();
                Operation::Snapshot { of, until: self.seq(to, 2).await }
            }
            68..70 => self.collect(),
            70..76 => {
                let (branch, after) = (self.any_branch(to), self.seq(to, 2).await);
                let limit = self.random.index(12);
                Operation::Read { branch, after, limit }
            }
            76..80 => Operation::Projects { scope: self.scope(), limit: 1 + self.random.index(4) },
            80..84 => Operation::Project(self.any_branch(to)),
            84..89 => self.calls(to),
            89..92 => {
                let (since_ms, until_ms) = (self.time(), self.time());
                Operation::Spending { scope: self.scope(), since_ms, until_ms }
            }
            92..97 => Operation::Look(self.any_branch(to)),
            97..99 => Operation::Close,
            _ => Operation::Reopen,
        }
    }

    fn scope(&mut self) -> Scope {
        self.random.pick(&self.scopes).clone()
    }

    /// A branch that is known, or one that is not there.
    fn any_branch(&mut self, known: usize) -> Branch {
        let branch = self.known[known].branch.clone();
        if self.random.chance(95) { branch } else { Branch { scope: self.scope(), ..branch } }
    }

    /// A branch that may be there already: of a project that has others, or with the ids of one in another scope.
    fn new_branch(&mut self) -> Branch {
        let fresh = Branch { scope: self.scope(), project: self.random.id(), id: self.random.id() };
        let Some(like) = (!self.known.is_empty()).then(|| self.random.pick(&self.known).branch.clone())
        else {
            return fresh;
        };
        match self.random.below(5) {
            0 => like,
            1 => Branch { id: fresh.id, ..like },
            2 => Branch { scope: fresh.scope, ..like },
            _ => fresh,
        }
    }

    /// A number up to so many beyond the last one.
    async fn seq(&mut self, of: usize, beyond: u64) -> Seq {
        let head = self.reference.info(&self.known[of].branch).await.map_or(Seq::START, |info| info.head);
        Seq(self.random.below(head.0 + beyond + 1))
    }

    /// A time at which something happened, or nearly.
    fn time(&mut self) -> u64 {
        match self.random.below(6) {
            0 => 0,
            1 => u64::MAX,
            _ => super::BEGAN_MS + self.random.below(self.now_ms + 2 - super::BEGAN_MS),
        }
    }

    async fn fork(&mut self, from: usize) -> Operation {
        let at = self.seq(from, 1).await;
        let from = self.any_branch(from);
        let to = if self.known.len() < MOST_BRANCHES && self.random.chance(80) {
            self.random.id()
        } else {
            self.random.pick(&self.known).branch.id
        };
        Operation::Fork { from, at, to, name: format!("Ветвь {}", self.random.below(9)) }
    }

    async fn append(&mut self, to: usize) -> Operation {
        let Known { branch, parent, lease, .. } = &self.known[to];
        let records = self.reference.read(branch, Seq::START, usize::MAX).await.unwrap();
        let head = Seq::START.after(records.len());
        // Whoever forks a branch says so in its first record; here it may be forgotten.
        let parent = parent.filter(|parent| parent.at == head && self.random.chance(70));
        let forked = parent.map(|parent| forked(parent, &mut self.random));
        let may_conflict = lease.is_some();
        let mut batch = Plot::of(&records).batch(forked, &mut self.random);
        for _ in &batch.records {
            self.now_ms += self.random.below(3);
            let ago = if self.random.chance(5) { self.random.below(20) } else { 0 };
            batch.stamps.push(self.now_ms.saturating_sub(ago).max(super::BEGAN_MS));
        }
        let signals = &self.known[to].signals;
        if !signals.is_empty() && self.random.chance(30) {
            batch.taken.push(*self.random.pick(signals));
        }
        // Who is both fenced off and at the wrong place may be told either.
        match self.random.below(20) {
            0 => Operation::Append { to, writer: Writer::Former, after: head, batch },
            1 if may_conflict => {
                let after = Seq(self.random.below(head.0 + 3));
                Operation::Append { to, writer: Writer::Holder, after, batch }
            }
            _ => Operation::Append { to, writer: Writer::Holder, after: head, batch },
        }
    }

    fn post(&mut self, to: usize) -> Operation {
        let Known { branch, signals, .. } = &self.known[to];
        let known = (!signals.is_empty() && self.random.chance(20)).then(|| *self.random.pick(signals));
        let to = branch.clone();
        Operation::Post {
            to,
            id: known.unwrap_or_else(|| self.random.id()),
            signal: signal(&mut self.random),
        }
    }

    async fn put_snapshot(&mut self, of: usize) -> Operation {
        let is_held = self.known[of].lease.is_some();
        let writer = if self.random.chance(90) { Writer::Holder } else { Writer::Former };
        let beyond = u64::from(is_held && matches!(writer, Writer::Holder));
        let at = self.seq(of, beyond).await;
        let snapshot = Bytes::from(format!("snapshot {}", self.random.below(u64::MAX)));
        Operation::PutSnapshot { of, writer, at, snapshot }
    }

    /// Contents have the stores' own times, so all of them are old, or none.
    fn collect(&mut self) -> Operation {
        let what = Collect {
            stored_before_ms: if self.random.chance(90) { u64::MAX } else { 0 },
            calls_before_ms: self.random.chance(60).then(|| self.time()),
            dry_run: self.random.chance(30),
        };
        Operation::Collect { scope: self.scope(), what }
    }

    fn calls(&mut self, of: usize) -> Operation {
        let project = self.random.chance(50).then_some(self.known[of].branch.project);
        let (since_ms, until_ms) =
            if self.random.chance(50) { (0, u64::MAX) } else { (self.time(), self.time()) };
        let limit = 1 + self.random.index(6);
        let scope = self.any_branch(of).scope;
        Operation::Calls { scope, query: CallQuery { project, since_ms, until_ms, before: None, limit } }
    }
}

fn forked(parent: ForkPoint, random: &mut Random) -> Record {
    let ForkPoint { branch: from, at } = parent;
    let spent = Spend { tokens: random.below(1000), ..Spend::default() };
    Record::Forked { from, at, spent, uncertain: Spend::default() }
}

fn signal(random: &mut Random) -> Signal {
    if random.chance(50) {
        return Signal::Cancel;
    }
    let question = QuestionId::derive(["?"]);
    Signal::Answer { question, answer: format!("Ответ {}", random.below(9)) }
}
