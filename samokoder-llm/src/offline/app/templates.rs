//! Turns templates into files.
//!
//! What a template prints is escaped for the language of the file, unless it says `safe`, as it does for
//! identifiers and for literals that are made in code.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, context, escape_formatter,
};
use samokoder_core::project::Specification;

use super::files::AppFile;
use super::view::AppView;
use super::{Runtime, escape};

macro_rules! sources {
    ($($name:literal,)+) => {
        &[$(($name, include_str!(concat!("templates/", $name)))),+]
    };
}

const SOURCES: &[(&str, &str)] = sources![
    "docs/AGENTS.md.j2",
    "docs/README.en.md.j2",
    "docs/README.ru.md.j2",
    "docs/gitignore",
    "node/package.json.j2",
    "node/server.mjs",
    "node/src/app.mjs",
    "node/src/entities.mjs.j2",
    "node/src/entity.mjs.j2",
    "node/src/fields.mjs",
    "node/src/http.mjs",
    "node/src/messages.en.mjs",
    "node/src/messages.ru.mjs",
    "node/src/names.mjs",
    "node/src/query.mjs.j2",
    "node/src/routes.mjs",
    "node/src/static.mjs",
    "node/src/store.mjs",
    "node/src/validate.mjs",
    "node/tests/app.test.mjs.j2",
    "node/tests/entity.test.mjs.j2",
    "node/tests/support.mjs",
    "python/app/__init__.py",
    "python/app/answers.py",
    "python/app/application.py",
    "python/app/body.py",
    "python/app/entities.py.j2",
    "python/app/entity.py",
    "python/app/entity.py.j2",
    "python/app/fields.py",
    "python/app/messages.en.py",
    "python/app/messages.ru.py",
    "python/app/names.py",
    "python/app/query.py.j2",
    "python/app/routes.py",
    "python/app/static.py",
    "python/app/store.py",
    "python/app/validate.py",
    "python/app/web.py",
    "python/server.py",
    "python/tests/app.py.j2",
    "python/tests/entities.py",
    "python/tests/entity.py.j2",
    "python/tests/support.py",
    "web/api.js",
    "web/app.js",
    "web/confirm.js",
    "web/controls.js",
    "web/dom.js",
    "web/form.js",
    "web/icon.svg.j2",
    "web/index.html.j2",
    "web/list.js",
    "web/style.css",
    "web/texts.en.js",
    "web/texts.ru.js",
];

const CODE: &str = "code";
const MARKDOWN: &str = "markdown";

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// Writes a file from its template. What isn't a template is copied.
pub(super) fn render(spec: &Specification, runtime: Runtime, file: &AppFile) -> String {
    let name = file.template.replace("{}", &spec.language);
    let (name, source) = SOURCES
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| unreachable!("{} is made from {name}, which is missing", file.path));
    if !is_template(name) {
        return (*source).to_owned();
    }
    let app = Value::from(Serde(AppView::new(spec, runtime)));
    let entity = file.entity.and_then(|index| app.get_attr("entities").ok()?.get_item_by_index(index).ok());
    ENVIRONMENT
        .get_template(name)
        .and_then(|template| template.render(context! { entity, ..app }))
        .unwrap_or_else(|error| unreachable!("{name} does not fit what it is given: {error:#}"))
}

fn is_template(name: &str) -> bool {
    name.strip_suffix(".j2").is_some()
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment
        .set_syntax(syntax.unwrap_or_else(|error| unreachable!("the syntax is the usual one: {error:#}")));
    environment.set_auto_escape_callback(escaping);
    environment.set_formatter(write_escaped);
    environment.add_filter("comment", |text: &str| Value::from_safe_string(escape::line(text)));
    environment.add_filter("shell", |text: &str| Value::from_safe_string(escape::shell(text)));
    environment.add_filter("literals", literals);
    for (name, source) in SOURCES.iter().filter(|(name, _)| is_template(name)) {
        environment
            .add_template(name, source)
            .unwrap_or_else(|error| unreachable!("{name} is no valid template: {error:#}"));
    }
    environment
}

fn escaping(name: &str) -> AutoEscape {
    match name.trim_end_matches(".j2").rsplit('.').next() {
        Some("html" | "svg") => AutoEscape::Html,
        Some("md") => AutoEscape::Custom(MARKDOWN.into()),
        _ => AutoEscape::Custom(CODE.into()),
    }
}

fn write_escaped(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let text = match (state.auto_escape(), value.as_str()) {
        (AutoEscape::Custom(language), Some(text)) if !value.is_safe() => match language.as_ref() {
            MARKDOWN => escape::markdown(text),
            _ => escape::literal(text),
        },
        (AutoEscape::Custom(_), None) if value.kind() == ValueKind::Number => value.to_string(),
        (AutoEscape::Custom(_), Some(text)) => text.to_owned(),
        _ => return escape_formatter(out, state, value),
    };
    out.write_str(&text).map_err(Error::from)
}

/// Texts as literals with commas between them.
fn literals(texts: &Value) -> Result<Value, Error> {
    let literals: Vec<_> = texts.try_iter()?.filter_map(|text| text.as_str().map(escape::literal)).collect();
    Ok(Value::from_safe_string(literals.join(", ")))
}
