//! Names of fields whose type shows in the whole name and not in one word of it.

use FieldKind::{Boolean, Date, DateTime, Email, Integer, LongText, Money, Number, Text, Time, Url};
use samokoder_core::project::FieldKind;

/// Patterns separated by `|`; `*` stands for any words before, after or between. The first row that fits wins.
const NAMES: &[(&str, FieldKind)] = &[
    (
        "time|opening time|closing time|open time|close time|opens at|closes at|time of day|wake-up time|wake up time|\
         bedtime|bed time|feeding time|lunch time|class time|lesson time|reminder time|from time|to time|time from|\
         time to|time in|time out|delivery time|\
         время|время открытия|время закрытия|время с|время до|время от|время по|время подъема|время отбоя|время обеда|\
         время кормления|время занятия|время урока|время доставки|время выдачи|время сбора",
        Time,
    ),
    (
        "*date and time*|*date time|*date & time|*date/time|*day and time|start time|starting time|end time|\
         departure time|arrival time|pickup time|appointment time|meeting time|visit time|time of visit|\
         check-in time|check-out time|* at|scheduled for|booked for|planned for|entry time|exit time|\
         * at time|*дата и время*|дата время|дата-время|время и дата*|время начала*|время окончания*|время приема|время въезда*|\
         время выезда*|время заезда*|время прихода|время ухода|время записи|время заказа|order time|назначен* на|*ено в|*ано в|*ена в|*ана в|*ен в|*ан в|заверш* в|выполнен* в|начат* в|создан* в|закончен* в|\
         время входа|время выхода|время визита|время публикации|время создания|время отправки|время замера|время отправления|время прибытия|время вылета|время прилета|время посадки",
        DateTime,
    ),
    (
        "cooking time*|cook time*|prep time*|preparation time*|baking time*|время приготовления*|время готовки*",
        Integer,
    ),
    ("rooms|bedrooms|bathrooms", Integer),
    ("days *|weeks *|months *|* count|max* number of *|min* number of *|total number of *", Integer),
    ("* in minutes|* in days|* in weeks|* в минутах|* в днях|* в часах", Integer),
    (
        "* in ml|* in mm|* in m2|* in litres|* in liters|* в мм|* в м2|* в литрах|* в граммах|* in kg|* in km|* in cm|* in m|* in g|* in %|* in hours|* в кг|* в км|* в мл|* в см|* в метрах",
        Number,
    ),
    (
        "rate per *|ставка за *|ставка в *|face value|insured value|market value|estimated value|аренда в *|арендная плата|* плата|плата за *|стоимость *|цена *",
        Money,
    ),
    ("* in dollars|* in usd|* in euros|* in eur|* в рублях|* в долларах|* в евро", Money),
    ("расход топлива*|расход воды*|расход газа*|расход электроэнергии*|fuel consumption*|fuel used", Number),
    ("number of *|num of *|amount of *|how many *|year *|сколько *", Integer),
    ("is *|has *|есть *|in stock|наличие|в наличии*", Boolean),
    (
        "opening hours|working hours|business hours|office hours|store hours|часы работы|часы приема|\
         режим работы|график работы|часы открытия",
        Text,
    ),
    ("день недели|дни недели|day of week|day of the week|weekday", Text),
    ("hours|hours worked|часы|количество часов", Number),
    ("hourly rate|daily rate|nightly rate|price rate|* hourly rate|* daily rate", Money),
    (
        "* email address|email address|e-mail address|* почта|почта|адрес электронной почты|электронн* почт*",
        Email,
    ),
    ("web address|website address|адрес сайта|url address", Url),
    ("ставка ндс|ставка налога|* налоговая ставка|процентная ставка", Number),
    ("* days|days|срок службы|срок гарантии|гарантийный срок", Text),
    (
        "date *|* date|* on|* from|* until|from|to|until|start|end|start day|end day|check-in|check-out|checkin|checkout|\
         срок|срок *|действует *|действителен *|действительна *|* срок|заезд|выезд|* до|годен до|действует до|действителен до|начало|начало *|конец|конец *|окончание|окончание *",
        Date,
    ),
    ("*s collected|*s sold|*s produced|*s harvested|*s consumed|*s used", Integer),
    ("краткое описание*|full text|полный текст", LongText),
];

/// The type of the first pattern that fits a label in lower case with `е` for `ё`.
pub(in super::super) fn kind_of(label: &str) -> Option<FieldKind> {
    let fits = |patterns: &str| patterns.split('|').any(|pattern| matches(label, pattern));
    NAMES.iter().find(|(patterns, _)| fits(patterns)).map(|(_, kind)| *kind)
}

/// Whether the parts between the stars stand in the label one after the other, from its beginning to its end.
fn matches(label: &str, pattern: &str) -> bool {
    let Some((start, mut rest)) = pattern.split_once('*') else { return label == pattern };
    let Some(mut left) = label.strip_prefix(start) else { return false };
    while let Some((middle, after)) = rest.split_once('*') {
        let Some(at) = left.find(middle) else { return false };
        left = &left[at + middle.len()..];
        rest = after;
    }
    left.ends_with(rest)
}

/// Names of types, as people and programmers write them beside a field.
const TYPES: &[(&str, FieldKind)] = &[
    (
        "text|string|str|varchar|char|short text|free text|uuid|json|\
         текст|строка|текстовое|текстовый|текстовое поле|свободный текст",
        Text,
    ),
    (
        "long text|longtext|long_text|multiline|multi-line|multiline text|textarea|markdown|paragraph|rich text|\
         длинный текст|большой текст|многострочный|многострочный текст|абзац",
        LongText,
    ),
    (
        "number|float|decimal|double|numeric|real|percent|percentage|\
         число|дробное|дробное число|числовое|вещественное|десятичное|дробь|процент|проценты",
        Number,
    ),
    (
        "integer|int|bigint|whole|whole number|minutes|in minutes|in days|\
         целое|целое число|целый|штук|шт|минут|в минутах|в днях",
        Integer,
    ),
    (
        "money|currency|price|amount|usd|eur|rub|dollars|euros|in usd|in eur|in dollars|in euros|\
         деньги|денежная|денежное|денежный|рубли|руб|рублей|в рублях|сумма|валюта",
        Money,
    ),
    ("date|day|дата", Date),
    (
        "datetime|date time|date-time|date_time|date and time|timestamp|дата и время|датавремя|дата-время",
        DateTime,
    ),
    ("time|time of day|hh:mm|hour and minute|время|время суток|чч:мм|часы и минуты", Time),
    (
        "boolean|bool|flag|checkbox|yes/no|yes or no|y/n|true/false|true or false|\
         да/нет|да или нет|флаг|флажок|галочка|чекбокс|логическое|логический|булево|булевый|булевое",
        Boolean,
    ),
    ("email|e-mail|mail|email address|почта|емейл|имейл", Email),
    ("url|uri|link|website|web address|ссылка|сайт|адрес сайта", Url),
];

/// The type an annotation in lower case names: "money", "integer", "дата".
pub(in super::super) fn annotated(annotation: &str) -> Option<FieldKind> {
    let annotation = annotation.trim().trim_end_matches('.');
    TYPES.iter().find(|(names, _)| names.split('|').any(|name| name == annotation)).map(|(_, kind)| *kind)
}
