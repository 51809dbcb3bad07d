//! When who works.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{Architect, BugHunter, CodeMonkey, Developer, Executor, SpecWriter, TechLead};
use crate::{
    agent::{Assignment, Resource, Subject},
    budget::Limit,
    id::TaskId,
    pipeline::{Next, Workflow, WorkflowError},
    project::{ProjectState, Step, Task, Verdict, WorkspacePath},
};

/// The built-in team's way to work: specify, design, plan; then all tasks as soon as what they depend on is finished;
/// then test, and repair until the tests pass.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TeamWorkflow {
    /// Rounds of repair after a failed check, over the whole life of the project.
    pub fixes: usize,
}

impl Default for TeamWorkflow {
    /// Five rounds: what was not found by then is not found by going on the same way.
    fn default() -> Self {
        Self { fixes: 5 }
    }
}

const PROJECT: Subject = Subject::from_static("project");

#[async_trait]
impl Workflow for TeamWorkflow {
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError> {
        let (wanted, blocked) = self.wanted(state).partition(state);
        Ok(match (wanted.is_empty(), blocked) {
            (false, _) => Next::Run(wanted),
            (true, Some(reason)) => Next::Stuck(reason),
            (true, None) => finished(state),
        })
    }
}

/// What could be done, failures not considered.
struct Wanted(Vec<Assignment>);

impl Wanted {
    /// Takes off what has failed for good, with the reason of the first such failure.
    fn partition(self, state: &ProjectState) -> (Vec<Assignment>, Option<String>) {
        let mut blocked = None;
        let mut wanted = self.0;
        wanted.retain(|assignment| match state.failure(&assignment.role, &assignment.subject) {
            Some(reason) => {
                let (role, subject) = (&assignment.role, &assignment.subject);
                blocked.get_or_insert_with(|| format!("the {role} gave up on {subject}: {reason}"));
                false
            }
            None => true,
        });
        (wanted, blocked)
    }
}

impl TeamWorkflow {
    fn wanted(&self, state: &ProjectState) -> Wanted {
        use Resource::{Architecture, Description, Files, Plan, Specification, Verification};
        let one = |assignment: Assignment| Wanted(vec![assignment]);
        if state.specification().is_none() {
            return one(Assignment::new(SpecWriter::ROLE, PROJECT)
                .reads([Description])
                .writes([Specification]));
        }
        if state.architecture().is_none() {
            let reads = [Description, Specification];
            return one(Assignment::new(Architect::ROLE, PROJECT).reads(reads).writes([Architecture]));
        }
        if state.tasks().next().is_none() {
            return one(Assignment::new(TechLead::ROLE, PROJECT)
                .reads([Specification, Architecture])
                .writes([Plan]));
        }
        let work = work(state);
        if !work.is_empty() {
            return Wanted(work);
        }
        match state.current_check().map(|check| check.verdict) {
            None => one(Assignment::new(Executor::ROLE, PROJECT)
                .reads([Architecture, Files])
                .writes([Verification])),
            Some(Verdict::Failed) if state.iterations().len() < self.fixes => {
                let reads = [Specification, Architecture, Files, Verification];
                one(Assignment::new(BugHunter::ROLE, PROJECT).reads(reads).writes([Verification]))
            }
            Some(_) => Wanted(Vec::new()),
        }
    }
}

/// What is left when nobody has anything to do.
fn finished(state: &ProjectState) -> Next {
    match state.current_check() {
        Some(check) if check.verdict == Verdict::Failed => Next::Exhausted(
            Limit::Fixes,
            format!(
                "the app's tests still fail after {} rounds of repair ({}); raise the limit on fixes or mend it by hand, then resume",
                state.iterations().len(),
                check.summary
            ),
        ),
        _ => Next::Done,
    }
}

/// Steps of a round of repair, or else of the tasks that can go on; and tasks to break down.
fn work(state: &ProjectState) -> Vec<Assignment> {
    let repair: Vec<_> = repair_steps(state).map(|step| write(step, [Resource::Verification], 1)).collect();
    if !repair.is_empty() {
        return repair;
    }
    let heights = heights(state);
    let mut wanted: Vec<Assignment> = Vec::new();
    for task in ready_tasks(state) {
        let weight = heights.get(&task.id).copied().unwrap_or(1);
        let files = || state.files_before(task.id).into_iter().map(Resource::File);
        match state.steps(task.id) {
            None => {
                let assignment = Assignment::new(Developer::ROLE, Subject::of("task", task.id))
                    .reads([Resource::Specification, Resource::Architecture, Resource::Plan])
                    .reads(files().chain(task.files.iter().cloned().map(Resource::File)))
                    .writes([Resource::Task(task.id)]);
                wanted.push(assignment.weight(weight));
            }
            Some(steps) => {
                for step in steps.iter().filter(|step| !state.is_finished(step.id)) {
                    let assignment = write(step, [Resource::Task(task.id)], weight).reads(files());
                    // Two tasks may want the same file: the first in the plan's order has it first.
                    if !wanted.iter().any(|wanted| wanted.subject == assignment.subject) {
                        wanted.push(assignment);
                    }
                }
            }
        }
    }
    wanted
}

fn write(step: &Step, because: [Resource; 1], weight: u32) -> Assignment {
    Assignment::new(CodeMonkey::ROLE, Subject::of("file", &step.path))
        .reads([Resource::Specification, Resource::Architecture, Resource::File(step.path.clone())])
        .reads(because)
        .writes([Resource::File(step.path.clone())])
        .weight(weight)
}

/// The step that a code monkey who is to write `path` works on, with the task it belongs to. One of a round of repair
/// belongs to none.
pub(super) fn ready_step<'a>(
    state: &'a ProjectState,
    path: &WorkspacePath,
) -> Option<(&'a Step, Option<TaskId>)> {
    let repair = repair_steps(state).find(|step| step.path == *path).map(|step| (step, None));
    repair.or_else(|| {
        let unfinished = |task: &Task| {
            let steps = state.steps(task.id)?;
            steps.iter().find(|step| step.path == *path && !state.is_finished(step.id))
        };
        ready_tasks(state).find_map(|task| Some((unfinished(task)?, Some(task.id))))
    })
}

fn repair_steps(state: &ProjectState) -> impl Iterator<Item = &Step> {
    let steps = state.iterations().next_back().into_iter().flat_map(|iteration| &iteration.steps);
    steps.filter(|step| !state.is_finished(step.id))
}

/// Unfinished tasks of which everything that they depend on is finished.
fn ready_tasks(state: &ProjectState) -> impl Iterator<Item = &Task> {
    state.tasks().filter(|task| {
        !state.is_task_finished(task.id)
            && task.depends_on.iter().all(|before| state.is_task_finished(*before))
    })
}

/// For each unfinished task, the calls on the longest way from its beginning to the end of the plan.
fn heights(state: &ProjectState) -> BTreeMap<TaskId, u32> {
    let mut heights = BTreeMap::new();
    let tasks: Vec<&Task> = state.tasks().collect();
    // A task comes after those it depends on, so that going backwards sees dependents first.
    for task in tasks.into_iter().rev().filter(|task| !state.is_task_finished(task.id)) {
        let behind = heights.remove(&task.id).unwrap_or(0);
        let own = if state.steps(task.id).is_some() { 1 } else { 2 };
        heights.insert(task.id, behind + own);
        for before in &task.depends_on {
            let height = heights.entry(*before).or_insert(0);
            *height = std::cmp::max(*height, behind + own);
        }
    }
    heights
}
