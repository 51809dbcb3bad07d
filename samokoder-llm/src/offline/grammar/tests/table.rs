use samokoder_core::project::{Field, FieldKind};

use super::super::{Reading, read};

/// A reading in the notation of the tables.
pub(super) fn render(reading: &Reading) -> String {
    let specification = &reading.specification;
    let mut lines = vec![format!("= {} ({})", specification.name, specification.slug)];
    for entity in &specification.entities {
        let fields: Vec<String> = entity.fields.iter().map(field).collect();
        lines.push(format!("{}/{}({})", entity.name, entity.path, fields.join(", ")));
    }
    lines.extend(specification.not_understood.iter().map(|part| format!("? {}", quotation(part))));
    lines.extend(reading.questions.iter().map(|question| format!("?? {}", question.key)));
    lines.join("\n")
}

/// The quoted part of a note, without the reason.
fn quotation(note: &str) -> &str {
    let end = note.find("\": ").or_else(|| note.find("»: "));
    end.map_or(note, |end| note[..end].trim_start_matches(['"', '«']))
}

fn field(field: &Field) -> String {
    let kind = match field.kind {
        FieldKind::LongText => "long".to_owned(),
        FieldKind::Enumeration => format!("[{}]", field.values.join("|")),
        FieldKind::Relation => format!("->{}", field.relation.as_deref().unwrap_or("?")),
        other => format!("{other:?}").to_lowercase(),
    };
    format!("{}: {kind}{}", field.name, if field.required { "!" } else { "" })
}

/// Reads every case of a table and compares; a failure lists all that differ.
fn check(table: &str) {
    let mut wrong = Vec::new();
    let cases = table.split("\n\n\n").map(str::trim).filter(|case| !case.is_empty());
    for case in cases {
        let (description, expected) =
            case.split_once("\n---\n").expect("a case has `---` on a line of its own");
        let actual = match read(description, None, &[]) {
            Ok(reading) => render(&reading),
            Err(_) => "nothing to build".to_owned(),
        };
        if actual != expected.trim() {
            wrong.push(format!("{description}\n--- expected\n{}\n--- actual\n{actual}\n", expected.trim()));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn english_descriptions_read_as_a_person_would() {
    check(include_str!("english.txt"));
}

#[test]
fn russian_descriptions_read_as_a_person_would() {
    check(include_str!("russian.txt"));
}

#[test]
fn english_descriptions_read_the_same_in_any_style() {
    check(include_str!("english_styles.txt"));
}

#[test]
fn russian_descriptions_read_the_same_in_any_style() {
    check(include_str!("russian_styles.txt"));
}

#[test]
fn the_requirements_name_the_record_that_joins_many_with_many() {
    for (description, sentence) in [
        (
            "Recipes with title; tags with name. A recipe has many tags and a tag has many recipes.",
            "Recipe tags join recipes with tags: each can have many of the other, one record for each pair.",
        ),
        (
            "Студенты: имя. Курсы: название. У студента много курсов, у курса много студентов.",
            "«Студенты и курсы» связывают записи «Студенты» и «Курсы»: у каждой может быть много других, \
             одна запись на каждую пару.",
        ),
    ] {
        let requirements = read(description, None, &[]).expect("it has entities").specification.requirements;
        assert!(requirements.iter().any(|own| own == sentence), "{requirements:?}");
    }
}
