//! What calls to models have cost, by model and agent.

use super::{
    Store,
    fixture::scope,
    work::{
        THEN_MS, Writer, answered, attempt, call, cost, effect, exec, failed, forked, started, sum, usage,
    },
};
use crate::{
    llm::Usage,
    store::{AttemptId, EffectId, Scope, SpendRow, report},
};

/// What is found, once it was seen to be what the logs give.
async fn spending(store: &Store, scope: &Scope, since_ms: u64, until_ms: u64) -> Vec<SpendRow> {
    let found = store.spending(scope, since_ms, until_ms).await.unwrap();
    assert_eq!(found, report::spending(&**store, scope, since_ms, until_ms).await.unwrap());
    found
}

async fn ever(store: &Store, writer: &Writer) -> Vec<SpendRow> {
    spending(store, &writer.branch().scope, 0, u64::MAX).await
}

fn row(model: &str, role: Option<&'static str>, usage: Usage, spent: crate::budget::Spend) -> SpendRow {
    SpendRow { model: model.parse().unwrap(), role: role.map(crate::agent::Role::new), usage, spent }
}

/// Begins an attempt of an agent and returns so many effects of it.
async fn begin<const N: usize>(writer: &mut Writer, role: &str) -> [EffectId; N] {
    let id: AttemptId = attempt(role, 1);
    writer.write([started(id, role)]).await;
    std::array::from_fn(|n| effect(id, &n.to_string()))
}

pub(super) async fn who_has_called_no_model_has_spent_nothing(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let [test] = begin(&mut writer, "tester").await;
    writer.write([exec(&test)]).await;
    assert_eq!(ever(&store, &writer).await, []);
    assert_eq!(spending(&store, &scope(), 0, u64::MAX).await, []);
}

pub(super) async fn spending_is_by_model_and_agent_in_their_order(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let of_writer: [_; 3] = begin(&mut writer, "writer").await;
    let [of_architect] = begin(&mut writer, "architect").await;
    for (effect, model) in
        of_writer.iter().zip(["b:large", "a:small", "b:large"]).chain([(&of_architect, "b:large")])
    {
        writer.write([call(effect, model, cost(9, 99)), answered(effect, usage(1, 2), cost(5, 3))]).await;
    }
    writer.write([call(&effect(attempt("nobody", 1), "x"), "b:large", cost(1, 1))]).await;
    let expected = [
        row("a:small", Some("writer"), usage(1, 2), cost(5, 3)),
        row("b:large", None, usage(0, 0), cost(1, 1)),
        row("b:large", Some("architect"), usage(1, 2), cost(5, 3)),
        row("b:large", Some("writer"), usage(2, 4), sum([cost(5, 3); 2])),
    ];
    assert_eq!(ever(&store, &writer).await, expected);
}

pub(super) async fn every_kind_of_tokens_is_summed(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let effects: [_; 3] = begin(&mut writer, "writer").await;
    let used =
        Usage { input: 1, cached_input: 2, cache_write: 3, cache_write_long: 4, output: 5, reasoning: 6 };
    let mut expected = Usage::default();
    for effect in &effects {
        writer.write([call(effect, "a:b", cost(9, 99)), answered(effect, used, cost(0, 6))]).await;
        expected += used;
    }
    assert_eq!(ever(&store, &writer).await, [row("a:b", Some("writer"), expected, sum([cost(0, 6); 3]))]);
}

pub(super) async fn calls_without_an_outcome_count_as_reserved_and_failed_ones_as_they_cost(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let [open, failing] = begin(&mut writer, "writer").await;
    writer.write([call(&open, "a:b", cost(50, 100)), call(&failing, "a:b", cost(50, 100))]).await;
    writer.write([failed(&failing, cost(7, 0))]).await;
    let expected = row("a:b", Some("writer"), Usage::default(), sum([cost(50, 100), cost(7, 0)]));
    assert_eq!(ever(&store, &writer).await, [expected]);
}

pub(super) async fn a_call_counts_when_it_began(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let [early, late] = begin(&mut writer, "writer").await;
    writer = writer.at(THEN_MS + 100);
    writer.write([call(&early, "a:b", cost(9, 99)), call(&late, "a:b", cost(9, 99))]).await;
    writer = writer.at(THEN_MS + 200);
    writer.write([answered(&early, usage(1, 1), cost(1, 2)), answered(&late, usage(2, 2), cost(2, 4))]).await;
    let scope = writer.branch().scope.clone();
    let early = row("a:b", Some("writer"), usage(1, 1), cost(1, 2));
    let late = row("a:b", Some("writer"), usage(2, 2), cost(2, 4));
    for (since, until, expected) in [
        (100, 101, &[early.clone()][..]),
        (101, 102, &[late]),
        (0, 101, &[early]),
        (102, 300, &[]),
        (101, 101, &[]),
    ] {
        let found = spending(&store, &scope, THEN_MS + since, THEN_MS + until).await;
        assert_eq!(found, expected, "from {since} to {until}");
    }
}

pub(super) async fn what_forks_share_is_spent_once(store: Store) {
    let mut main = Writer::fresh(&store).await;
    let [shared, own] = begin(&mut main, "writer").await;
    main.write([call(&shared, "a:b", cost(9, 9)), answered(&shared, usage(1, 2), cost(5, 3))]).await;
    let mut side = main.fork().await;
    let record = forked(main.branch(), side.head, cost(5, 3));
    side.write([record, call(&own, "a:b", cost(7, 7))]).await;
    let mut third = side.fork().await;
    third.write([answered(&own, usage(8, 8), cost(6, 6))]).await;
    let expected = row("a:b", Some("writer"), usage(1, 2), sum([cost(5, 3), cost(7, 7)]));
    assert_eq!(ever(&store, &main).await, [expected]);
}

pub(super) async fn a_scope_counts_no_other_scopes_spending(store: Store) {
    let (mut mine, mut theirs) = (Writer::fresh(&store).await, Writer::fresh(&store).await);
    for (writer, micros) in [(&mut mine, 1), (&mut theirs, 2)] {
        let [effect] = begin(writer, "writer").await;
        writer.write([call(&effect, "a:b", cost(micros, 1))]).await;
    }
    assert_eq!(ever(&store, &mine).await[0].spent, cost(1, 1));
    assert_eq!(ever(&store, &theirs).await[0].spent, cost(2, 1));
}
