//! `samokoder show`.

use samokoder::project::{Entity, ProjectState, Verdict};

use crate::{
    args::ShowArgs,
    failure::{Failure, Outcome},
    project::Project,
    view,
};

pub(crate) async fn show(ShowArgs { dir, at }: ShowArgs) -> Result<Outcome, Failure> {
    let project = Project::open(&dir, None).await?;
    let history = project.history(at).await?;
    let state = history.state();
    println!("Version {} of {}", state.version(), view::quoted(&dir));
    println!("\nDESCRIPTION\n  {}", state.description().replace('\n', "\n  "));
    specification(state);
    plan(state);
    files(state);
    Ok(Outcome::Done)
}

fn specification(state: &ProjectState) {
    let Some(specification) = state.specification() else { return };
    println!("\nSPECIFICATION: {}\n  {}", specification.name, specification.summary);
    for Entity { label, path, fields, .. } in &specification.entities {
        println!("\n  {label} ({path})");
        for field in fields {
            let kind = serde_json::to_value(field.kind).unwrap_or_default();
            let kind = kind.as_str().unwrap_or_default().replace('_', " ");
            let detail = match (&field.relation, field.values.as_slice()) {
                (Some(entity), _) => format!(" to {entity}"),
                (None, []) => String::new(),
                (None, values) => format!(": {}", values.join(", ")),
            };
            let required = if field.required { ", required" } else { "" };
            println!("    {:<24} {}{detail}{required}", field.name, kind);
        }
    }
    list("Requirements", &specification.requirements);
    list("Not understood", &specification.not_understood);
}

fn list(title: &str, sentences: &[String]) {
    if !sentences.is_empty() {
        println!("\n  {title}");
        for sentence in sentences {
            println!("    - {sentence}");
        }
    }
}

fn plan(state: &ProjectState) {
    let tasks: Vec<_> = state.tasks().collect();
    if tasks.is_empty() {
        return;
    }
    println!("\nPLAN");
    for task in tasks {
        let mark = if state.is_task_finished(task.id) { 'x' } else { ' ' };
        println!("  [{mark}] {} ({} files)", task.title, task.files.len());
    }
    for iteration in state.iterations() {
        println!("  repair: {}", iteration.diagnosis);
    }
    match state.current_check().map(|check| check.verdict) {
        Some(Verdict::Passed) => println!("  The app's own tests pass."),
        Some(Verdict::Failed) => println!("  The app's own tests fail."),
        Some(_) => println!("  Unverified: the app's own tests were not run."),
        None => println!("  The app's own tests have not been run on these files."),
    }
}

fn files(state: &ProjectState) {
    println!("\nFILES");
    for (path, file) in state.files() {
        println!("  {:>9}  {path}", view::size(file.size));
    }
}
