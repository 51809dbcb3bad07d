//! Times of day: told apart from points in time by the date that stands beside them.

use samokoder_core::project::FieldKind;

use super::draft::{Draft, DraftEntity, DraftField};
use super::knowledge::kinds;
use super::lexicon::Words;

/// "date, start time, end time": the date is said already, so the times are times of that day.
///
/// A bare "time" beside a distance or a result is how long something took, and stays a text.
pub(super) fn times_of_a_day(draft: &mut Draft) {
    for entity in &mut draft.entities {
        let dated = entity.fields.iter().any(|field| is_the_day(field, entity));
        let measured = entity.fields.iter().any(is_measured);
        for field in entity.fields.iter_mut().filter(|field| field.kind.is_none() && field.values.is_empty())
        {
            match kinds::kind_of(&field.phrase) {
                FieldKind::DateTime if dated && is_time(field) => field.kind = Some(FieldKind::Time),
                FieldKind::Time if measured && field.phrase.words.len() == 1 => {
                    field.kind = Some(FieldKind::Text);
                }
                _ => {}
            }
        }
    }
}

/// Whether the field is the day of the record itself, not a due date or a birth date.
fn is_the_day(field: &DraftField, entity: &DraftEntity) -> bool {
    const DAYS: Words = Words("date day дата день");
    const OWN: Words = Words(
        "event booking visit lesson class session game match trip meeting shift визит занятие прием сеанс",
    );
    let words = &field.phrase.words;
    let own = |word: &String| OWN.has(word) || *word == entity.phrase.head_key();
    field.phrase.words.iter().any(|word| DAYS.has(word))
        && matches!(kinds::kind_of(&field.phrase), FieldKind::Date)
        && words.iter().all(|word| DAYS.has(word) || own(word))
}

fn is_time(field: &DraftField) -> bool {
    let label = field.phrase.label.to_lowercase();
    (label.ends_with(" time") || label.starts_with("время "))
        && !label.contains("date")
        && !label.contains("дата")
}

fn is_measured(field: &DraftField) -> bool {
    const MEASURES: Words = Words(
        "distance pace lap rank score result athlete swimmer runner discipline stroke speed reps дистанция темп \
         круг результат спортсмен дисциплина расстояние скорость",
    );
    MEASURES.has(&field.phrase.head_key())
}
