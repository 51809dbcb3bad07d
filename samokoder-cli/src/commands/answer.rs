//! `samokoder answer`.

use std::io::{BufRead as _, IsTerminal as _};

use samokoder::{
    id::{QuestionId, SignalId},
    project::Question,
    store::{Signal, StoreErrorKind},
};

use crate::{
    args::AnswerArgs,
    config::Config,
    failure::{Failure, Outcome},
    project::Project,
    redaction,
    view::{self, person},
};

pub(crate) async fn answer(args: AnswerArgs) -> Result<Outcome, Failure> {
    Project::with(&args.dir, None, async |project| answer_in(project, &args).await).await
}

async fn answer_in(
    project: &Project,
    AnswerArgs { dir, answer, question }: &AnswerArgs,
) -> Result<Outcome, Failure> {
    let history = project.history(None).await?;
    // Said, but no run has heard it yet.
    let answered = answered(project).await?;
    let open: Vec<&Question> =
        history.state().open_questions().filter(|question| !answered.contains(&question.id)).collect();
    if open.is_empty() && !answered.is_empty() {
        let resume = format!("{} resume {}", view::command(), view::quoted(dir));
        return Err(Failure::usage(format!("it is answered already; go on with: {resume}")));
    }
    let question = pick(&open, question.as_deref())?;
    let text = match answer {
        Some(text) => text.clone(),
        None if std::io::stdin().is_terminal() => ask(question)?,
        None => {
            outln!("{}", person::put(question));
            outln!("\nAnswer with: {} answer {} \"…\"", view::command(), view::quoted(dir));
            return Ok(Outcome::Waiting);
        }
    };
    let text = text.trim();
    let answer =
        person::choose(question, text).ok_or_else(|| Failure::usage(person::unclear(question, text)))?;
    // What is posted is kept until a run takes it.
    let answer = redaction::answer(&Config::load(Some(dir))?, question, &answer);
    let (id, question) = (SignalId::fresh(), question.id);
    project.store.post(&project.card.branch, id, Signal::Answer { question, answer }).await?;
    if is_late(project, question, id).await? {
        return Err(Failure::usage("somebody else has answered it at the same time, and that answer counts"));
    }
    match project.store.acquire(&project.card.branch).await {
        Err(error) if error.kind == StoreErrorKind::LeaseHeld => {
            outln!("Answered; the run goes on with it.");
        }
        _ => outln!("Answered. Next: {} resume {}", view::command(), view::quoted(dir)),
    }
    Ok(Outcome::Done)
}

/// Whether another answer came before this one: the first one counts.
async fn is_late(project: &Project, question: QuestionId, own: SignalId) -> Result<bool, Failure> {
    let signals = project.store.signals(&project.card.branch).await?;
    let first = signals.into_iter().find_map(|(id, signal)| match signal {
        Signal::Answer { question: of, .. } if of == question => Some(id),
        _ => None,
    });
    // A run that is at work may have taken it.
    Ok(first.is_some_and(|first| first != own))
}

/// The questions whose answers wait for the next run.
async fn answered(project: &Project) -> Result<Vec<QuestionId>, Failure> {
    let signals = project.store.signals(&project.card.branch).await?;
    let answers = signals.into_iter().filter_map(|(_, signal)| match signal {
        Signal::Answer { question, .. } => Some(question),
        _ => None,
    });
    Ok(answers.collect())
}

fn pick<'a>(open: &[&'a Question], id: Option<&str>) -> Result<&'a Question, Failure> {
    let matching: Vec<_> =
        open.iter().filter(|question| id.is_none_or(|id| question.id.to_string().contains(id))).collect();
    match (matching.as_slice(), open) {
        ([question], _) => Ok(question),
        (_, []) => Err(Failure::usage("no question is open")),
        ([], _) => Err(Failure::usage("no open question has that id")),
        (several, _) => {
            let list: Vec<_> =
                several.iter().map(|question| format!("  {}  {}", question.id, question.text)).collect();
            Err(Failure::usage(format!(
                "several questions are open; choose one with --question ID:\n{}",
                list.join("\n")
            )))
        }
    }
}

fn ask(question: &Question) -> Result<String, Failure> {
    outln!("{}", person::put(question));
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(_) => Ok(line),
        Err(error) => Err(Failure::failed(format!("no answer could be read: {error}"))),
    }
}
