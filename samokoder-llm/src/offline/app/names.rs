//! Identifiers for the generated code.

/// Words that a module of the app can't use for an entity: keywords, and names that templates use themselves.
const TAKEN: &[&str] = &[
    "abstract",
    "address",
    "and",
    "app",
    "arguments",
    "as",
    "assert",
    "async",
    "await",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "date",
    "dateTime",
    "date_time",
    "debugger",
    "def",
    "default",
    "del",
    "delete",
    "describe",
    "do",
    "elif",
    "else",
    "email",
    "entities",
    "entity",
    "entityNamed",
    "entity_named",
    "enum",
    "enumeration",
    "eval",
    "examples",
    "except",
    "export",
    "extends",
    "false",
    "finally",
    "first",
    "for",
    "from",
    "function",
    "global",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "integer",
    "interface",
    "is",
    "lambda",
    "let",
    "longText",
    "long_text",
    "match",
    "money",
    "new",
    "nonlocal",
    "not",
    "null",
    "number",
    "or",
    "package",
    "pass",
    "private",
    "protected",
    "public",
    "raise",
    "relation",
    "return",
    "second",
    "self",
    "static",
    "super",
    "switch",
    "test",
    "text",
    "this",
    "throw",
    "time",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "url",
    "var",
    "void",
    "while",
    "with",
    "withApp",
    "yield",
];

/// `snake_case` from the words of `text`, starting with a letter and usable as an identifier.
pub(super) fn snake(text: &str) -> String {
    free(words(text).join("_"), "_record")
}

/// `camelCase` from the words of `text`, starting with a letter and usable as an identifier.
pub(super) fn camel(text: &str) -> String {
    let words = words(text);
    let (first, rest) = words.split_at(1);
    free(first.concat() + &rest.iter().map(|word| capitalised(word)).collect::<String>(), "Record")
}

/// `PascalCase` from the words of `text`.
pub(super) fn pascal(text: &str) -> String {
    words(text).iter().map(|word| capitalised(word)).collect()
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// The ASCII words of `text` in lower case, the first of which starts with a letter.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.first().is_none_or(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
        words.insert(0, "x".to_owned());
    }
    words
}

/// `name` with a number after it when `taken` has it.
pub(super) fn unique(name: String, separator: &str, taken: &[String]) -> String {
    if !taken.contains(&name) {
        return name;
    }
    (2..=taken.len() + 2)
        .map(|number| format!("{name}{separator}{number}"))
        .find(|candidate| !taken.contains(candidate))
        .unwrap_or(name)
}

fn free(name: String, suffix: &str) -> String {
    if TAKEN.contains(&name.as_str()) { name + suffix } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers_whatever_they_are_made_of() {
        assert_eq!(camel("order-items"), "orderItems");
        assert_eq!(snake("order-items"), "order_items");
        assert_eq!(camel("class"), "classRecord");
        assert_eq!(snake("money"), "money_record");
        assert_eq!(camel("3d-models"), "x3dModels");
        assert_eq!(camel("__proto__"), "proto");
        assert_eq!(camel(""), "x");
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        assert_eq!(unique("a".to_owned(), "_", &["a".to_owned(), "a_2".to_owned()]), "a_3");
    }
}
