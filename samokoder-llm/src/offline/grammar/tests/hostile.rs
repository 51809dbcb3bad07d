//! Whatever the input, the reading is valid.

use std::collections::BTreeSet;

use proptest::prelude::*;
use samokoder_core::project::{Entity, FieldKind, Specification};

use super::super::{Answer, read};

/// Fails where the specification breaks a rule that generated apps rely on.
fn assert_valid(specification: &Specification) {
    assert!(
        !specification.name.is_empty() && specification.name.chars().count() <= 60,
        "{:?}",
        specification.name
    );
    assert!(is_identifier(&specification.slug, '-'), "{}", specification.slug);
    assert!(!specification.entities.is_empty() && specification.entities.len() <= 24);
    let names: BTreeSet<&str> = specification.entities.iter().map(|entity| entity.name.as_str()).collect();
    let paths: BTreeSet<&str> = specification.entities.iter().map(|entity| entity.path.as_str()).collect();
    assert_eq!(names.len(), specification.entities.len(), "names are unique");
    assert_eq!(paths.len(), specification.entities.len(), "paths are unique");
    for entity in &specification.entities {
        assert!(is_identifier(&entity.name, '_') && is_identifier(&entity.path, '-'), "{entity:?}");
        assert!(is_label(&entity.label) && is_label(&entity.label_plural), "{entity:?}");
        assert_fields_valid(entity, &names);
    }
}

fn assert_fields_valid(entity: &Entity, entities: &BTreeSet<&str>) {
    let names: BTreeSet<&str> = entity.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names.len(), entity.fields.len(), "field names are unique");
    assert!(!entity.fields.is_empty());
    for field in &entity.fields {
        assert!(is_identifier(&field.name, '_') && is_label(&field.label), "{field:?}");
        let reserved =
            ["id", "class", "constructor", "prototype", "delete", "import", "from", "none", "true"];
        assert!(!reserved.contains(&field.name.as_str()), "{}", field.name);
        assert_eq!(field.kind == FieldKind::Enumeration, !field.values.is_empty(), "{field:?}");
        assert!(field.values.iter().all(|value| is_label(value)), "{field:?}");
        let unique: BTreeSet<&String> = field.values.iter().collect();
        assert_eq!(unique.len(), field.values.len(), "{field:?}");
        assert_eq!(field.kind == FieldKind::Relation, field.relation.is_some(), "{field:?}");
        if let Some(target) = &field.relation {
            assert!(entities.contains(target.as_str()) && field.name.ends_with("_id"), "{field:?}");
        }
    }
}

fn is_identifier(name: &str, joint: char) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 40
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint)
}

fn is_label(label: &str) -> bool {
    !label.trim().is_empty() && !label.chars().any(char::is_control) && label.chars().count() <= 80
}

const WORDS: &str = "\
     book books title loans of a to member with and has have each belongs is one can be status ( ) [ \
     { } : ; , . - — / | open or price date time required optional enum money app tracker track \
     users for the class id constructor __proto__ 1 2.5 it many api книги книга с названием и \
     автором клиента заказы у каждого есть имеет статус один из перечисление принадлежит к учёт \
     список приложение для хочу вести датой временем обязательно может быть где по да/нет новый или \
     называется import return";

const LAYOUT: &[&str] = &["\n", "\n- ", "\n  - ", "\n# ", "\n## ", "\"x y\""];

fn grammar_word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(WORDS.split_whitespace().chain(LAYOUT.iter().copied()).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_reads_to_something_valid(text in any::<String>(), name in any::<Option<String>>()) {
        if let Ok(reading) = read(&text, name.as_deref(), &[]) {
            assert_valid(&reading.specification);
        }
    }

    #[test]
    fn words_of_the_grammar_in_any_order_read_to_something_valid(words in prop::collection::vec(grammar_word(), 1..60)) {
        let text = words.join(" ");
        if let Ok(reading) = read(&text, None, &[]) {
            assert_valid(&reading.specification);
            prop_assert_eq!(&reading, &read(&text, None, &[]).expect("it was read before"));
        }
    }
}

#[test]
fn hostile_descriptions_read_to_something_valid() {
    let entities: String =
        (0..200).map(|n| format!("gadgets{n}x with name and price; ")).collect::<Vec<_>>().concat();
    let fields: String = (0..200).map(|n| format!("field{n}, ")).collect::<Vec<_>>().concat();
    let long = "x".repeat(10_000);
    let nested = "(".repeat(5_000);
    let junk = "\u{0}\u{7}💥 <b>'\"`${}\\../../etc ".repeat(400);
    let cases = [
        entities.clone(),
        format!("Things with {fields}"),
        format!("A {long}: {long}s with {long}"),
        format!("books {nested} title"),
        junk.clone(),
        format!("{junk} books with title"),
        "Books with <script>alert(1)</script>, `rm -rf`, ${process.env}, ../../etc/passwd".to_owned(),
        "__proto__ with constructor, __proto__, id, class, import, prototype and toString".to_owned(),
        "Classes with id, class; apis with healthz; constructors with name".to_owned(),
        "# ".repeat(3_000),
        "- a\n  ".repeat(2_000),
        "\"\"\"\"\"".to_owned(),
        "日本語: 本, 著者".to_owned(),
        "книги с 💥, 🎉 и названием".to_owned(),
    ];
    for case in cases {
        if let Ok(reading) = read(&case, Some("../../etc/<b>"), &[]) {
            assert_valid(&reading.specification);
        }
    }
    let many = read(&entities, None, &[]).expect("it has entities").specification;
    assert!(many.not_understood.iter().any(|note| note.contains("24")), "{:?}", many.not_understood);
}

#[test]
fn descriptions_with_nothing_to_build_are_refused_with_an_example() {
    for text in [
        "",
        " \n",
        "hello",
        "Hi!",
        "asdf",
        "123",
        "???",
        "make me rich",
        "qwerty uiop",
        "how are you?",
        "...",
        "lorem ipsum dolor",
    ] {
        let error = read(text, None, &[]).expect_err(text);
        assert!(error.to_string().contains("A library"), "{error}");
    }
    for text in ["привет", "привет, как дела?", "сделай мне хорошо", "йцукен", "спасибо"]
    {
        let error = read(text, None, &[]).expect_err(text);
        assert!(error.to_string().contains("Библиотека"), "{error}");
    }
}

#[test]
fn an_answer_with_values_makes_an_enumeration_and_an_empty_one_a_text() {
    let description = "Tasks with title and status (enum)";
    let open = read(description, None, &[]).expect("it has entities");
    assert_eq!(open.questions.len(), 1);
    let key = open.questions[0].key.as_str();
    let answered = read(description, None, &[Answer { key, text: "open, in progress, closed" }])
        .expect("it has entities");
    assert!(answered.questions.is_empty());
    assert_eq!(answered.specification.entities[0].fields[1].values, ["open", "in progress", "closed"]);
    let declined = read(description, None, &[Answer { key, text: "" }]).expect("it has entities");
    assert!(declined.questions.is_empty());
    assert_eq!(declined.specification.entities[0].fields[1].kind, FieldKind::Text);
}

#[test]
fn a_given_name_wins() {
    let reading = read("A library: books with title", Some("My Shelf"), &[]).expect("it has entities");
    assert_eq!(
        (reading.specification.name.as_str(), reading.specification.slug.as_str()),
        ("My Shelf", "my-shelf")
    );
}
