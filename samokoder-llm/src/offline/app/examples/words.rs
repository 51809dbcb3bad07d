//! Example texts that fit a field's name, in the language of the app.

use samokoder_core::project::{Entity, Field};

use super::super::names;

/// One of two texts for a field; the first sorts before the second.
pub(super) fn text(language: &str, entity: &Entity, field: &Field, nth: usize) -> String {
    let words = names::words(&field.name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let russian = language == "ru";
    let pair = if has(&["author", "avtor", "director", "rezhisser", "fio", "contact", "kontakt"])
        || (has(&["name", "imya", "fio"]) && is_person(entity))
    {
        if russian { ["Анна Белова", "Борис Орлов"] } else { ["Anna Berg", "Boris Lund"] }
    } else if has(&["phone", "telephone", "telefon", "mobile"]) {
        ["+1 555 0100", "+1 555 0199"]
    } else if has(&["city", "town", "gorod"]) {
        if russian { ["Казань", "Пермь"] } else { ["Berlin", "Lisbon"] }
    } else if has(&["address", "adres", "street"]) {
        if russian {
            ["Лесная улица, 1", "Садовая улица, 2"]
        } else {
            ["1 Elm Street", "2 Main Street"]
        }
    } else {
        return from_label(russian, entity, field, nth);
    };
    pair[nth].to_owned()
}

/// "Book A" for the title of a book, "Publisher A" for its publisher.
fn from_label(russian: bool, entity: &Entity, field: &Field, nth: usize) -> String {
    let is_name = matches!(field.name.as_str(), "name" | "title" | "nazvanie" | "zagolovok" | "naimenovanie");
    let label = if is_name { &entity.label } else { &field.label };
    let plain =
        label.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || matches!(c, 'А'..='я' | 'Ё' | 'ё'));
    let stem = match plain {
        true => label.as_str(),
        false if russian => "Пример",
        false => "Example",
    };
    let letter = if russian { ["А", "Б"][nth] } else { ["A", "B"][nth] };
    format!("{stem} {letter}")
}

pub(super) fn long_text(language: &str, nth: usize) -> &'static str {
    match language {
        "ru" => ["Первая заметка.\nВ ней две строки.", "Совсем другая заметка."][nth],
        _ => ["A first remark.\nIt has two lines.", "Some other remark."][nth],
    }
}

pub(super) fn is_year(name: &str) -> bool {
    names::words(name).iter().any(|word| word == "year" || word == "god")
}

fn is_person(entity: &Entity) -> bool {
    let people = [
        "author",
        "avtor",
        "client",
        "customer",
        "doctor",
        "driver",
        "employee",
        "guest",
        "klient",
        "chitatel",
        "member",
        "owner",
        "patient",
        "patsient",
        "person",
        "polzovatel",
        "pokupatel",
        "sotrudnik",
        "student",
        "teacher",
        "uchitel",
        "uchenik",
        "user",
        "vladelets",
        "vrach",
        "worker",
    ];
    people.contains(&entity.name.as_str())
}
