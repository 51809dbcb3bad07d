//! The list of a scope's projects.

use super::{
    Store,
    fixture::{commit, note, scope},
    work::{
        THEN_MS, Writer, answered, attempt, call, cost, deleted, described, effect, exec, failed, file,
        forked, sitting, started, sum, two_projects, usage,
    },
};
use crate::{
    budget::{Limit, Spend},
    id::{EpicId, ProjectId, QuestionId, TaskId},
    project::{Change, Epic, Specification, Task},
    store::{Page, ProjectSummary, RunEnd, Scope, Seq, report},
};

/// The list, once it was seen to be the one that the logs give.
async fn list(store: &Store, scope: &Scope) -> Vec<ProjectSummary> {
    let listed = store.projects(scope, Page::default()).await.unwrap();
    assert_eq!(listed, report::projects(&**store, scope, Page::default()).await.unwrap());
    listed
}

/// The only project of a scope.
async fn only(store: &Store, writer: &Writer) -> ProjectSummary {
    let mut listed = list(store, &writer.branch().scope).await;
    assert_eq!(listed.len(), 1);
    listed.remove(0)
}

/// Projects that began at these times.
async fn begun_at(store: &Store, scope: &Scope, times: &[u64]) -> Vec<ProjectId> {
    let mut ids = Vec::new();
    for at in times {
        let mut writer = Writer::project(store, scope).await.at(*at);
        writer.write([note("a")]).await;
        ids.push(writer.branch().project);
    }
    ids
}

fn ids(listed: &[ProjectSummary]) -> Vec<ProjectId> {
    listed.iter().map(|summary| summary.project).collect()
}

pub(super) async fn the_newest_project_comes_first(store: Store) {
    let scope = scope();
    let made = begun_at(&store, &scope, &[THEN_MS + 5, THEN_MS + 9, THEN_MS, THEN_MS + 7]).await;
    let listed = list(&store, &scope).await;
    assert_eq!(ids(&listed), [made[1], made[3], made[0], made[2]]);
    let times: Vec<_> = listed.iter().map(|summary| summary.created_ms - THEN_MS).collect();
    assert_eq!(times, [9, 7, 5, 0]);
}

pub(super) async fn a_project_without_records_comes_last(store: Store) {
    let scope = scope();
    let empty = Writer::project(&store, &scope).await;
    let made = begun_at(&store, &scope, &[THEN_MS]).await;
    let listed = list(&store, &scope).await;
    assert_eq!(ids(&listed), [made[0], empty.branch().project]);
    let empty = &listed[1];
    assert_eq!((empty.created_ms, empty.updated_ms, empty.version), (0, 0, Seq::START));
    assert_eq!((empty.title.as_str(), &empty.end, empty.spent), ("", &None, Spend::default()));
}

pub(super) async fn a_list_is_as_long_as_it_may_be(store: Store) {
    let scope = scope();
    let made = begun_at(&store, &scope, &[THEN_MS, THEN_MS + 1, THEN_MS + 2]).await;
    for (limit, expected) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (usize::MAX, 3)] {
        let listed = store.projects(&scope, Page { before: None, limit }).await.unwrap();
        assert_eq!(ids(&listed), made.iter().rev().take(expected).copied().collect::<Vec<_>>());
    }
}

pub(super) async fn pages_of_projects_have_no_gaps_and_no_doubles(store: Store) {
    let scope = scope();
    // Of those that began at one time, the ids decide.
    let mut times = [0, 1, 1, 1, 2, 0, 3, 1, 2].map(|at| THEN_MS + at).to_vec();
    begun_at(&store, &scope, &times).await;
    Writer::project(&store, &scope).await;
    times.push(0);
    let all = list(&store, &scope).await;
    assert_eq!(all.len(), times.len());
    for limit in 1..5 {
        let (mut page, mut seen) = (Page { before: None, limit }, Vec::new());
        loop {
            let listed = store.projects(&scope, page).await.unwrap();
            let Some(last) = listed.last() else { break };
            page.before = Some((last.created_ms, last.project));
            seen.extend(listed);
        }
        assert_eq!(seen, all, "{limit} at a time");
    }
}

pub(super) async fn a_page_may_begin_where_no_project_is(store: Store) {
    let scope = scope();
    let made = begun_at(&store, &scope, &[THEN_MS, THEN_MS + 5]).await;
    for (at, expected) in [(0, 0), (THEN_MS + 3, 1), (THEN_MS + 9, 2), (u64::MAX, 2)] {
        let page = Page { before: Some((at, ProjectId::fresh())), limit: 10 };
        let listed = store.projects(&scope, page).await.unwrap();
        assert_eq!(
            ids(&listed),
            made.iter().take(expected).rev().copied().collect::<Vec<_>>(),
            "before {at}"
        );
    }
}

pub(super) async fn a_scope_lists_no_other_scopes_projects(store: Store) {
    let (mut mine, mut theirs) = (Writer::fresh(&store).await, Writer::fresh(&store).await);
    mine.write([described("mine", None)]).await;
    theirs.write([described("theirs", None)]).await;
    assert_eq!(only(&store, &mine).await.title, "mine");
    assert_eq!(only(&store, &theirs).await.title, "theirs");
    assert_eq!(list(&store, &scope()).await, []);
}

fn specified(name: &str) -> crate::store::Record {
    commit(vec![Change::SpecificationWritten {
        specification: Specification {
            name: name.into(),
            slug: "slug".into(),
            language: "en".into(),
            summary: String::new(),
            entities: Vec::new(),
            requirements: Vec::new(),
            not_understood: Vec::new(),
        },
    }])
}

pub(super) async fn a_title_is_the_best_name_there_is(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    for (record, expected) in [
        (note("nothing was said"), ""),
        (described("Книги и читатели\nи выдачи", None), "Книги и читатели"),
        (described("", None), ""),
        (described("Books", Some("Мои книги")), "Мои книги"),
        (specified("Библиотека"), "Библиотека"),
        (described("Films", Some("My films")), "Библиотека"),
        (specified("Library"), "Library"),
    ] {
        writer.write([record]).await;
        assert_eq!(only(&store, &writer).await.title, expected);
    }
}

pub(super) async fn an_end_is_how_the_last_sitting_ended(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    writer.write([note("a")]).await;
    assert_eq!(only(&store, &writer).await.end, None, "before the first one");
    for end in [
        RunEnd::Waiting { questions: vec![QuestionId::derive(["?"]), QuestionId::derive(["!"])] },
        RunEnd::Exhausted { limit: Limit::Money, reason: "мало 'денег'".into() },
        RunEnd::Stuck { reason: String::new() },
        RunEnd::Cancelled,
        RunEnd::Done { verified: false },
        RunEnd::Done { verified: true },
    ] {
        let [begin, last] = sitting(end.clone());
        writer.write([begin]).await;
        assert_eq!(only(&store, &writer).await.end, None, "while one is going on");
        writer.write([last]).await;
        assert_eq!(only(&store, &writer).await.end, Some(end));
    }
}

pub(super) async fn a_fork_that_has_begun_has_no_end(store: Store) {
    let mut main = Writer::fresh(&store).await;
    main.write(sitting(RunEnd::Done { verified: true })).await;
    let mut side = main.fork().await;
    assert_eq!(only(&store, &side).await.end, Some(RunEnd::Done { verified: true }));
    let record = forked(main.branch(), side.head, Spend::default());
    side.write([record]).await;
    let summary = only(&store, &side).await;
    assert_eq!((summary.branch, summary.end), (side.branch().id, None), "no sitting was its own");
}

pub(super) async fn files_and_tasks_are_counted(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let counts = async |writer: &Writer| {
        let summary = only(&store, writer).await;
        (summary.files, summary.tasks)
    };
    writer.append(file("a", "1", None)).await;
    writer.append(file("b", "1", None)).await;
    writer.append(file("a", "2", Some("1"))).await;
    assert_eq!(counts(&writer).await, (2, 0));
    writer.write([deleted("b", "1")]).await;
    assert_eq!(counts(&writer).await, (1, 0));
    let epic = EpicId::derive(["e"]);
    for count in [3, 1] {
        let tasks = (0..count).map(|n: u8| task(epic, n)).collect();
        let epics = vec![Epic { id: epic, title: "App".into(), description: String::new() }];
        writer.write([commit(vec![Change::PlanMade { epics, tasks }])]).await;
        assert_eq!(counts(&writer).await, (1, u64::from(count)), "the last plan counts");
    }
    writer.write([deleted("a", "2")]).await;
    writer.append(file("a", "3", None)).await;
    assert_eq!(counts(&writer).await, (1, 1));
}

fn task(epic: EpicId, n: u8) -> Task {
    let id = TaskId::derive([n.to_string().as_str()]);
    let title = format!("Task {n}");
    Task { id, epic, title, description: String::new(), depends_on: Vec::new(), files: Vec::new() }
}

pub(super) async fn the_version_is_the_last_commit(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    writer.write([note("1"), note("2")]).await;
    writer.write(sitting(RunEnd::Cancelled)).await;
    let summary = only(&store, &writer).await;
    assert_eq!(summary.version, Seq(2));
    assert_eq!((summary.created_ms, summary.updated_ms), (THEN_MS, THEN_MS + 3));
}

pub(super) async fn what_has_no_outcome_is_spent_as_it_was_reserved(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let attempt = attempt("a", 1);
    let effects = ["one", "two", "three"].map(|name| effect(attempt, name));
    writer.write([started(attempt, "writer")]).await;
    writer.write(effects.iter().map(|effect| call(effect, "test:model", cost(50, 100)))).await;
    assert_eq!(only(&store, &writer).await.spent, sum([cost(50, 100); 3]));
    writer.write([answered(&effects[0], usage(3, 4), cost(20, 7))]).await;
    writer.write([failed(&effects[1], cost(0, 0))]).await;
    let expected = sum([cost(20, 7), cost(0, 0), cost(50, 100)]);
    assert_eq!(only(&store, &writer).await.spent, expected);
    writer.write([exec(&effect(attempt, "test"))]).await;
    assert_eq!(only(&store, &writer).await.spent, expected, "a command costs nothing");
}

pub(super) async fn a_call_that_was_made_again_is_spent_twice(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let effect = effect(attempt("a", 1), "write");
    writer.write([call(&effect, "test:model", cost(50, 100))]).await;
    // The process was killed: nobody knows what became of the first one.
    writer.write([call(&effect, "test:model", cost(60, 100))]).await;
    writer.write([answered(&effect, usage(1, 2), cost(10, 3))]).await;
    assert_eq!(only(&store, &writer).await.spent, sum([cost(50, 100), cost(10, 3)]));
}

pub(super) async fn all_branches_together_have_spent_what_each_has(store: Store) {
    let mut main = Writer::fresh(&store).await;
    let calls = ["before", "main", "side"].map(|name| effect(attempt(name, 1), "write"));
    main.write([call(&calls[0], "test:model", cost(50, 100))]).await;
    let mut side = main.fork().await;
    assert_eq!(only(&store, &main).await.spent, cost(50, 100), "what they share is spent once");
    let record = forked(main.branch(), side.head, cost(50, 100));
    side.write([record]).await;
    assert_eq!(only(&store, &main).await.spent, cost(50, 100), "what a fork knows of is not its own");
    side.write([call(&calls[2], "test:model", cost(9, 9))]).await;
    main.write([answered(&calls[0], usage(1, 2), cost(5, 3))]).await;
    main.write([call(&calls[1], "test:model", cost(7, 7))]).await;
    assert_eq!(only(&store, &main).await.spent, sum([cost(5, 3), cost(7, 7), cost(9, 9)]));
}

pub(super) async fn a_project_is_shown_as_on_the_branch_that_was_written_to_last(store: Store) {
    let mut main = Writer::fresh(&store).await;
    main.append(file("a", "1", None)).await;
    let mut side = main.fork().await;
    assert_eq!(only(&store, &main).await.branch, side.branch().id, "the one that was made last");
    side = side.at(THEN_MS + 10);
    side.append(file("b", "1", None)).await;
    let summary = only(&store, &main).await;
    assert_eq!((summary.branch, summary.files), (side.branch().id, 2));
    main = main.at(THEN_MS + 20);
    main.write([described("Main", None)]).await;
    let summary = only(&store, &main).await;
    assert_eq!((summary.branch, summary.files, summary.title.as_str()), (main.branch().id, 1, "Main"));
    assert_eq!((summary.created_ms, summary.updated_ms), (THEN_MS, THEN_MS + 20));
}

pub(super) async fn a_project_is_as_old_as_its_oldest_branch(store: Store) {
    let (mut young, _) = two_projects(&store).await;
    young = young.at(THEN_MS + 50);
    young.write([note("young")]).await;
    let old = crate::store::Branch { id: crate::id::BranchId::fresh(), ..young.branch().clone() };
    store.create(&old).await.unwrap();
    let mut old = Writer::on(&store, &old).await.at(THEN_MS);
    old.write([note("old")]).await;
    let listed = list(&store, &young.branch().scope).await;
    let summary = &listed[0];
    assert_eq!((summary.branch, summary.created_ms), (young.branch().id, THEN_MS));
    assert_eq!(store.project(young.branch()).await.unwrap().summary, *summary);
}
