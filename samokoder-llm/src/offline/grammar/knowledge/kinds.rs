//! The type of a field, from the words it is named with.

use super::super::lexicon::Words;
use FieldKind::{Boolean, Date, DateTime, Email, Integer, LongText, Money, Number, Text, Url};
use samokoder_core::project::FieldKind;

use super::super::phrase::Phrase;

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
            "year age quantity qty count page rating stock capacity floor seat mileage set rep \
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
            "weight height length width depth distance temperature percentage percent discount area \
             volume latitude longitude hours speed pressure ratio rate humidity size_m2 tax gpa \
             dosage_mg probability weigth вес рост длина ширина высота глубина расстояние температура \
             процент скидка площадь объем объём скорость давление дистанция масса доля влажность \
             пульс расход_топлива литраж мощность",
        ),
        Number,
    ),
    (
        Words(
            "description note text body content message bio biography instruction ingredient step \
             summary remark feedback detail requirement comment symptom observation transcript method \
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
             important borrowed sold reserved visited played",
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
    "summary",
    "номер",
    "number",
    "code",
];

/// The type a name speaks of, without annotations.
pub(in super::super) fn kind_of(phrase: &Phrase) -> FieldKind {
    let head = phrase.head_key();
    let label = phrase.label.to_lowercase().replace('ё', "е");
    let words: Vec<String> = phrase.words.iter().map(|word| word.to_lowercase()).collect();
    if is_moment(&label, &words) {
        return DateTime;
    }
    if let Some(kind) = special(&label, &head, &words) {
        return kind;
    }
    if let Some((_, kind)) = ANYWHERE.iter().find(|(known, _)| words.iter().any(|word| known.has(word))) {
        return *kind;
    }
    HEADS.iter().find(|(known, _)| known.has(&head)).map_or_else(|| fallback(&label), |(_, kind)| *kind)
}

/// Whether the name is one that many kinds of records have a field by.
pub(in super::super) fn is_known_field(phrase: &Phrase) -> bool {
    const ATTRIBUTES: Words = Words(
        "title name surname phone telephone mobile address status state type category genre priority \
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
    ATTRIBUTES.has(&head) || kind_of(phrase) != Text
}

/// How well a name serves to tell records apart; smaller is better.
pub(in super::super) fn naming_rank(phrase: &Phrase) -> Option<usize> {
    let label = phrase.label.to_lowercase();
    let head = phrase.head_key();
    let exact = NAMING.iter().position(|word| *word == label);
    let ending = NAMING.iter().take(HEAD_NAMES).position(|word| *word == head);
    exact.or_else(|| ending.map(|at| at + NAMING.len()))
}

/// How well a name serves where nothing is called by a name; smaller is better.
pub(in super::super) fn content_rank(phrase: &Phrase) -> Option<usize> {
    let label = phrase.label.to_lowercase();
    CONTENT.iter().position(|word| *word == label)
}

/// Whether the name sorts records into groups rather than tell them apart.
pub(in super::super) fn classifies(phrase: &Phrase) -> bool {
    const WORDS: Words =
        Words("category type status kind tag period source категория тип статус вид источник период");
    WORDS.has(&phrase.head_key())
}

/// A day together with a time of day.
fn is_moment(label: &str, words: &[String]) -> bool {
    const MOMENTS: &[&str] = &[
        "date and time",
        "date time",
        "date & time",
        "date/time",
        "дата и время",
        "дата время",
        "дата-время",
        "start time",
        "end time",
        "starting time",
        "appointment time",
        "time of visit",
        "departure time",
        "arrival time",
        "pickup time",
        "время начала",
        "время окончания",
        "время приема",
        "время записи",
        "время визита",
        "время отправления",
        "время прибытия",
        "check-in time",
        "check-out time",
        "meeting time",
        "visit time",
        "start date and time",
    ];
    let created = words.last().is_some_and(|last| last == "at") && words.len() > 1;
    MOMENTS.iter().any(|moment| label == *moment || label.starts_with(&format!("{moment} "))) || created
}

fn special(label: &str, head: &str, words: &[String]) -> Option<FieldKind> {
    let has = |word: &str| words.iter().any(|own| own == word);
    if label.starts_with("number of ")
        || label.starts_with("сколько ")
        || label.starts_with("how many ")
        || label.starts_with("num of ")
        || label.starts_with("amount of ")
    {
        return Some(Integer);
    }
    if ["in dollars", "in usd", "in euros", "in eur", "в рублях", "в долларах", "в евро"]
        .iter()
        .any(|unit| label.ends_with(unit))
    {
        return Some(Money);
    }
    if label.ends_with(" days") || label == "days" {
        return Some(Text);
    }
    if label.starts_with("year ") {
        return Some(Integer);
    }
    if label.starts_with("date ")
        || label == "to"
        || label.ends_with(" on")
        || label.ends_with(" date")
        || label.starts_with("date of ")
    {
        return Some(Date);
    }
    if label.starts_with("is ") || label.starts_with("has ") || label.starts_with("да/нет") {
        return Some(Boolean);
    }
    if label.ends_with(" from") || label.ends_with(" until") || label == "from" || label == "until" {
        return Some(Date);
    }
    if matches!(
        head,
        "phone" | "телефон" | "address" | "адрес" | "number" | "номер" | "name" | "title" | "код" | "code"
    ) && !has("email")
        && !has("e-mail")
        && !has("почта")
        && !has("web")
        && !has("сайт")
        && !has("url")
    {
        return Some(Text);
    }
    if head == "почта" || label.contains("электронн") && label.contains("почт") {
        return Some(Email);
    }
    if head == "срок" && !label.contains("гарант") && !label.contains("служб")
        || matches!(label, "заезд" | "выезд" | "check-in" | "check-out" | "checkin" | "checkout")
    {
        return Some(Date);
    }
    if head == "time"
        && ["cooking", "cook", "prep", "preparation", "baking", "duration"].iter().any(|word| has(word))
        || label.starts_with("время приготовления")
        || label.starts_with("время готовки")
    {
        return Some(Integer);
    }
    if head == "rate" && (has("hourly") || has("daily") || has("nightly") || has("price")) {
        return Some(Money);
    }
    if has("наличие") && label == "наличие" || label.starts_with("в наличии") || label == "in stock"
    {
        return Some(Boolean);
    }
    if matches!(label, "hours worked" | "hours" | "часы" | "количество часов") {
        return Some(Number);
    }
    if words.len() > 1
        && matches!(words[0].as_str(), "start" | "end" | "due" | "начало" | "конец" | "окончание")
        && head != "time"
        && !has("место")
    {
        return matches!(head, "date" | "начало" | "конец" | "окончание" | "day").then_some(Date);
    }
    if matches!(head, "начало" | "конец" | "окончание") || matches!(label, "start" | "end")
    {
        return Some(Date);
    }
    None
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
        && ![
            "магазин",
            "ресторан",
            "экран",
            "диван",
            "витамин",
            "район",
            "член",
            "этап",
            "план",
            "домен",
            "обмен",
            "токен",
            "сцена",
            "замена",
            "страна",
            "охрана",
            "комната",
            "лопата",
            "оплата",
            "зарплата",
            "цитата",
            "палата",
            "монета",
            "смена",
            "карта",
            "доплата",
            "предоплата",
            "рана",
            "измена",
            "кузина",
            "экзамен",
            "океан",
            "туман",
            "карман",
            "ураган",
            "барабан",
            "роман",
            "орган",
            "уран",
            "сметана",
            "арена",
            "антенна",
            "степень",
            "мембрана",
        ]
        .contains(&label);
    if english || russian { Boolean } else { Text }
}

/// The type an annotation names: "money", "integer", "дата".
pub(in super::super) fn annotated(annotation: &str) -> Option<FieldKind> {
    let kinds: &[(&[&str], FieldKind)] = &[
        (
            &[
                "text",
                "string",
                "str",
                "varchar",
                "short text",
                "free text",
                "char",
                "текст",
                "строка",
                "текстовое",
                "текстовый",
                "текстовое поле",
                "uuid",
                "свободный текст",
                "json",
            ],
            Text,
        ),
        (
            &[
                "long text",
                "longtext",
                "multiline",
                "textarea",
                "multi-line",
                "multiline text",
                "markdown",
                "paragraph",
                "rich text",
                "long_text",
                "длинный текст",
                "многострочный",
                "многострочный текст",
                "большой текст",
                "абзац",
            ],
            LongText,
        ),
        (
            &[
                "number",
                "float",
                "decimal",
                "double",
                "numeric",
                "real",
                "число",
                "дробное",
                "дробное число",
                "числовое",
                "вещественное",
                "десятичное",
                "дробь",
                "процент",
                "проценты",
                "percent",
                "percentage",
                "kg",
                "км",
                "кг",
                "cm",
                "см",
            ],
            Number,
        ),
        (
            &[
                "integer",
                "int",
                "whole number",
                "whole",
                "целое",
                "целое число",
                "целый",
                "bigint",
                "number of",
                "штук",
                "шт",
                "минут",
                "в минутах",
                "minutes",
                "in minutes",
                "in days",
                "в днях",
            ],
            Integer,
        ),
        (
            &[
                "money",
                "currency",
                "price",
                "amount",
                "usd",
                "eur",
                "dollars",
                "euros",
                "деньги",
                "денежная",
                "денежное",
                "рубли",
                "руб",
                "рублей",
                "сумма",
                "валюта",
                "в рублях",
                "денежный",
                "rub",
                "in usd",
                "in dollars",
                "in euros",
                "in eur",
            ],
            Money,
        ),
        (&["date", "дата", "day"], Date),
        (
            &[
                "datetime",
                "date time",
                "date and time",
                "date-time",
                "timestamp",
                "date_time",
                "дата и время",
                "датавремя",
                "дата-время",
                "time",
            ],
            DateTime,
        ),
        (
            &[
                "boolean",
                "bool",
                "flag",
                "yes/no",
                "yes or no",
                "checkbox",
                "true/false",
                "true or false",
                "y/n",
                "да/нет",
                "да или нет",
                "флаг",
                "логическое",
                "булево",
                "галочка",
                "чекбокс",
                "логический",
                "булевый",
                "булевое",
                "флажок",
            ],
            Boolean,
        ),
        (&["email", "e-mail", "mail", "почта", "емейл", "имейл", "email address"], Email),
        (&["url", "link", "website", "web address", "ссылка", "адрес сайта", "сайт", "uri"], Url),
    ];
    let annotation = annotation.trim().trim_end_matches('.');
    kinds.iter().find(|(names, _)| names.contains(&annotation)).map(|(_, kind)| *kind)
}
