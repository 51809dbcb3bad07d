//! Turns the description into a specification.

use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answer, Prompts};
use crate::{
    agent::{Agent, AgentContext, AgentError, Proposal, Role},
    project::{Change, Entity, Field, FieldKind, Specification},
};

/// Turns the description into a specification, and asks the person where it can't be guessed what is meant.
#[derive(Debug)]
pub struct SpecWriter {
    prompts: Arc<Prompts>,
}

#[derive(Serialize)]
struct Variables<'a> {
    description: &'a str,
    name: Option<&'a str>,
    answers: Vec<Answered>,
}

#[derive(Debug, Clone, Serialize)]
struct Answered {
    question: String,
    answer: String,
}

/// The answer of the model.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Draft {
    /// The whole specification, as good as it can be without an answer to the questions.
    specification: Specification,
    /// What only the person can tell, and without which the app would be wrong. Usually nothing.
    #[serde(default)]
    questions: Vec<OpenQuestion>,
}

/// Something that only the person can tell.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct OpenQuestion {
    /// The question, in the person's language.
    text: String,
    /// Answers to choose from; empty for a free answer.
    #[serde(default)]
    options: Vec<String>,
    /// What is assumed when the person leaves it open.
    default: Option<String>,
}

/// More questions than this are a questionnaire.
const MAX_QUESTIONS: usize = 5;

impl SpecWriter {
    /// Its role.
    pub const ROLE: Role = Role::from_static("spec-writer");

    /// A spec writer with these prompts.
    pub fn new(prompts: Arc<Prompts>) -> Self {
        Self { prompts }
    }
}

#[async_trait]
impl Agent for SpecWriter {
    fn role(&self) -> Role {
        Self::ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let state = context.state();
        let mut variables =
            Variables { description: state.description(), name: state.name(), answers: Vec::new() };
        let mut draft: Draft = self.prompts.ask_for(&context, "spec_writer/write", &variables, check).await?;
        if !draft.questions.is_empty() {
            for question in draft.questions.iter().take(MAX_QUESTIONS) {
                let default = question.default.as_deref();
                let answer = context.ask("question", &question.text, &question.options, default).await?;
                variables.answers.push(Answered { question: question.text.clone(), answer });
            }
            draft = self.prompts.ask_for(&context, "spec_writer/write", &variables, check).await?;
        }
        Ok(Change::SpecificationWritten { specification: draft.specification }.into())
    }
}

fn check(draft: &Draft) -> Result<(), String> {
    let specification = &draft.specification;
    if specification.name.trim().is_empty() || specification.slug.trim().is_empty() {
        return Err("the app needs a `name` and a `slug`".into());
    }
    if specification.entities.is_empty() && specification.requirements.is_empty() {
        return Err("it has neither entities nor requirements, so there is nothing to build".into());
    }
    for entity in &specification.entities {
        for field in &entity.fields {
            check_field(specification, field)
                .map_err(|problem| format!("{}.{}: {problem}", entity.name, field.name))?;
        }
    }
    Ok(())
}

fn check_field(specification: &Specification, field: &Field) -> Result<(), &'static str> {
    let is_entity = |name: &String| specification.entities.iter().any(|entity: &Entity| entity.name == *name);
    match field.kind {
        FieldKind::Enumeration if field.values.is_empty() => Err("an enumeration needs `values`"),
        FieldKind::Relation if !field.relation.as_ref().is_some_and(is_entity) => {
            Err("a relation needs the `name` of an entity in `relation`")
        }
        _ => Ok(()),
    }
}

impl Answer for Draft {
    const NAME: &'static str = "specification";

    fn example() -> Self {
        let field = |name: &str, label: &str, kind, required| Field {
            name: name.into(),
            label: label.into(),
            kind,
            required,
            values: Vec::new(),
            relation: None,
        };
        let mood = Field {
            values: vec!["good".into(), "bad".into()],
            ..field("mood", "Mood", FieldKind::Enumeration, false)
        };
        let entry = Entity {
            name: "entry".into(),
            path: "entries".into(),
            label: "Entry".into(),
            label_plural: "Entries".into(),
            fields: vec![
                field("title", "Title", FieldKind::Text, true),
                field("day", "Day", FieldKind::Date, true),
                mood,
            ],
        };
        Self {
            specification: Specification {
                name: "Diary".into(),
                slug: "diary".into(),
                language: "en".into(),
                summary: "Keeps a diary with a mood for each day.".into(),
                entities: vec![entry],
                requirements: vec!["An entry without a title is refused.".into()],
                not_understood: vec!["\"share with friends\": the app has no accounts".into()],
            },
            questions: Vec::new(),
        }
    }
}
