//! Which files the app consists of, for each runtime.

use samokoder_core::project::{Entity, Specification};

use super::{Runtime, view};

/// A file of the app.
#[derive(Debug, Clone)]
pub(super) struct AppFile {
    pub(super) path: String,
    pub(super) purpose: String,
    pub(super) part: Part,
    /// The template it is made from, with `{}` for the language.
    pub(super) template: &'static str,
    /// The position of the entity it is about.
    pub(super) entity: Option<usize>,
}

/// The part of the app that a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Store,
    Http,
    Entity(usize),
    Api,
    Page,
    Checks,
    Documentation,
}

/// A file that every app has: its path, its template, its part and its purpose.
type Common = (&'static str, &'static str, Part, &'static str);

const NODE: &[Common] = &[
    ("server.mjs", "node/server.mjs", Part::Api, "Starts the app, and stops it cleanly."),
    ("src/app.mjs", "node/src/app.mjs", Part::Api, "Puts store, routes and HTTP server together."),
    ("src/entities.mjs", "node/src/entities.mjs.j2", Part::Api, "Lists the kinds of records the app keeps."),
    ("src/routes.mjs", "node/src/routes.mjs", Part::Api, "Says what is answered at which address."),
    ("src/query.mjs", "node/src/query.mjs.j2", Part::Api, "Searches, filters, sorts and pages lists."),
    ("src/validate.mjs", "node/src/validate.mjs", Part::Api, "Checks what a client sends against an entity."),
    ("src/names.mjs", "node/src/names.mjs", Part::Api, "Gives a record the name people know it by."),
    (
        "src/http.mjs",
        "node/src/http.mjs",
        Part::Http,
        "Routes requests, reads JSON bodies, writes answers and errors.",
    ),
    ("src/static.mjs", "node/src/static.mjs", Part::Http, "Serves the files of the web page."),
    ("src/store.mjs", "node/src/store.mjs", Part::Store, "Keeps records in files that a crash can't damage."),
    (
        "src/fields.mjs",
        "node/src/fields.mjs",
        Part::Store,
        "Defines the kinds of fields and checks their values.",
    ),
    ("src/messages.mjs", "node/src/messages.{}.mjs", Part::Store, "Holds what the app tells people."),
    (
        "tests/support.mjs",
        "node/tests/support.mjs",
        Part::Checks,
        "Starts the app for a test and talks to it.",
    ),
    (
        "tests/app.test.mjs",
        "node/tests/app.test.mjs.j2",
        Part::Checks,
        "Tests what holds for the app as a whole.",
    ),
    ("package.json", "node/package.json.j2", Part::Documentation, "Names the app and its commands."),
];

const PYTHON: &[Common] = &[
    ("server.py", "python/server.py", Part::Api, "Starts the app, and stops it cleanly."),
    ("app/__init__.py", "python/app/__init__.py", Part::Store, "Makes the folder a package."),
    (
        "app/application.py",
        "python/app/application.py",
        Part::Api,
        "Puts store, routes and HTTP server together.",
    ),
    (
        "app/entities/__init__.py",
        "python/app/entities.py.j2",
        Part::Api,
        "Lists the kinds of records the app keeps.",
    ),
    ("app/routes.py", "python/app/routes.py", Part::Api, "Says what is answered at which address."),
    ("app/query.py", "python/app/query.py.j2", Part::Api, "Searches, filters, sorts and pages lists."),
    ("app/validate.py", "python/app/validate.py", Part::Api, "Checks what a client sends against an entity."),
    ("app/names.py", "python/app/names.py", Part::Api, "Gives a record the name people know it by."),
    ("app/web.py", "python/app/web.py", Part::Http, "Routes requests, writes answers and errors."),
    ("app/body.py", "python/app/body.py", Part::Http, "Reads the body of a request."),
    ("app/answers.py", "python/app/answers.py", Part::Http, "Defines what a request is answered with."),
    ("app/static.py", "python/app/static.py", Part::Http, "Serves the files of the web page."),
    ("app/store.py", "python/app/store.py", Part::Store, "Keeps records in files that a crash can't damage."),
    ("app/entity.py", "python/app/entity.py", Part::Store, "Defines what a kind of record is."),
    (
        "app/fields.py",
        "python/app/fields.py",
        Part::Store,
        "Defines the kinds of fields and checks their values.",
    ),
    ("app/messages.py", "python/app/messages.{}.py", Part::Store, "Holds what the app tells people."),
    (
        "tests/support.py",
        "python/tests/support.py",
        Part::Checks,
        "Starts the app for a test and talks to it.",
    ),
    ("tests/test_app.py", "python/tests/app.py.j2", Part::Checks, "Tests what holds for the app as a whole."),
    ("tests/entities/__init__.py", "python/tests/entities.py", Part::Checks, "Makes the folder a package."),
];

const SHARED: &[Common] = &[
    (
        "public/index.html",
        "web/index.html.j2",
        Part::Page,
        "Is the web page, with the app's name and navigation.",
    ),
    ("public/app.js", "web/app.js", Part::Page, "Shows the view that the address asks for."),
    ("public/api.js", "web/api.js", Part::Page, "Talks to the server, and names related records."),
    ("public/list.js", "web/list.js", Part::Page, "Shows the records of one kind, page by page."),
    ("public/form.js", "web/form.js", Part::Page, "Creates and edits a record in a dialog."),
    ("public/controls.js", "web/controls.js", Part::Page, "Makes the input for each kind of field."),
    ("public/confirm.js", "web/confirm.js", Part::Page, "Asks before a record is deleted."),
    ("public/dom.js", "web/dom.js", Part::Page, "Creates elements whose content is always text."),
    ("public/texts.js", "web/texts.{}.js", Part::Page, "Holds the texts of the page."),
    (
        "public/style.css",
        "web/style.css",
        Part::Page,
        "Makes the page readable, light or dark, wide or narrow.",
    ),
    ("public/icon.svg", "web/icon.svg.j2", Part::Page, "Is the app's icon."),
    (
        "README.md",
        "docs/README.{}.md.j2",
        Part::Documentation,
        "Says what the app is, how to run it, and its API.",
    ),
    ("AGENTS.md", "docs/AGENTS.md.j2", Part::Documentation, "Tells a coding agent the layout and the rules."),
    (".gitignore", "docs/gitignore", Part::Documentation, "Keeps data out of version control."),
];

/// Every file of the app, in the order in which a reader meets them.
pub(super) fn files(spec: &Specification, runtime: Runtime) -> Vec<AppFile> {
    let own = match runtime {
        Runtime::Node => NODE,
        Runtime::Python => PYTHON,
    };
    let mut files: Vec<_> = own.iter().map(common).collect();
    for (index, entity) in spec.entities.iter().enumerate() {
        files.extend(entity_files(entity, index, runtime));
    }
    files.extend(SHARED.iter().map(common));
    files
}

fn common(&(path, template, part, purpose): &Common) -> AppFile {
    AppFile { path: path.to_owned(), purpose: purpose.to_owned(), part, template, entity: None }
}

fn entity_files(entity: &Entity, index: usize, runtime: Runtime) -> [AppFile; 2] {
    let module = view::module(entity, runtime);
    let label = &entity.label_plural;
    let file = |path, template, purpose| AppFile {
        path,
        purpose,
        part: Part::Entity(index),
        template,
        entity: Some(index),
    };
    let rules = format!("{label}: the fields and their rules.");
    let tests = format!("{label}: tests of every route and rule.");
    match runtime {
        Runtime::Node => [
            file(format!("src/entities/{module}.mjs"), "node/src/entity.mjs.j2", rules),
            file(format!("tests/entities/{module}.test.mjs"), "node/tests/entity.test.mjs.j2", tests),
        ],
        Runtime::Python => [
            file(format!("app/entities/{module}.py"), "python/app/entity.py.j2", rules),
            file(format!("tests/entities/test_{module}.py"), "python/tests/entity.py.j2", tests),
        ],
    }
}
