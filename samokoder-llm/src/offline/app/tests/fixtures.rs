//! Specifications to generate apps from.

use samokoder_core::project::{Entity, Field, FieldKind, Specification};

/// Every specification with a name for it.
pub(super) fn all() -> Vec<(&'static str, Specification)> {
    vec![("library", library()), ("shop", shop()), ("single", single()), ("hostile", hostile())]
}

/// Books, members and loans, in English.
pub(super) fn library() -> Specification {
    let book = entity(
        "book",
        "books",
        ["Book", "Books"],
        vec![
            required(field("title", "Title", FieldKind::Text)),
            required(field("author", "Author", FieldKind::Text)),
            field("year", "Year", FieldKind::Integer),
            enumeration("genre", "Genre", &["fiction", "science", "art"]),
        ],
    );
    let member = entity(
        "member",
        "members",
        ["Member", "Members"],
        vec![required(field("name", "Name", FieldKind::Text)), field("email", "E-mail", FieldKind::Email)],
    );
    let loan = entity(
        "loan",
        "loans",
        ["Loan", "Loans"],
        vec![
            required(relation("book_id", "Book", "book")),
            required(relation("member_id", "Member", "member")),
            field("due_date", "Due date", FieldKind::Date),
            field("returned", "Returned", FieldKind::Boolean),
        ],
    );
    Specification {
        summary: "A library: books, its members, and who borrowed what until when.".to_owned(),
        ..spec("Library", "library", "en", vec![book, member, loan])
    }
}

/// Every type of field, in Russian, with relations that are optional, circular and to the entity itself.
pub(super) fn shop() -> Specification {
    let category = entity(
        "kategoriya",
        "kategorii",
        ["Категория", "Категории"],
        vec![
            required(field("nazvanie", "Название", FieldKind::Text)),
            relation("kategoriya_id", "Родительская категория", "kategoriya"),
            relation("tovar_id", "Лучший товар", "tovar"),
        ],
    );
    let product = entity(
        "tovar",
        "tovary",
        ["Товар", "Товары"],
        vec![
            required(field("nazvanie", "Название", FieldKind::Text)),
            field("opisanie", "Описание", FieldKind::LongText),
            required(field("tsena", "Цена", FieldKind::Money)),
            field("ves", "Вес", FieldKind::Number),
            field("ostatok", "Остаток", FieldKind::Integer),
            field("sayt", "Сайт производителя", FieldKind::Url),
            required(relation("kategoriya_id", "Категория", "kategoriya")),
        ],
    );
    let client = entity(
        "klient",
        "klienty",
        ["Клиент", "Клиенты"],
        vec![
            required(field("imya", "Имя", FieldKind::Text)),
            required(field("pochta", "Почта", FieldKind::Email)),
            field("data_rozhdeniya", "Дата рождения", FieldKind::Date),
        ],
    );
    let order = entity(
        "zakaz",
        "zakazy",
        ["Заказ", "Заказы"],
        vec![
            required(relation("klient_id", "Клиент", "klient")),
            required(relation("tovar_id", "Товар", "tovar")),
            required(field("sozdan", "Создан", FieldKind::DateTime)),
            field("vremya_dostavki", "Время доставки", FieldKind::Time),
            required(enumeration("status", "Статус", &["новый", "в пути", "доставлен"])),
            field("oplachen", "Оплачен", FieldKind::Boolean),
        ],
    );
    Specification {
        summary: "Магазин: товары по категориям, клиенты и их заказы.".to_owned(),
        ..spec("Магазин", "magazin", "ru", vec![category, product, client, order])
    }
}

/// The least an app can be.
pub(super) fn single() -> Specification {
    let task = entity("task", "tasks", ["Task", "Tasks"], vec![field("done", "Done", FieldKind::Boolean)]);
    spec("Tasks", "tasks", "en", vec![task])
}

/// Labels that try to break out of every language they are written in, and names that are taken.
pub(super) fn hostile() -> Specification {
    let label = r#"</script><script>alert(1)</script> "'`${x}{{ x }}{% if %}*/ """ ''' \ | <!-- # "#;
    let reserved = |path: &str| {
        let fields = vec![
            required(field("class", label, FieldKind::Text)),
            enumeration(
                "constructor",
                label,
                &["it's", "\"quoted\"", "</option>`${1}`", "a|b\\", "\u{2028}*/"],
            ),
            field("import", label, FieldKind::LongText),
            field("__proto__", label, FieldKind::Number),
            field("id", label, FieldKind::Integer),
            field("q", label, FieldKind::Text),
            required(relation("self", label, "class")),
        ];
        entity(path, path, [label, label], fields)
    };
    let names = ["class", "index", "app", "money", "entities", "constructor", "nul", "test", "con"];
    Specification {
        summary: label.to_owned(),
        requirements: vec![label.to_owned()],
        not_understood: vec![label.to_owned()],
        ..spec(label, "con", "en", names.map(reserved).to_vec())
    }
}

fn spec(name: &str, slug: &str, language: &str, entities: Vec<Entity>) -> Specification {
    Specification {
        name: name.to_owned(),
        slug: slug.to_owned(),
        language: language.to_owned(),
        summary: String::new(),
        entities,
        requirements: Vec::new(),
        not_understood: Vec::new(),
    }
}

fn entity(name: &str, path: &str, [label, label_plural]: [&str; 2], fields: Vec<Field>) -> Entity {
    Entity {
        name: name.to_owned(),
        path: path.to_owned(),
        label: label.to_owned(),
        label_plural: label_plural.to_owned(),
        fields,
    }
}

fn field(name: &str, label: &str, kind: FieldKind) -> Field {
    Field {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        required: false,
        values: Vec::new(),
        relation: None,
    }
}

fn required(field: Field) -> Field {
    Field { required: true, ..field }
}

fn enumeration(name: &str, label: &str, values: &[&str]) -> Field {
    let values = values.iter().map(|&value| value.to_owned()).collect();
    Field { values, ..field(name, label, FieldKind::Enumeration) }
}

fn relation(name: &str, label: &str, target: &str) -> Field {
    Field { relation: Some(target.to_owned()), ..field(name, label, FieldKind::Relation) }
}
