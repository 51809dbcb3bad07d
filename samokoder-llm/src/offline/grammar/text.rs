//! Makes any input a text that the rest of the grammar can take apart without care.

/// Longer descriptions are cut: what a person reads and checks is far shorter.
pub(super) const MAX_CHARACTERS: usize = 20_000;

/// A description without control characters, emoji and typographic variants.
#[derive(Debug)]
pub(super) struct CleanText {
    /// The text every token's span points into.
    pub(super) text: String,
    /// Whether something was cut off at [`MAX_CHARACTERS`].
    pub(super) cut: bool,
}

/// Short forms whose full stop would end a sentence.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("e.g.", "such as"),
    ("i.e.", "that is"),
    (" etc.)", ")"),
    (", etc.", "."),
    (" etc.", "."),
    ("incl.", "including"),
    (" runs from a start date to an end date", " has a start date and an end date"),
    (" lasts from a start date to an end date", " has a start date and an end date"),
    (" from a start date to an end date", " with a start date and an end date"),
    (" from a date to a date", " with a start date and an end date"),
    (" is of type ", " has a type of "),
    (" are of type ", " have a type of "),
    (" or not,", " flag,"),
    (" or not.", " flag."),
    (" или нет,", " (да/нет),"),
    (" или нет.", " (да/нет)."),
    ("serial no.", "serial number"),
    (" no.,", " number,"),
    ("и т. д.", "."),
    ("и т.д.", "."),
    ("и т. п.", "."),
    ("и т.п.", "."),
    ("и др.", "."),
    ("т. е.", "то есть"),
    ("т.е.", "то есть"),
    ("эл. почт", "электронная почт"),
    ("эл.почт", "электронная почт"),
    ("гос. номер", "госномер"),
    ("инв. номер", "инвентарный номер"),
    ("тел.", "телефон"),
    ("руб.", "руб"),
];

/// Cleans a description.
pub(super) fn clean(description: &str) -> CleanText {
    let cut = description.chars().nth(MAX_CHARACTERS).is_some();
    let mut text = String::with_capacity(description.len().min(MAX_CHARACTERS * 2));
    for character in description.chars().take(MAX_CHARACTERS) {
        match character {
            '\u{306}' if text.ends_with(['и', 'И']) => replace_last(&mut text, 'й', 'Й'),
            '\u{308}' if text.ends_with(['е', 'Е']) => replace_last(&mut text, 'ё', 'Ё'),
            '\n' | '\u{2028}' | '\u{2029}' => text.push('\n'),
            '\r' | '\u{200b}'..='\u{200f}' | '\u{ad}' | '\u{feff}' | '\u{fe0f}' | '`' => {}
            '\t' => text.push_str("  "),
            '’' | '‘' | 'ʼ' => text.push('\''),
            '“' | '”' | '„' | '«' | '»' => text.push('"'),
            '‑' | '‐' => text.push('-'),
            '–' | '—' | '―' | '−' | '→' => text.push('—'),
            '•' | '●' | '◦' | '▪' | '‣' | '·' => text.push('•'),
            '№' => text.push_str("номер "),
            '…' => text.push('.'),
            _ if character.is_alphanumeric() || character.is_ascii_graphic() => text.push(character),
            _ => text.push(' '),
        }
    }
    let (capitals, small) = (
        text.chars().filter(|c| c.is_uppercase()).count(),
        text.chars().filter(|c| c.is_lowercase()).count(),
    );
    if capitals > 20 && capitals > small * 4 {
        text = text.to_lowercase();
    }
    for (short, long) in ABBREVIATIONS {
        if text.contains(short) {
            text = text.replace(short, long);
        }
    }
    for (question, flag) in [("?,", " (yes/no),"), ("?;", " (yes/no);"), ("?)", " (yes/no))")] {
        text = text.replace(question, flag);
    }
    for (ending, flag) in [(" or not", " flag"), (" или нет", " (да/нет)")] {
        if let Some(rest) = text.trim_end().strip_suffix(ending) {
            text = format!("{rest}{flag}");
        }
    }
    CleanText { text, cut }
}

fn replace_last(text: &mut String, small: char, capital: char) {
    let is_capital = text.pop().is_some_and(char::is_uppercase);
    text.push(if is_capital { capital } else { small });
}
