//! A project as it is on a branch.

use super::{
    Store,
    fixture::{branch_in, commit, kind, leased, notes, scope},
    work::{THEN_MS, Writer, attempt, call, cost, deleted, effect, file, path, written},
};
use crate::{
    digest::Digest,
    id::{BranchId, EpicId, StepId, TaskId},
    project::{Change, Epic, SourceFile, Step, Task},
    store::{Branch, Page, ProjectDetail, Record, Seq, StoreErrorKind, report},
};

/// The project, once it was seen to be the one that the log gives.
async fn detail(store: &Store, branch: &Branch) -> ProjectDetail {
    let detail = store.project(branch).await.unwrap();
    assert_eq!(detail, report::project(&**store, branch).await.unwrap());
    detail
}

fn files(detail: &ProjectDetail) -> Vec<(&str, Digest)> {
    detail.files.iter().map(|(path, file)| (path.as_str(), file.content)).collect()
}

pub(super) async fn a_project_that_is_not_there_is_not_found(store: Store) {
    let missing = branch_in(&scope());
    assert_eq!(kind(store.project(&missing).await), StoreErrorKind::NotFound);
    let (there, _lease) = leased(&store).await;
    let beside = Branch { id: BranchId::fresh(), ..there };
    assert_eq!(kind(store.project(&beside).await), StoreErrorKind::NotFound);
}

pub(super) async fn an_empty_project_has_nothing(store: Store) {
    let (branch, _lease) = leased(&store).await;
    let detail = detail(&store, &branch).await;
    assert_eq!((detail.tasks.len(), detail.files.len(), detail.branches.len()), (0, 0, 1));
    assert_eq!(detail.summary.version, Seq::START);
}

pub(super) async fn all_branches_of_the_project_are_listed_as_they_were_made(store: Store) {
    let (main, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["a", "b"])).await.unwrap();
    let side = store.fork(&main, Seq(1), BranchId::fresh(), "side").await.unwrap();
    let other = branch_in(&main.scope);
    store.create(&other).await.unwrap();
    let third = store.fork(&side, Seq(1), BranchId::fresh(), "third").await.unwrap();
    for branch in [&main, &side, &third] {
        let branches = detail(&store, branch).await.branches;
        assert_eq!(branches.len(), 3);
        for (info, branch) in branches.iter().zip([&main, &side, &third]) {
            assert_eq!(*info, store.info(branch).await.unwrap());
        }
    }
    assert_eq!(detail(&store, &other).await.branches.len(), 1);
}

pub(super) async fn files_are_as_they_are_now_by_path(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    for name in ["src/b", "src/a", "Ё", "a b"] {
        writer.append(file(name, name, None)).await;
    }
    writer.append(file("src/a", "changed", Some("src/a"))).await;
    writer.write([deleted("src/b", "src/b")]).await;
    let detail = detail(&store, writer.branch()).await;
    let expected = [("a b", "a b"), ("src/a", "changed"), ("Ё", "Ё")];
    assert_eq!(files(&detail), expected.map(|(path, text)| (path, Digest::of(text.as_bytes()))));
    let changed = SourceFile { content: Digest::of(b"changed"), size: 7 };
    assert_eq!(detail.files[1], (path("src/a"), changed));
    assert_eq!(detail.summary.files, 3);
}

pub(super) async fn a_file_may_be_changed_often_in_one_commit(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let changes = vec![
        written("a", "1", None),
        written("a", "2", Some("1")),
        Change::FileDeleted { path: path("a"), replaces: Digest::of(b"2") },
        written("a", "3", None),
        written("b", "1", None),
        Change::FileDeleted { path: path("b"), replaces: Digest::of(b"1") },
    ];
    writer.write([commit(changes)]).await;
    assert_eq!(files(&detail(&store, writer.branch()).await), [("a", Digest::of(b"3"))]);
}

pub(super) async fn forks_have_files_of_their_own(store: Store) {
    let mut main = Writer::fresh(&store).await;
    main.append(file("a", "1", None)).await;
    main.append(file("b", "1", None)).await;
    let mut side = main.fork().await;
    main.write([deleted("a", "1")]).await;
    main.append(file("b", "main", Some("1"))).await;
    side.append(file("b", "side", Some("1"))).await;
    side.append(file("c", "side", None)).await;
    assert_eq!(files(&detail(&store, main.branch()).await), [("b", Digest::of(b"main"))]);
    let expected = [("a", "1"), ("b", "side"), ("c", "side")];
    let expected = expected.map(|(path, text)| (path, Digest::of(text.as_bytes())));
    assert_eq!(files(&detail(&store, side.branch()).await), expected);
}

pub(super) async fn a_fork_begins_with_the_files_of_its_point(store: Store) {
    let mut main = Writer::fresh(&store).await;
    let mut expected: Vec<(String, Digest)> = Vec::new();
    for n in 0..5_u8 {
        let side = store.fork(main.branch(), main.head, BranchId::fresh(), "side").await.unwrap();
        let detail = detail(&store, &side).await;
        let seen: Vec<_> =
            files(&detail).into_iter().map(|(path, digest)| (path.to_owned(), digest)).collect();
        assert_eq!(seen, expected);
        let name = format!("file{n}");
        main.append(file(&name, &name, None)).await;
        expected.push((name.clone(), Digest::of(name.as_bytes())));
    }
    let early = store.fork(main.branch(), Seq(2), BranchId::fresh(), "early").await.unwrap();
    assert_eq!(detail(&store, &early).await.files.len(), 2);
}

fn step(name: &str) -> Step {
    Step { id: StepId::derive([name]), path: path(name), instruction: "Write it.".into() }
}

fn finish(name: &str) -> Record {
    let Change::FileWritten { path, content, size, replaces, .. } = written(name, name, None) else {
        unreachable!("a file is written")
    };
    commit(vec![Change::FileWritten { path, content, size, replaces, finishes: Some(step(name).id) }])
}

pub(super) async fn the_progress_of_tasks_is_in_the_plans_order(store: Store) {
    let mut writer = Writer::fresh(&store).await;
    let epics = ["z", "a"].map(|name| EpicId::derive([name]));
    let tasks = ["third", "first", "second"].map(|name| Task {
        id: TaskId::derive([name]),
        epic: if name == "first" { epics[0] } else { epics[1] },
        title: format!("Задача {name}"),
        description: String::new(),
        depends_on: Vec::new(),
        files: Vec::new(),
    });
    let epics = epics.map(|id| Epic { id, title: "Epic".into(), description: String::new() }).to_vec();
    writer.write([commit(vec![Change::PlanMade { epics, tasks: tasks.to_vec() }])]).await;
    let steps = |task: usize, names: &[&str]| {
        let steps = names.iter().map(|name| step(name)).collect();
        commit(vec![Change::StepsPlanned { task: tasks[task].id, steps }])
    };
    writer.write([steps(0, &["a", "b"]), steps(2, &["c"])]).await;
    writer.write([finish("a"), finish("c"), finish("not planned")]).await;
    let detail = detail(&store, writer.branch()).await;
    let progress: Vec<_> =
        detail.tasks.iter().map(|task| (task.title.as_str(), task.steps, task.finished)).collect();
    assert_eq!(progress, [("Задача third", 2, 1), ("Задача first", 0, 0), ("Задача second", 1, 1)]);
    assert!(detail.tasks.iter().zip(&tasks).all(|(progress, task)| progress.epic == task.epic));
    writer.write([steps(0, &["b"])]).await;
    let progress = &store.project(writer.branch()).await.unwrap().tasks[0];
    assert_eq!((progress.steps, progress.finished), (1, 0), "the steps that are planned now count");
}

pub(super) async fn the_summary_is_that_of_the_list(store: Store) {
    let mut main = Writer::fresh(&store).await;
    main.append(file("a", "1", None)).await;
    main.write([call(&effect(attempt("a", 1), "write"), "test:model", cost(5, 6))]).await;
    let mut side = main.fork().await.at(THEN_MS + 10);
    side.append(file("b", "1", None)).await;
    let listed = store.projects(&main.branch().scope, Page::default()).await.unwrap();
    assert_eq!(detail(&store, side.branch()).await.summary, listed[0]);
    let summary = detail(&store, main.branch()).await.summary;
    assert_eq!((summary.branch, summary.files, summary.spent), (main.branch().id, 1, cost(5, 6)));
}

pub(super) async fn a_project_may_have_many_files(store: Store) {
    const FILES: usize = 2000;
    let mut writer = Writer::fresh(&store).await;
    let changes = (0..FILES).map(|n| written(&format!("src/{n:04}"), &n.to_string(), None)).collect();
    writer.write([commit(changes)]).await;
    let detail = detail(&store, writer.branch()).await;
    let names = (0..FILES).map(|n| format!("src/{n:04}"));
    assert!(detail.files.iter().map(|(path, _)| path.as_str().to_owned()).eq(names));
}
