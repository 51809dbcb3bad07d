//! `samokoder show`.

use samokoder::project::{Entity, ProjectState, Verdict};

use crate::{
    args::ShowArgs,
    failure::{Failure, Outcome},
    project::Project,
    view,
};

pub(crate) async fn show(ShowArgs { dir, at }: ShowArgs) -> Result<Outcome, Failure> {
    let history = Project::with(&dir, None, async |project| {
        project.must_have_begun().await?;
        project.version(&project.card.branch, at).await
    })
    .await?;
    let state = history.state();
    outln!("Version {} of {}", state.version(), view::quoted(&dir));
    outln!("\nDESCRIPTION\n  {}", state.description().replace('\n', "\n  "));
    specification(state);
    plan(state);
    files(state);
    Ok(Outcome::Done)
}

fn specification(state: &ProjectState) {
    let Some(specification) = state.specification() else { return };
    outln!("\nSPECIFICATION: {}\n  {}", specification.name, specification.summary);
    for Entity { label, path, fields, .. } in &specification.entities {
        outln!("\n  {label} ({path})");
        for field in fields {
            let kind = serde_json::to_value(field.kind).unwrap_or_default();
            let kind = kind.as_str().unwrap_or_default().replace('_', " ");
            let detail = match (&field.relation, field.values.as_slice()) {
                (Some(entity), _) => format!(" to {entity}"),
                (None, []) => String::new(),
                (None, values) => format!(": {}", values.join(", ")),
            };
            let required = if field.required { ", required" } else { "" };
            outln!("    {:<24} {}{detail}{required}", field.name, kind);
        }
    }
    list("Requirements", &specification.requirements);
    list("Not understood", &specification.not_understood);
}

fn list(title: &str, sentences: &[String]) {
    if !sentences.is_empty() {
        outln!("\n  {title}");
        for sentence in sentences {
            outln!("    - {sentence}");
        }
    }
}

fn plan(state: &ProjectState) {
    let tasks: Vec<_> = state.tasks().collect();
    if tasks.is_empty() {
        return;
    }
    outln!("\nPLAN");
    for task in tasks {
        let mark = if state.is_task_finished(task.id) { 'x' } else { ' ' };
        outln!("  [{mark}] {} ({} files)", task.title, task.files.len());
    }
    for iteration in state.iterations() {
        outln!("  repair: {}", iteration.diagnosis);
    }
    match state.current_check().map(|check| check.verdict) {
        Some(Verdict::Passed) => outln!("  The app's own tests pass."),
        Some(Verdict::Failed) => outln!("  The app's own tests fail."),
        Some(_) => outln!("  Unverified: the app's own tests were not run."),
        None => outln!("  The app's own tests have not been run on these files."),
    }
}

fn files(state: &ProjectState) {
    outln!("\nFILES");
    for (path, file) in state.files() {
        outln!("  {:>9}  {path}", view::size(file.size));
    }
}
