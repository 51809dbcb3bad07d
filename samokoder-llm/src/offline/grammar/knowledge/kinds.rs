//! The type of a field, from the words it is named with.

use super::super::lexicon::Words;
use FieldKind::{Boolean, Date, DateTime, Email, Integer, LongText, Money, Number, Text, Url};
use samokoder_core::project::FieldKind;

use super::super::phrase::Phrase;
use super::patterns;

/// Words that decide wherever they stand in the name.
const ANYWHERE: &[(Words, FieldKind)] = &[
    (Words("email e-mail mail имейл емейл е-мейл емайл"), Email),
    (Words("url website link homepage web сайт ссылка веб-сайт"), Url),
    (Words("photo picture image avatar logo фото фотография картинка изображение аватар логотип"), Url),
    (Words("flag checkbox флаг признак галочка отметка флажок"), Boolean),
    (Words("whether ли"), Boolean),
    (Words("timestamp datetime"), DateTime),
    (Words("deadline birthday dob due дедлайн"), Date),
];

/// Words that decide as the head of the name: the last one in English, the noun in Russian.
const HEADS: &[(Words, FieldKind)] = &[
    (Words("date day дата день"), Date),
    (Words("expiry expiration birth anniversary дедлайн рождение"), Date),
    (
        Words(
            "price cost amount total subtotal fee salary budget revenue balance deposit rent wage \
             tuition payment fare profit sum debt donation bill цена стоимость сумма зарплата оклад \
             бюджет баланс аванс предоплата номинал долг выручка прибыль залог оплата платёж платеж \
             итог тариф ставка себестоимость взнос премия штраф расход доход депозит pay income \
             expense spend earnings",
        ),
        Money,
    ),
    (
        Words(
            "максимум минимум year age quantity qty count limit page rating stock capacity floor seat mileage set rep \
             calorie serving copy duration minute hour day week score star point level bedroom \
             bathroom grade streak episode season repetition kcal headcount attendance odometer \
             number_of population год возраст количество число кол-во рейтинг остаток вместимость \
             этаж пробег страница подход повторение повтор калория порция длительность \
             продолжительность балл оценка сезон серия минута час очко тираж курс калорийность запас \
             кол штука наличие_шт этажность стаж ночь спальня гол экземпляр",
        ),
        Integer,
    ),
    (
        Words(
            "kilometre kilometer mile weight height length width depth distance temperature percentage percent discount area \
             volume latitude longitude hours speed pressure ratio rate humidity size_m2 tax gpa \
             dosage_mg probability weigth вес рост длина ширина высота глубина расстояние температура \
             процент скидка площадь объем объём скорость давление дистанция масса доля влажность \
             пульс литраж мощность",
        ),
        Number,
    ),
    (
        Words(
            "description note text body content message bio biography instruction ingredient step \
             remark feedback detail requirement comment symptom observation transcript method \
             direction abstract synopsis lyrics agenda minutes explanation complaint review answer \
             prescription preparation plot reflection описание комментарий примечание заметка текст \
             содержание сообщение инструкция ингредиент шаг жалоба симптом требование отзыв анамнез \
             биография замечание рекомендация подробность резюме приготовление обязанность рецензия \
             пояснение история содержимое аннотация сюжет ответ впечатление состав условие программа \
             назначение",
        ),
        LongText,
    ),
    (
        Words(
            "completed done active archived published paid returned finished available favorite \
             favourite approved cancelled canceled resolved confirmed verified public private closed \
             vaccinated billable recurring vegetarian vegan urgent featured attended read watched \
             seen shipped delivered received bought purchased refundable booked enabled signed \
             insured remote taxable neutered present expired discontinued checked subscribed \
             important borrowed sold reserved visited played found fixed owned broken",
        ),
        Boolean,
    ),
    (Words("timestamp datetime"), DateTime),
];

/// Words that name a record, best first: one of these is required.
const NAMING: &[&str] = &[
    "title",
    "name",
    "subject",
    "headline",
    "заголовок",
    "название",
    "наименование",
    "имя",
    "фио",
    "тема",
    "кличка",
    "full name",
    "fullname",
    "username",
    "nickname",
    "модель",
    "question",
    "вопрос",
    "слово",
    "word",
    "term",
    "номер",
    "number",
    "code",
    "код",
    "isbn",
    "sku",
    "артикул",
    "address",
    "адрес",
    "должность",
    "position",
    "госномер",
    "license plate",
    "plate",
    "summary",
];
/// The first of them name a record as the end of a name too: "full name", but not "plate number".
const HEAD_NAMES: usize = 12;
/// Words that name a record which has no better ones and no amount of money.
const CONTENT: &[&str] = &[
    "text",
    "body",
    "content",
    "message",
    "текст",
    "содержание",
    "сообщение",
    "description",
    "описание",
    "номер",
    "number",
    "code",
];

/// Before a plural these make a count: "max visitors".
const EXTREMES: Words = Words("max min maximum minimum total макс мин максимум минимум");

/// The type a name speaks of, without annotations.
pub(in super::super) fn kind_of(phrase: &Phrase) -> FieldKind {
    let head = phrase.head_key();
    let label = phrase.label.to_lowercase().replace('ё', "е");
    let words: Vec<String> = phrase.words.iter().map(|word| word.to_lowercase()).collect();
    let plain_text = Words("phone телефон address адрес number номер name title код code");
    let contact = words.iter().any(|word| Words("email e-mail почта web сайт url").has(word));
    if let Some(kind) = bounded(phrase).or_else(|| patterns::kind_of(&label)) {
        return kind;
    }
    if phrase.is_plural && words.len() > 1 && EXTREMES.has(&words[0]) {
        return Integer;
    }
    if plain_text.has(&head) && !contact {
        return Text;
    }
    if let Some((_, kind)) = ANYWHERE.iter().find(|(known, _)| words.iter().any(|word| known.has(word))) {
        return *kind;
    }
    HEADS.iter().find(|(known, _)| known.has(&head)).map_or_else(|| fallback(&label), |(_, kind)| *kind)
}

/// "salary from", "цена до": a bound of an amount is an amount too.
fn bounded(phrase: &Phrase) -> Option<FieldKind> {
    const BOUNDS: Words = Words("from to min max от до");
    let (_, name) = phrase.words.split_last().filter(|(last, _)| BOUNDS.has(last))?;
    let head = name.last()?;
    let amounts = |kind: FieldKind| matches!(kind, Money | Number | Integer);
    HEADS.iter().find(|(known, kind)| amounts(*kind) && known.has(head)).map(|(_, kind)| *kind)
}

/// Whether the name is one that many kinds of records have a field by.
pub(in super::super) fn is_known_field(phrase: &Phrase) -> bool {
    const ATTRIBUTES: Words = Words(
        "title name summary surname phone telephone mobile address status state type category genre priority \
         color colour size brand model isbn sku barcode city country language gender location time \
         username nickname subject code number unit tag position breed species diagnosis reason stage \
         source role department publisher cuisine difficulty season job vin plate make purpose \
         severity author director mood frequency goal dosage currency method manufacturer sex zip \
         allergies allergy название наименование имя фамилия отчество фио телефон адрес статус \
         состояние тип категория жанр приоритет цвет размер бренд марка модель артикул город страна \
         язык пол место время тема номер код единица тег должность порода вид диагноз причина этап \
         стадия источник роль отдел издательство кухня сложность госномер специальность специализация \
         кличка почта паспорт инн автор режиссер период срок цель материал производитель валюта \
         гражданство уровень формат аллергия окрас дозировка начало конец окончание",
    );
    let head = phrase.head_key();
    ATTRIBUTES.has(&head) || !matches!(kind_of(phrase), Text | Boolean)
}

/// "shirt number", "contact name": the end of the name alone says that it is one.
pub(in super::super) fn is_plain_name(phrase: &Phrase) -> bool {
    const ENDS: Words = Words("name number address phone code телефон номер адрес");
    ENDS.has(&phrase.head_key())
}

/// How well a name serves to tell records apart; smaller is better.
pub(in super::super) fn naming_rank(phrase: &Phrase) -> Option<usize> {
    let label = phrase.label.to_lowercase();
    let head = phrase.head_key();
    let exact = NAMING.iter().position(|word| *word == label);
    let ending = NAMING.iter().take(HEAD_NAMES).position(|word| *word == head);
    match (exact, ending) {
        (Some(at), _) if at < HEAD_NAMES => Some(at),
        (_, Some(at)) => Some(HEAD_NAMES + at),
        (exact, None) => exact.map(|at| at + HEAD_NAMES),
    }
}

/// How well a name serves where nothing is called by a name; smaller is better.
pub(in super::super) fn content_rank(phrase: &Phrase) -> Option<usize> {
    let label = phrase.label.to_lowercase();
    CONTENT.iter().position(|word| *word == label)
}

/// Whether the name speaks of a picture, without saying that it is a link to one.
pub(in super::super) fn is_picture(phrase: &Phrase) -> bool {
    const WORDS: Words =
        Words("photo picture image avatar logo фото фотография картинка изображение аватар логотип обложка");
    const LINKS: Words = Words("url link ссылка");
    let has = |set: Words| phrase.words.iter().any(|word| set.has(&word.to_lowercase()));
    let head = WORDS.has(&phrase.head_key()) || phrase.words.last().is_some_and(|last| WORDS.has(last));
    has(WORDS) && !has(LINKS) && (head || kind_of(phrase) == Url)
}

/// Whether the name sorts records into groups rather than tell them apart.
pub(in super::super) fn classifies(phrase: &Phrase) -> bool {
    const WORDS: Words = Words(
        "category type status kind tag period source time время категория тип статус вид источник период",
    );
    WORDS.has(&phrase.head_key())
}

/// Participles are flags: "paid", "returned", "оплачен", "выполнено".
fn fallback(label: &str) -> FieldKind {
    let single = !label.contains(' ');
    let english = single && label.len() > 5 && label.ends_with("ed") && !label.ends_with("eed");
    let russian = single
        && label.chars().count() > 5
        && [
            "ен", "ена", "ено", "ены", "ан", "ана", "ано", "аны", "ят", "ято", "ята", "ыт", "ыта", "ыто",
            "ян", "яна", "яно",
        ]
        .iter()
        .any(|ending| label.ends_with(ending))
        && !super::super::russian::phrase::is_known(label);
    if english || russian { Boolean } else { Text }
}
