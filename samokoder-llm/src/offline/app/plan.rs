//! In which tasks the app is built.

use samokoder_core::project::{Entity, Specification, WorkspacePath};

use super::files::{self, AppFile, Part};
use super::{Runtime, normalise};

/// A task: the files it writes and the positions of the tasks that come before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedTask {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) files: Vec<WorkspacePath>,
    pub(crate) depends_on: Vec<usize>,
}

/// The tasks that build the app. Each file belongs to one of them; entities are independent of each other.
pub(crate) fn plan(spec: &Specification, runtime: Runtime) -> Vec<PlannedTask> {
    let spec = normalise::normalise(spec);
    let files = files::files(&spec, runtime);
    let entities = spec.entities.len();
    let task = |part, title: &str, description: &str, depends_on| PlannedTask {
        title: title.to_owned(),
        description: description.to_owned(),
        files: paths(&files, part),
        depends_on,
    };
    let (store, http, api) = (0, 1, 2 + entities);
    let mut tasks = vec![
        task(Part::Store, "Record store and field types", STORE, vec![]),
        task(Part::Http, "HTTP layer", HTTP, vec![]),
    ];
    for (index, entity) in spec.entities.iter().enumerate() {
        tasks.push(task(Part::Entity(index), &entity.label_plural, &entity_description(entity), vec![store]));
    }
    let before_api = (store..api).collect();
    tasks.extend([
        task(Part::Api, "REST API", API, before_api),
        task(Part::Page, "Web page", PAGE, vec![http]),
        task(Part::Checks, "Tests of the whole app", CHECKS, vec![api]),
        task(Part::Documentation, "Documentation", DOCUMENTATION, vec![api]),
    ]);
    tasks
}

const STORE: &str = "Keep records in memory and in one JSON file per kind, replaced as a whole at each change; \
    refuse to start on a damaged file. Check values by the type of their field.";
const HTTP: &str = "Route requests, read JSON bodies up to 1 MiB, answer errors as JSON, refuse changes from other \
    sites, and serve the web page's files.";
const API: &str = "List, create, read, replace, change and delete the records of every kind, and describe them at \
    /api. Start and stop the server.";
const PAGE: &str = "Show, search, sort, create, edit and delete the records of every kind with a keyboard, on a \
    phone and on a wide screen, light and dark.";
const CHECKS: &str = "Test the rules that hold for every address: errors, methods, limits, files, restarts.";
const DOCUMENTATION: &str = "Say what the app is, how to run, test and change it, and what its API offers.";

fn entity_description(entity: &Entity) -> String {
    let fields: Vec<_> = entity.fields.iter().map(|field| field.label.as_str()).collect();
    format!("Define the fields and rules, and test every route with them: {}.", fields.join(", "))
}

fn paths(files: &[AppFile], part: Part) -> Vec<WorkspacePath> {
    let of_part = files.iter().filter(|file| file.part == part);
    of_part.filter_map(|file| WorkspacePath::parse(&file.path).ok()).collect()
}
