//! The list of calls to models.

use super::{
    Store,
    fixture::{note, scope},
    work::{
        THEN_MS, Writer, answer, answered, attempt, call, cost, effect, ended, exec, failed, forked, intent,
        request, started, two_projects, usage, whole_call,
    },
};
use crate::{
    budget::Spend,
    digest::Digest,
    id::{BranchId, ProjectId, QuestionId},
    llm::{LlmError, LlmErrorKind, Usage},
    store::{CallQuery, CallRow, CallStatus, EffectKind, EffectResult, Record, Scope, Seq, report},
};

/// What is found, once it was seen to be what the logs give.
async fn find(store: &Store, scope: &Scope, query: CallQuery) -> Vec<CallRow> {
    let found = store.calls(scope, query).await.unwrap();
    assert_eq!(found, report::calls(&**store, scope, query).await.unwrap(), "{query:?}");
    found
}

async fn all(store: &Store, writer: &Writer) -> Vec<CallRow> {
    find(store, &writer.branch().scope, CallQuery::default()).await
}

fn names(calls: &[CallRow]) -> Vec<&str> {
    calls.iter().map(|call| call.effect.name.as_str()).collect()
}

/// Makes calls of these names, a millisecond after the other.
async fn make(writer: &mut Writer, names: &[&str]) {
    let calls = names.iter().map(|name| call(&effect(attempt("a", 1), name), "test:model", cost(5, 6)));
    writer.write(calls.collect::<Vec<_>>()).await;
}

pub(super) async fn a_call_says_who_asked_what_and_what_came_of_it(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let (attempt, used) = (attempt("a", 2), Usage { cached_input: 2, reasoning: 1, ..usage(3, 4) });
    let effect = effect(attempt, "написать");
    writer.write([note("first"), started(attempt, "code-monkey")]).await;
    writer.write([call(&effect, "openai:gpt", cost(50, 100)), note("between")]).await;
    writer.write([answered(&effect, used, cost(20, 7)), ended(attempt)]).await;
    let calls = all(&store, &writer).await;
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!((&call.branch, call.seq, call.at_ms), (writer.branch(), Seq(3), THEN_MS + 2));
    assert_eq!((&call.effect, call.model.to_string()), (&effect, "openai:gpt".into()));
    assert_eq!(call.role.as_ref().map(crate::agent::Role::as_str), Some("code-monkey"));
    assert_eq!((call.template.as_deref(), call.request), (Some("code/write"), Digest::of(&request(&effect))));
    assert_eq!(call.status, CallStatus::Done { payload: Digest::of(&answer(&effect)) });
    assert_eq!((call.usage, call.spent, call.duration_ms), (Some(used), cost(20, 7), Some(1234)));
}

pub(super) async fn a_call_without_an_outcome_is_open_and_costs_what_was_reserved(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    make(&mut writer, &["write"]).await;
    let call = &all(&store, &writer).await[0];
    assert_eq!((&call.status, call.spent), (&CallStatus::Open, cost(5, 6)));
    assert_eq!((call.usage, call.duration_ms, &call.role), (None, None, &None));
}

pub(super) async fn a_call_that_failed_says_why(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let effect = effect(attempt("a", 1), "write");
    writer.write([call(&effect, "test:model", cost(50, 100)), failed(&effect, cost(1, 0))]).await;
    let call = &all(&store, &writer).await[0];
    let message = LlmError::new(LlmErrorKind::RateLimited, "slow down").to_string();
    assert_eq!((&call.status, call.spent), (&CallStatus::Failed { message }, cost(1, 0)));
    assert_eq!((call.usage, call.duration_ms), (None, None));
}

pub(super) async fn a_call_that_was_made_again_is_two(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let effect = effect(attempt("a", 1), "write");
    writer
        .write([call(&effect, "test:model", cost(50, 100)), call(&effect, "test:model", cost(60, 100))])
        .await;
    writer.write([answered(&effect, usage(1, 2), cost(10, 3))]).await;
    let calls = all(&store, &writer).await;
    let seen: Vec<_> =
        calls.iter().map(|call| (call.seq, call.spent, call.status == CallStatus::Open)).collect();
    assert_eq!(seen, [(Seq(2), cost(10, 3), false), (Seq(1), cost(50, 100), true)], "the first was cut off");
}

pub(super) async fn effects_of_one_name_are_told_apart(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let mut effects = Vec::new();
    for attempt in [attempt("a", 1), attempt("a", 2), attempt("b", 1)] {
        for nth in 0..2 {
            effects.push(crate::store::EffectId { nth, ..effect(attempt, "write") });
        }
    }
    writer.write(effects.iter().map(|effect| call(effect, "test:model", cost(9, 9)))).await;
    for (n, effect) in effects.iter().enumerate().rev() {
        writer.write([answered(effect, usage(1, 1), cost(n as u64, 2))]).await;
    }
    let mut calls = all(&store, &writer).await;
    calls.reverse();
    for (n, (call, effect)) in calls.iter().zip(&effects).enumerate() {
        assert_eq!((&call.effect, call.spent), (effect, cost(n as u64, 2)));
    }
    assert_eq!(calls.len(), effects.len());
}

pub(super) async fn only_calls_to_models_are_calls(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let names = ["exec", "ask", "custom"].map(|name| effect(attempt("a", 1), name));
    let question = EffectKind::Question { question: QuestionId::derive(["?"]) };
    writer
        .write([
            exec(&names[0]),
            intent(&names[1], question, Spend::default()),
            intent(&names[2], EffectKind::Custom, Spend::default()),
        ])
        .await;
    let done = EffectResult::Done { payload: Digest::of(b"payload"), usage: None, duration_ms: 7 };
    writer
        .write(names.map(|effect| Record::Outcome { effect, result: done.clone(), spent: Spend::default() }))
        .await;
    assert_eq!(all(&store, &writer).await, []);
}

pub(super) async fn an_outcome_without_a_call_is_none(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    writer.write([answered(&effect(attempt("a", 1), "write"), usage(1, 2), cost(3, 4))]).await;
    assert_eq!(all(&store, &writer).await, []);
}

pub(super) async fn the_newest_call_comes_first(store: Store) {
    let (mut one, mut other) = two_projects(&store).await;
    other = other.at(THEN_MS + 1);
    make(&mut one, &["1", "3"]).await;
    one = one.at(THEN_MS + 10);
    make(&mut one, &["4"]).await;
    other = other.at(THEN_MS + 5);
    make(&mut other, &["2"]).await;
    assert_eq!(names(&all(&store, &one).await), ["4", "2", "3", "1"]);
}

pub(super) async fn pages_of_calls_have_no_gaps_and_no_doubles(store: Store) {
    let (mut one, mut other) = two_projects(&store).await;
    // Many at one time: then the branch decides, and then the number.
    for _ in 0..4 {
        for writer in [&mut one, &mut other] {
            writer.now_ms = THEN_MS;
            make(writer, &["a", "b", "c"]).await;
        }
    }
    let listed = all(&store, &one).await;
    assert_eq!(listed.len(), 24);
    assert!(listed.windows(2).all(|pair| pair[0].place() > pair[1].place()));
    for limit in [1, 2, 5, 7] {
        let (mut query, mut seen) = (CallQuery { limit, ..CallQuery::default() }, Vec::new());
        loop {
            let page = store.calls(&one.branch().scope, query).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= limit);
            query.before = Some(last.place());
            seen.extend(page);
        }
        assert_eq!(seen, listed, "{limit} at a time");
    }
}

pub(super) async fn calls_are_found_by_when_they_began(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    make(&mut writer, &["0", "1", "2", "3"]).await;
    let scope = writer.branch().scope.clone();
    for (since, until, expected) in
        [(0, 2, &["1", "0"][..]), (1, 3, &["2", "1"]), (2, 2, &[]), (3, 1, &[]), (3, 9, &["3"]), (4, 9, &[])]
    {
        let (since_ms, until_ms) = (THEN_MS + since, THEN_MS + until);
        let found = find(&store, &scope, CallQuery { since_ms, until_ms, ..CallQuery::default() }).await;
        assert_eq!(names(&found), expected, "from {since} to {until}");
    }
    let ever = CallQuery { since_ms: 0, until_ms: u64::MAX, limit: usize::MAX, ..CallQuery::default() };
    assert_eq!(find(&store, &scope, ever).await.len(), 4);
    let never = CallQuery { since_ms: u64::MAX, ..ever };
    assert_eq!(find(&store, &scope, never).await, []);
    assert_eq!(find(&store, &scope, CallQuery { limit: 0, ..ever }).await, []);
}

pub(super) async fn calls_are_found_by_project(store: Store) {
    let (mut one, mut other) = two_projects(&store).await;
    make(&mut one, &["1"]).await;
    make(&mut other, &["2"]).await;
    let mut side = one.fork().await;
    make(&mut side, &["3"]).await;
    let scope = one.branch().scope.clone();
    let of = |project| CallQuery { project: Some(project), ..CallQuery::default() };
    assert_eq!(names(&find(&store, &scope, of(one.branch().project)).await), ["3", "1"]);
    assert_eq!(names(&find(&store, &scope, of(other.branch().project)).await), ["2"]);
    assert_eq!(find(&store, &scope, of(ProjectId::fresh())).await, []);
    let late = CallQuery { since_ms: THEN_MS + 1, ..of(one.branch().project) };
    assert_eq!(names(&find(&store, &scope, late).await), ["3"]);
}

pub(super) async fn what_a_fork_shares_is_its_parents_call(store: Store) {
    let mut main = Writer::fresh(&store).await;
    main.write([started(attempt("a", 1), "writer")]).await;
    make(&mut main, &["shared"]).await;
    let mut side = main.fork().await;
    let record = forked(main.branch(), side.head, cost(5, 6));
    side.write([record]).await;
    make(&mut side, &["side"]).await;
    make(&mut main, &["main"]).await;
    let calls = all(&store, &main).await;
    let mut of_branches: Vec<_> =
        calls.iter().map(|call| (call.effect.name.as_str(), call.branch.id)).collect();
    of_branches.sort();
    let (main_id, side_id) = (main.branch().id, side.branch().id);
    assert_eq!(of_branches, [("main", main_id), ("shared", main_id), ("side", side_id)]);
    let roles = calls.iter().map(|call| call.role.as_ref().map(crate::agent::Role::as_str));
    assert!(roles.into_iter().all(|role| role == Some("writer")), "a fork knows who began what it shares");
}

pub(super) async fn an_outcome_on_the_parent_is_none_on_the_fork(store: Store) {
    let mut main = Writer::fresh(&store).await;
    make(&mut main, &["shared"]).await;
    let mut side = main.fork().await;
    let shared = effect(attempt("a", 1), "shared");
    main.write([answered(&shared, usage(1, 2), cost(1, 3))]).await;
    side.write([note("apart")]).await;
    let calls = all(&store, &main).await;
    assert_eq!(calls.len(), 1);
    assert_eq!((&calls[0].branch, calls[0].spent), (main.branch(), cost(1, 3)));
}

pub(super) async fn a_scope_lists_no_other_scopes_calls(store: Store) {
    let (mut mine, mut theirs) = (Writer::fresh(&store).await, Writer::fresh(&store).await);
    make(&mut mine, &["mine"]).await;
    make(&mut theirs, &["theirs"]).await;
    assert_eq!(names(&all(&store, &mine).await), ["mine"]);
    assert_eq!(names(&all(&store, &theirs).await), ["theirs"]);
    let query = CallQuery { project: Some(theirs.branch().project), ..CallQuery::default() };
    assert_eq!(find(&store, &mine.branch().scope, query).await, []);
    assert_eq!(find(&store, &scope(), CallQuery::default()).await, []);
}

pub(super) async fn a_refused_call_is_not_listed(store: Store) {
    let writer = Writer::fresh(&store).await;
    let batch = whole_call(&effect(attempt("a", 1), "write"));
    assert!(store.append(writer.lease(), Seq(7), batch).await.is_err());
    assert_eq!(all(&store, &writer).await, []);
    let side = store.fork(writer.branch(), Seq::START, BranchId::fresh(), "side").await.unwrap();
    assert_eq!(find(&store, &side.scope, CallQuery::default()).await, []);
}
