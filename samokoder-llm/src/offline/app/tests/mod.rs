//! What holds for every generated app.

mod fixtures;
mod running;

use std::collections::{BTreeMap, BTreeSet};

use samokoder_core::project::Specification;

use super::{PlannedTask, Runtime, architecture, plan, render};

const RUNTIMES: [Runtime; 2] = [Runtime::Node, Runtime::Python];

/// Every file of the app by its path.
fn files(spec: &Specification, runtime: Runtime) -> BTreeMap<String, String> {
    let content =
        |path: &str| render(spec, runtime, path).unwrap_or_else(|| panic!("{path} does not render"));
    let planned = architecture(spec, runtime).files;
    planned.iter().map(|file| (file.path.to_string(), content(file.path.as_str()))).collect()
}

fn each_app(check: impl Fn(&Specification, Runtime)) {
    for (_, spec) in fixtures::all() {
        for runtime in RUNTIMES {
            check(&spec, runtime);
        }
    }
}

#[test]
fn the_same_specification_gives_the_same_bytes() {
    each_app(|spec, runtime| assert_eq!(files(spec, runtime), files(&spec.clone(), runtime)));
}

#[test]
fn the_plan_has_each_file_exactly_once() {
    each_app(|spec, runtime| {
        let planned: Vec<_> = plan(spec, runtime)
            .into_iter()
            .flat_map(|task| task.files)
            .map(|path| path.to_string())
            .collect();
        let unique: BTreeSet<_> = planned.iter().cloned().collect();
        assert_eq!(planned.len(), unique.len(), "a file belongs to two tasks");
        assert_eq!(unique, files(spec, runtime).into_keys().collect());
    });
}

#[test]
fn a_task_depends_only_on_tasks_before_it() {
    each_app(|spec, runtime| {
        for (index, task) in plan(spec, runtime).iter().enumerate() {
            assert!(task.depends_on.iter().all(|&earlier| earlier < index), "{task:?}");
            assert!(!task.files.is_empty(), "{task:?}");
        }
    });
}

#[test]
fn entities_can_be_built_in_parallel() {
    let tasks = plan(&fixtures::library(), Runtime::Node);
    let of_entities: Vec<&PlannedTask> =
        tasks.iter().filter(|task| ["Books", "Members", "Loans"].contains(&task.title.as_str())).collect();
    assert_eq!(of_entities.len(), 3);
    assert!(of_entities.iter().all(|task| task.depends_on == [0]));
}

#[test]
fn a_path_that_is_not_of_the_app_renders_nothing() {
    each_app(|spec, runtime| {
        assert_eq!(render(spec, runtime, "src/other.mjs"), None);
        assert_eq!(render(spec, runtime, ""), None);
    });
}

#[test]
fn files_are_short_and_end_with_a_line_end() {
    for runtime in RUNTIMES {
        for (path, text) in files(&fixtures::library(), runtime) {
            assert!(text.lines().count() < 300, "{path} is long");
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path} ends wrongly");
            let gap = if runtime == Runtime::Python { "\n\n\n\n" } else { "\n\n\n" };
            assert!(!text.contains(gap), "{path} has a gap");
            assert!(
                text.lines().all(|line| line.trim_end() == line),
                "{path} has spaces at the end of a line"
            );
        }
    }
}

#[test]
fn markup_in_a_label_stays_text_on_the_page() {
    let page = render(&fixtures::hostile(), Runtime::Node, "public/index.html").unwrap();
    assert!(!page.contains("<script>alert"), "{page}");
    assert_eq!(page.matches("<script").count(), 1, "{page}");
}

#[test]
fn names_and_values_of_the_description_are_in_the_app() {
    for runtime in RUNTIMES {
        let all: String = files(&fixtures::library(), runtime).into_values().collect();
        for word in ["Library", "due_date", "Due date", "fiction", "science", "art", "member_id"] {
            assert!(all.contains(word), "{word} is missing");
        }
    }
}

#[test]
fn an_architecture_names_a_runtime_that_is_understood() {
    for runtime in RUNTIMES {
        let named = architecture(&fixtures::library(), runtime).runtime;
        assert_eq!(Runtime::parse(&named), Some(runtime));
    }
    assert_eq!(Runtime::parse("cobol"), None);
}
