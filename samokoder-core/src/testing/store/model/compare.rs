//! Whether both stores say the same.

use bytes::Bytes;

use super::{Model, Operation};
use crate::{
    digest::Digest,
    store::{Branch, CallQuery, Page, Scope, Seq, StateStore},
};

impl Model {
    /// Asks both stores something.
    pub(super) async fn look(&self, tested: &impl StateStore, operation: Operation) {
        let reference = &self.reference;
        match operation {
            Operation::Snapshot { of, until } => {
                let found = tested.snapshot(&of, until).await.map_err(|error| error.kind);
                let found = found.unwrap_or_else(|kind| unreachable!("{kind:?}: {}", self.context));
                if let Some((at, snapshot)) = found {
                    assert!(self.is_right(&of, until, at, &snapshot), "{at} was found: {}", self.context);
                }
            }
            Operation::Read { branch, after, limit } => {
                let records = reference.read(&branch, after, limit).await;
                let _ = self.same(records, tested.read(&branch, after, limit).await);
            }
            Operation::Projects { scope, limit } => self.page_projects(tested, &scope, limit).await,
            Operation::Project(branch) => {
                let project = reference.project(&branch).await;
                let _ = self.same(project, tested.project(&branch).await);
            }
            Operation::Calls { scope, query } => self.page_calls(tested, &scope, query).await,
            Operation::Spending { scope, since_ms, until_ms } => {
                let rows = reference.spending(&scope, since_ms, until_ms).await;
                let _ = self.same(rows, tested.spending(&scope, since_ms, until_ms).await);
            }
            Operation::Look(branch) => self.compare(tested, &branch).await,
            other => unreachable!("{other:?} changes something"),
        }
    }

    /// Whether a snapshot was put for this record, on the branch or where it was forked from.
    fn is_right(&self, branch: &Branch, until: Seq, at: Seq, snapshot: &Bytes) -> bool {
        let mut place = Some((branch.clone(), until));
        while let Some((branch, until)) = place {
            let Some(known) = self.known.iter().find(|known| known.branch == branch) else { break };
            if at <= until && known.snapshots.get(&at).is_some_and(|put| put.contains(snapshot)) {
                return true;
            }
            place = known.parent.map(|parent| (Branch { id: parent.branch, ..branch }, until.min(parent.at)));
        }
        false
    }

    async fn page_projects(&self, tested: &impl StateStore, scope: &Scope, limit: usize) {
        let mut page = Page { before: None, limit };
        loop {
            let listed = self.reference.projects(scope, page).await;
            let listed = self.same(listed, tested.projects(scope, page).await).unwrap();
            let Some(last) = listed.last() else { return };
            page.before = Some((last.created_ms, last.project));
        }
    }

    async fn page_calls(&self, tested: &impl StateStore, scope: &Scope, mut query: CallQuery) {
        loop {
            let listed = self.reference.calls(scope, query).await;
            let listed = self.same(listed, tested.calls(scope, query).await).unwrap();
            let Some(last) = listed.last() else { return };
            query.before = Some(last.place());
        }
    }

    async fn compare(&self, tested: &impl StateStore, branch: &Branch) {
        let reference = &self.reference;
        let info = self.same(reference.info(branch).await, tested.info(branch).await);
        let _ = self.same(reference.signals(branch).await, tested.signals(branch).await);
        let (records, theirs) = (
            reference.read(branch, Seq::START, usize::MAX).await,
            tested.read(branch, Seq::START, usize::MAX).await,
        );
        let _ = self.same(records, theirs);
        if let Some(before) = info.ok().and_then(|info| info.head.0.checked_sub(1)) {
            let head = reference.wait(branch, Seq(before)).await;
            let _ = self.same(head, tested.wait(branch, Seq(before)).await);
        }
    }

    /// Compares all that there is.
    pub(super) async fn compare_all(&self, tested: &impl StateStore) {
        let reference = &self.reference;
        for scope in &self.scopes {
            let branches = self.same(reference.branches(scope).await, tested.branches(scope).await).unwrap();
            for branch in branches {
                self.compare(tested, &branch).await;
                self.look(tested, Operation::Project(branch.clone())).await;
                self.look(tested, Operation::Snapshot { of: branch, until: Seq(u64::MAX) }).await;
            }
            self.page_projects(tested, scope, 5).await;
            self.page_calls(tested, scope, CallQuery { limit: 50, ..CallQuery::default() }).await;
            let spending = Operation::Spending { scope: scope.clone(), since_ms: 0, until_ms: u64::MAX };
            self.look(tested, spending).await;
            for content in &self.contents {
                let digest = Digest::of(content);
                let _ = self.same(reference.blob(scope, digest).await, tested.blob(scope, digest).await);
            }
        }
    }
}
