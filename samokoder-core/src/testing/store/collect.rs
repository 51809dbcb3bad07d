//! Removing contents that are not needed.

use bytes::Bytes;
use futures::join;

use super::{
    Store,
    fixture::{ALL, commit, kind, note, notes, scope},
    work::{
        THEN_MS, Writer, answer, attempt, call, deleted, effect, ended, file, forked, request, started,
        whole_call, written,
    },
};
use crate::{
    budget::Spend,
    digest::Digest,
    store::{Batch, Branch, Collect, Collected, Record, Scope, Seq, StoreErrorKind},
};

/// Removes all that may be removed; calls are kept for ever.
const ALL_UNUSED: Collect = Collect { stored_before_ms: u64::MAX, calls_before_ms: None, dry_run: false };

/// Removes what calls asked and answered before this, too.
fn calls_before(ms: u64) -> Collect {
    Collect { calls_before_ms: Some(ms), ..ALL_UNUSED }
}

async fn has(store: &Store, scope: &Scope, content: &[u8]) -> bool {
    match store.blob(scope, Digest::of(content)).await {
        Ok(found) => {
            assert_eq!(found, content);
            true
        }
        Err(error) => {
            assert_eq!(error.kind, StoreErrorKind::NotFound);
            false
        }
    }
}

/// What there is of these contents.
async fn left<'a>(store: &Store, scope: &Scope, contents: &[&'a str]) -> Vec<&'a str> {
    let mut left = Vec::new();
    for content in contents {
        if has(store, scope, content.as_bytes()).await {
            left.push(*content);
        }
    }
    left
}

fn contents<const N: usize>(contents: [&'static str; N]) -> Batch {
    Batch { blobs: contents.map(Bytes::from).to_vec(), ..Batch::default() }
}

/// The store's own time, once it is another one.
async fn later(writer: &mut Writer, store: &Store) -> u64 {
    let mut first = None;
    loop {
        writer.head = store.append(writer.lease(), writer.head, notes(["tick"])).await.unwrap();
        let before = Seq(writer.head.0 - 1);
        let now = store.read(writer.branch(), before, 1).await.unwrap()[0].at_ms;
        if *first.get_or_insert(now) < now {
            return now;
        }
        tokio::task::yield_now().await;
    }
}

pub(super) async fn what_no_log_refers_to_is_removed(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    writer.append(contents(["unused", "unused too"])).await;
    writer.append(file("a", "used", None)).await;
    let scope = writer.branch().scope.clone();
    let collected = store.collect(&scope, ALL_UNUSED).await.unwrap();
    assert_eq!(collected, Collected { contents: 2, bytes: 16 }, "each once, as large as it was put in");
    assert_eq!(left(&store, &scope, &["unused", "unused too", "used"]).await, ["used"]);
    assert_eq!(
        store.collect(&scope, ALL_UNUSED).await.unwrap(),
        Collected::default(),
        "nothing is left to remove"
    );
}

pub(super) async fn a_scope_without_contents_has_nothing_to_remove(store: Store) {
    assert_eq!(store.collect(&scope(), ALL_UNUSED).await.unwrap(), Collected::default());
    let writer = Writer::fresh(&store).await;
    assert_eq!(store.collect(&writer.branch().scope, ALL_UNUSED).await.unwrap(), Collected::default());
}

pub(super) async fn contents_of_every_size_are_counted_as_they_were_put_in(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let blobs = vec![Bytes::new(), Bytes::from("ё".repeat(100_000)), Bytes::from_static(b"1")];
    writer.append(Batch { blobs, ..Batch::default() }).await;
    let collected = store.collect(&writer.branch().scope, ALL_UNUSED).await.unwrap();
    assert_eq!(collected, Collected { contents: 3, bytes: 200_001 });
}

pub(super) async fn what_a_file_ever_was_is_kept(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    writer.append(file("a", "first", None)).await;
    writer.append(file("a", "second", Some("first"))).await;
    writer.write([deleted("a", "second")]).await;
    let scope = writer.branch().scope.clone();
    for what in [ALL_UNUSED, calls_before(u64::MAX)] {
        assert_eq!(store.collect(&scope, what).await.unwrap(), Collected::default());
    }
    assert_eq!(left(&store, &scope, &["first", "second"]).await, ["first", "second"]);
}

pub(super) async fn what_forks_wrote_is_kept(store: Store) {
    let mut main = Writer::fresh(&store).await;
    main.append(file("a", "shared", None)).await;
    let mut side = main.fork().await;
    side.append(file("a", "side", Some("shared"))).await;
    let mut third = side.fork().await;
    third.append(file("a", "third", Some("side"))).await;
    main.append(file("a", "main", Some("shared"))).await;
    main.append(contents(["unused"])).await;
    let scope = main.branch().scope.clone();
    assert_eq!(store.collect(&scope, calls_before(u64::MAX)).await.unwrap().contents, 1);
    let files = ["shared", "side", "third", "main"];
    assert_eq!(left(&store, &scope, &files).await, files);
}

pub(super) async fn what_was_stored_lately_stays(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    writer.append(contents(["early"])).await;
    let between = later(&mut writer, &store).await;
    writer.append(contents(["late"])).await;
    let scope = writer.branch().scope.clone();
    let none = Collect { stored_before_ms: 0, ..ALL_UNUSED };
    assert_eq!(store.collect(&scope, none).await.unwrap(), Collected::default());
    let some = Collect { stored_before_ms: between, ..ALL_UNUSED };
    assert_eq!(store.collect(&scope, some).await.unwrap().contents, 1);
    assert_eq!(left(&store, &scope, &["early", "late"]).await, ["late"]);
}

pub(super) async fn what_is_stored_again_was_stored_lately(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    writer.append(contents(["again", "once"])).await;
    let between = later(&mut writer, &store).await;
    writer.append(contents(["again"])).await;
    let scope = writer.branch().scope.clone();
    store.collect(&scope, Collect { stored_before_ms: between, ..ALL_UNUSED }).await.unwrap();
    // Whoever stored it again is about to refer to it.
    writer.write([commit(vec![written("a", "again", None)])]).await;
    assert_eq!(left(&store, &scope, &["again", "once"]).await, ["again"]);
}

pub(super) async fn a_dry_run_counts_the_same_and_removes_nothing(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let attempt = attempt("a", 1);
    writer.append(contents(["unused"])).await;
    writer.write([started(attempt, "writer")]).await;
    writer.append(whole_call(&effect(attempt, "write"))).await;
    writer.write([ended(attempt)]).await;
    let scope = writer.branch().scope.clone();
    for what in [ALL_UNUSED, calls_before(u64::MAX)] {
        let dry = store.collect(&scope, Collect { dry_run: true, ..what }).await.unwrap();
        assert!(has(&store, &scope, b"unused").await || dry.contents == 2);
        assert!(has(&store, &scope, &request(&effect(attempt, "write"))).await);
        assert_eq!(store.collect(&scope, what).await.unwrap(), dry);
        assert!(dry.contents > 0);
    }
}

pub(super) async fn another_scopes_contents_stay(store: Store) {
    let (mut mine, mut theirs) = (Writer::fresh(&store).await, Writer::fresh(&store).await);
    mine.append(contents(["unused", "theirs"])).await;
    theirs.append(contents(["unused"])).await;
    theirs.append(file("a", "theirs", None)).await;
    let (scope, other) = (mine.branch().scope.clone(), theirs.branch().scope.clone());
    assert_eq!(
        store.collect(&scope, ALL_UNUSED).await.unwrap().contents,
        2,
        "their log keeps nothing of mine"
    );
    assert_eq!(left(&store, &scope, &["unused", "theirs"]).await, [""; 0]);
    assert_eq!(left(&store, &other, &["unused", "theirs"]).await, ["unused", "theirs"]);
}

/// An attempt with a call, which has ended if it is said so.
async fn attempted(writer: &mut Writer, name: &str, has_ended: bool) -> [Bytes; 2] {
    let attempt = attempt(name, 1);
    let effect = effect(attempt, "write");
    writer.write([started(attempt, "writer")]).await;
    writer.append(whole_call(&effect)).await;
    if has_ended {
        writer.write([ended(attempt)]).await;
    }
    [request(&effect), answer(&effect)]
}

/// Whether both are there; never one of them.
async fn is_kept(store: &Store, scope: &Scope, [request, answer]: &[Bytes; 2]) -> bool {
    let (asked, answered) = (has(store, scope, request).await, has(store, scope, answer).await);
    assert_eq!(asked, answered);
    asked
}

pub(super) async fn calls_are_kept_for_ever_if_nothing_else_is_said(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let call = attempted(&mut writer, "a", true).await;
    let scope = writer.branch().scope.clone();
    assert_eq!(store.collect(&scope, ALL_UNUSED).await.unwrap(), Collected::default());
    assert!(is_kept(&store, &scope, &call).await);
}

pub(super) async fn old_calls_go_when_their_attempt_has_ended(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let old = attempted(&mut writer, "old", true).await;
    let open = attempted(&mut writer, "open", false).await;
    let limit = writer.now_ms;
    let late = attempted(&mut writer, "late", true).await;
    let scope = writer.branch().scope.clone();
    assert_eq!(store.collect(&scope, calls_before(THEN_MS)).await.unwrap(), Collected::default());
    let collected = store.collect(&scope, calls_before(limit)).await.unwrap();
    let bytes = old.iter().map(|content| content.len() as u64).sum();
    assert_eq!(collected, Collected { contents: 2, bytes });
    assert!(!is_kept(&store, &scope, &old).await);
    assert!(is_kept(&store, &scope, &open).await, "a run that is resumed needs it");
    assert!(is_kept(&store, &scope, &late).await);
    writer.write([ended(attempt("open", 1))]).await;
    assert_eq!(store.collect(&scope, calls_before(limit)).await.unwrap().contents, 2);
    assert!(!is_kept(&store, &scope, &open).await);
}

pub(super) async fn an_old_call_without_an_answer_goes_with_its_attempt(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let attempt = attempt("a", 1);
    let effect = effect(attempt, "write");
    let records = vec![started(attempt, "writer"), call(&effect, "test:model", Spend::default())];
    writer.append(Batch { records, blobs: vec![request(&effect)], ..Batch::default() }).await;
    let scope = writer.branch().scope.clone();
    assert_eq!(store.collect(&scope, calls_before(u64::MAX)).await.unwrap(), Collected::default());
    writer.write([ended(attempt)]).await;
    assert_eq!(store.collect(&scope, calls_before(u64::MAX)).await.unwrap().contents, 1);
}

pub(super) async fn what_another_attempt_asked_the_same_is_kept_for_it(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let (first, second) = (effect(attempt("a", 1), "write"), effect(attempt("a", 2), "write"));
    writer.append(whole_call(&first)).await;
    writer.write([ended(first.attempt)]).await;
    let Record::Intent { kind, request: asked, reserved, .. } = call(&first, "test:model", Spend::default())
    else {
        unreachable!("a call is an intent")
    };
    writer.write([Record::Intent { effect: second.clone(), kind, request: asked, reserved }]).await;
    let scope = writer.branch().scope.clone();
    assert_eq!(store.collect(&scope, calls_before(u64::MAX)).await.unwrap().contents, 1);
    assert!(has(&store, &scope, &request(&first)).await, "the second attempt is open");
    writer.write([ended(second.attempt)]).await;
    assert_eq!(store.collect(&scope, calls_before(u64::MAX)).await.unwrap().contents, 1);
}

pub(super) async fn a_content_of_a_file_and_of_a_call_stays(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let effect = effect(attempt("a", 1), "write");
    writer.append(whole_call(&effect)).await;
    let text = String::from_utf8(answer(&effect).to_vec()).unwrap();
    writer.append(file("a", &text, None)).await;
    writer.write([ended(effect.attempt)]).await;
    let scope = writer.branch().scope.clone();
    assert_eq!(store.collect(&scope, calls_before(u64::MAX)).await.unwrap().contents, 1);
    assert!(has(&store, &scope, text.as_bytes()).await);
    assert!(!has(&store, &scope, &request(&effect)).await);
}

pub(super) async fn an_attempt_that_is_open_on_a_fork_keeps_its_calls(store: Store) {
    let mut main = Writer::fresh(&store).await;
    let call = attempted(&mut main, "a", false).await;
    let mut side = main.fork().await;
    main.write([ended(attempt("a", 1))]).await;
    let scope = main.branch().scope.clone();
    assert_eq!(store.collect(&scope, calls_before(u64::MAX)).await.unwrap(), Collected::default());
    assert!(is_kept(&store, &scope, &call).await);
    // With its first record of its own a fork says that it does not go on with what others were at.
    let record = forked(main.branch(), side.head, Spend::default());
    side.write([record]).await;
    assert_eq!(store.collect(&scope, calls_before(u64::MAX)).await.unwrap().contents, 2);
    assert!(!is_kept(&store, &scope, &call).await);
}

pub(super) async fn an_attempt_that_is_open_on_the_parent_keeps_its_calls(store: Store) {
    let mut main = Writer::fresh(&store).await;
    let call = attempted(&mut main, "a", false).await;
    let mut side = main.fork().await;
    let record = forked(main.branch(), side.head, Spend::default());
    side.write([record]).await;
    let scope = main.branch().scope.clone();
    assert_eq!(store.collect(&scope, calls_before(u64::MAX)).await.unwrap(), Collected::default());
    assert!(is_kept(&store, &scope, &call).await);
}

pub(super) async fn what_was_removed_can_be_stored_again(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let scope = writer.branch().scope.clone();
    for n in 0..3 {
        writer.append(contents(["again"])).await;
        assert_eq!(store.collect(&scope, ALL_UNUSED).await.unwrap().contents, 1, "round {n}");
        assert!(!has(&store, &scope, b"again").await);
    }
    writer.append(file("a", "again", None)).await;
    assert_eq!(store.collect(&scope, ALL_UNUSED).await.unwrap(), Collected::default());
    assert!(has(&store, &scope, b"again").await);
}

pub(super) async fn the_logs_stay_as_they_are(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    attempted(&mut writer, "a", true).await;
    writer.append(file("a", "used", None)).await;
    let branch = writer.branch().clone();
    let look = async |branch: &Branch| {
        let calls = store.calls(&branch.scope, crate::store::CallQuery::default()).await.unwrap();
        let records = store.read(branch, Seq::START, ALL).await.unwrap();
        (records, store.info(branch).await.unwrap(), calls, store.project(branch).await.unwrap())
    };
    let before = look(&branch).await;
    assert_eq!(store.collect(&branch.scope, calls_before(u64::MAX)).await.unwrap().contents, 2);
    assert_eq!(look(&branch).await, before);
    writer.write([note("more")]).await;
}

pub(super) async fn collecting_while_others_write_removes_nothing_they_need(store: Store) {
    const ROUNDS: usize = 30;
    let mut writer = Writer::fresh(&store).await;
    let scope = writer.branch().scope.clone();
    let name = |n: usize| format!("content {n}");
    let writing = async {
        for n in 0..ROUNDS {
            writer.append(file(&format!("file{n}"), &name(n), None)).await;
            tokio::task::yield_now().await;
        }
    };
    let collecting = async {
        for _ in 0..ROUNDS {
            let collected = store.collect(&scope, ALL_UNUSED).await;
            assert_eq!(collected.unwrap(), Collected::default());
            tokio::task::yield_now().await;
        }
    };
    join!(writing, collecting);
    for n in 0..ROUNDS {
        assert!(has(&store, &scope, name(n).as_bytes()).await, "{n}");
    }
    assert_eq!(kind(store.blob(&scope, Digest::of(b"nothing")).await), StoreErrorKind::NotFound);
}
