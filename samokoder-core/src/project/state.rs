//! A project at one version.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet, Vector};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Architecture, Change, CheckReport, Epic, Iteration, Question, Specification, Step, Task, Verdict,
    WorkspacePath, digests::Digests,
};
use crate::{
    agent::{Resource, Role, Subject},
    budget::SpendLimits,
    digest::Digest,
    id::{QuestionId, StepId, TaskId},
    pairs,
    sandbox::Toolchain,
    store::Seq,
};

/// A project at one version: what the changes up to there add up to.
///
/// It is a value. A clone costs nothing and never sees what happens later; the parts that did not change are shared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectState {
    version: Seq,
    description: Arc<str>,
    name: Option<Arc<str>>,
    toolchains: Arc<[Toolchain]>,
    specification: Option<Arc<Specification>>,
    architecture: Option<Arc<Architecture>>,
    epics: Vector<Arc<Epic>>,
    order: Vector<TaskId>,
    tasks: OrdMap<TaskId, Arc<Task>>,
    steps: OrdMap<TaskId, Arc<[Step]>>,
    finished: OrdSet<StepId>,
    files: OrdMap<WorkspacePath, SourceFile>,
    check: Option<Arc<CheckReport>>,
    check_is_current: bool,
    iterations: Vector<Arc<Iteration>>,
    questions: OrdMap<QuestionId, Arc<AskedQuestion>>,
    #[serde(with = "pairs")]
    failures: OrdMap<(Role, Subject), Arc<str>>,
    budget: Option<SpendLimits>,
    #[serde(with = "pairs")]
    extensions: OrdMap<(String, String), Arc<Value>>,
    #[serde(skip)]
    digests: Digests,
}

/// A file of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// The hash of its content, which is a blob.
    pub content: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// A question and its answer, once there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedQuestion {
    /// The question.
    pub question: Question,
    /// The answer.
    pub answer: Option<String>,
}

/// A change does not fit the state it was made for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// A file was written or deleted on top of content that it no longer has.
    #[error("{path} was changed in the meantime")]
    Conflict {
        /// The file.
        path: WorkspacePath,
    },
    /// Something that does not exist is referred to.
    #[error("there is no {0}")]
    Unknown(String),
}

impl ProjectState {
    /// The number of the last commit that is part of this.
    pub fn version(&self) -> Seq {
        self.version
    }

    /// What the person said to build.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The name the person wants the app to have.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The toolchains that the app can count on.
    pub fn toolchains(&self) -> &[Toolchain] {
        &self.toolchains
    }

    /// What the app must do, once it is settled.
    pub fn specification(&self) -> Option<&Specification> {
        self.specification.as_deref()
    }

    /// How the app is built, once it is settled.
    pub fn architecture(&self) -> Option<&Architecture> {
        self.architecture.as_deref()
    }

    /// The epics of the plan.
    pub fn epics(&self) -> impl Iterator<Item = &Epic> {
        self.epics.iter().map(|epic| &**epic)
    }

    /// The tasks of the plan, in its order.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.order.iter().filter_map(|id| self.tasks.get(id)).map(|task| &**task)
    }

    /// One task.
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id).map(|task| &**task)
    }

    /// The steps of a task, once they are planned.
    pub fn steps(&self, task: TaskId) -> Option<&[Step]> {
        self.steps.get(&task).map(|steps| &**steps)
    }

    /// Whether a step's file is written.
    pub fn is_finished(&self, step: StepId) -> bool {
        self.finished.contains(&step)
    }

    /// Whether a task has steps and all of them are finished.
    pub fn is_task_finished(&self, task: TaskId) -> bool {
        self.steps(task).is_some_and(|steps| steps.iter().all(|step| self.is_finished(step.id)))
    }

    /// Whether there is a plan and all its tasks are finished. What came of it may still fail its tests.
    pub fn is_built(&self) -> bool {
        !self.order.is_empty() && self.order.iter().all(|task| self.is_task_finished(*task))
    }

    /// The files of the app, by path.
    pub fn files(&self) -> impl Iterator<Item = (&WorkspacePath, &SourceFile)> {
        self.files.iter()
    }

    /// One file of the app.
    pub fn file(&self, path: &WorkspacePath) -> Option<&SourceFile> {
        self.files.get(path)
    }

    /// The hash of all paths and contents.
    pub fn tree(&self) -> Digest {
        self.digests.tree.get(|| {
            let files: Vec<_> = self.files().map(|(path, file)| (path, file.content)).collect();
            Digest::of_json(&files)
        })
    }

    /// The last check, whether or not files have changed since.
    pub fn last_check(&self) -> Option<&CheckReport> {
        self.check.as_deref()
    }

    /// The last check, if it is one of the files as they are.
    pub fn current_check(&self) -> Option<&CheckReport> {
        self.last_check().filter(|_| self.check_is_current)
    }

    /// Whether the tests of the app as it is have passed.
    pub fn is_verified(&self) -> bool {
        self.current_check().is_some_and(|report| report.verdict == Verdict::Passed)
    }

    /// The rounds of repair, oldest first.
    pub fn iterations(&self) -> impl DoubleEndedIterator<Item = &Iteration> + ExactSizeIterator {
        self.iterations.iter().map(|iteration| &**iteration)
    }

    /// Every question that was asked.
    pub fn questions(&self) -> impl Iterator<Item = &AskedQuestion> {
        self.questions.values().map(|asked| &**asked)
    }

    /// One question.
    pub fn question(&self, id: QuestionId) -> Option<&AskedQuestion> {
        self.questions.get(&id).map(|asked| &**asked)
    }

    /// The questions that have no answer.
    pub fn open_questions(&self) -> impl Iterator<Item = &Question> {
        self.questions().filter(|asked| asked.answer.is_none()).map(|asked| &asked.question)
    }

    /// Assignments whose every attempt failed, with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&Role, &Subject, &str)> {
        self.failures.iter().map(|((role, subject), reason)| (role, subject, &**reason))
    }

    /// Why every attempt at this assignment failed, if that is so.
    pub fn failure(&self, role: &Role, subject: &Subject) -> Option<&str> {
        self.failures.get(&(role.clone(), subject.clone())).map(|reason| &**reason)
    }

    /// What the project may spend, if that was settled.
    pub fn budget(&self) -> Option<SpendLimits> {
        self.budget
    }

    /// What an extension keeps under this name.
    pub fn extension(&self, namespace: &str, key: &str) -> Option<&Value> {
        self.extensions.get(&(namespace.to_owned(), key.to_owned())).map(|value| &**value)
    }

    /// This state as the one of another version: the number of a commit is known only once it is recorded.
    pub(crate) fn at(mut self, version: Seq) -> Self {
        self.version = version;
        self
    }

    /// The state after `changes`, which are the commit with number `version`.
    ///
    /// # Errors
    /// [`ApplyError`] when a change does not fit; this state is unchanged then.
    pub fn apply(&self, version: Seq, changes: &[Change]) -> Result<Self, ApplyError> {
        let mut next = self.clone();
        next.version = version;
        changes.iter().try_for_each(|change| next.apply_one(change))?;
        Ok(next)
    }

    fn apply_one(&mut self, change: &Change) -> Result<(), ApplyError> {
        match change {
            Change::Described { description, name, toolchains } => {
                self.description = description.as_str().into();
                self.name = name.as_deref().map(Arc::from);
                self.toolchains = toolchains.as_slice().into();
            }
            Change::SpecificationWritten { specification } => {
                self.specification = Some(Arc::new(specification.clone()));
                self.digests.specification.forget();
            }
            Change::ArchitectureChosen { architecture } => {
                self.architecture = Some(Arc::new(architecture.clone()));
                self.digests.architecture.forget();
            }
            Change::PlanMade { epics, tasks } => {
                self.epics = epics.iter().cloned().map(Arc::new).collect();
                self.order = tasks.iter().map(|task| task.id).collect();
                self.tasks = tasks.iter().map(|task| (task.id, Arc::new(task.clone()))).collect();
                self.digests.plan.forget();
            }
            Change::StepsPlanned { task, steps } => {
                if !self.tasks.contains_key(task) {
                    return Err(ApplyError::Unknown(format!("task {task}")));
                }
                self.steps.insert(*task, steps.as_slice().into());
            }
            Change::FileWritten { path, content, size, replaces, finishes } => {
                self.expect_content(path, *replaces)?;
                let file = SourceFile { content: *content, size: *size };
                if self.files.insert(path.clone(), file) != Some(file) {
                    self.digests.tree.forget();
                    self.check_is_current = false;
                }
                self.finished.extend(*finishes);
            }
            Change::FileDeleted { path, replaces } => {
                self.expect_content(path, Some(*replaces))?;
                self.files.remove(path);
                self.digests.tree.forget();
                self.check_is_current = false;
            }
            Change::Checked { report } => {
                self.check_is_current = report.tree == self.tree();
                self.check = Some(Arc::new(report.clone()));
            }
            Change::IterationPlanned { iteration } => self.iterations.push_back(Arc::new(iteration.clone())),
            Change::QuestionAsked { question } => {
                let asked = AskedQuestion { question: question.clone(), answer: None };
                self.questions.insert(question.id, Arc::new(asked));
            }
            Change::QuestionAnswered { question, answer } => {
                let Some(asked) = self.questions.get_mut(question) else {
                    return Err(ApplyError::Unknown(format!("question {question}")));
                };
                Arc::make_mut(asked).answer = Some(answer.clone());
            }
            Change::AssignmentFailed { role, subject, reason } => {
                self.failures.insert((role.clone(), subject.clone()), reason.as_str().into());
            }
            Change::FailureCleared { role, subject } => {
                self.failures.remove(&(role.clone(), subject.clone()));
            }
            Change::BudgetSet { limits } => self.budget = Some(*limits),
            Change::Extension { namespace, key, value } => {
                let name = (namespace.clone(), key.clone());
                if value.is_null() {
                    self.extensions.remove(&name);
                } else {
                    self.extensions.insert(name, Arc::new(value.clone()));
                }
            }
        }
        Ok(())
    }

    fn expect_content(&self, path: &WorkspacePath, expected: Option<Digest>) -> Result<(), ApplyError> {
        if self.files.get(path).map(|file| file.content) == expected {
            Ok(())
        } else {
            Err(ApplyError::Conflict { path: path.clone() })
        }
    }

    /// The hash of some parts of the project. It tells whether what an assignment read is still so.
    pub fn digest(&self, resources: &[Resource]) -> Digest {
        let parts: Vec<Digest> = resources.iter().map(|resource| self.digest_one(resource)).collect();
        Digest::of_json(&parts)
    }

    fn digest_one(&self, resource: &Resource) -> Digest {
        match resource {
            Resource::Description => Digest::of_json(&(&self.description, &self.name, &self.toolchains)),
            Resource::Specification => {
                self.digests.specification.get(|| Digest::of_json(&self.specification))
            }
            Resource::Architecture => self.digests.architecture.get(|| Digest::of_json(&self.architecture)),
            Resource::Plan => self.digests.plan.get(|| {
                Digest::of_json(&(self.epics().collect::<Vec<_>>(), self.tasks().collect::<Vec<_>>()))
            }),
            Resource::Task(task) => Digest::of_json(&(self.task(*task), self.steps(*task))),
            Resource::File(beneath) => {
                let files: Vec<_> = self
                    .files
                    .range(beneath.clone()..)
                    .take_while(|(path, _)| path.as_str().starts_with(beneath.as_str()))
                    .filter(|(path, _)| beneath.contains(path))
                    .map(|(path, file)| (path, file.content))
                    .collect();
                Digest::of_json(&files)
            }
            Resource::Files => self.tree(),
            Resource::Verification => {
                Digest::of_json(&(&self.check, self.check_is_current, self.iterations().collect::<Vec<_>>()))
            }
            Resource::Extension(namespace) => {
                let from = (namespace.clone(), String::new());
                let values: Vec<_> =
                    self.extensions.range(from..).take_while(|((owner, _), _)| owner == namespace).collect();
                Digest::of_json(&values)
            }
        }
    }
}
