//! Small words of Russian and what they do.

use super::super::lexicon::Words;

const FILLERS: Words = Words(
    "каждый каждая каждое каждого каждой каждому каждую каждым каждом все всех всем всеми весь всю \
     мой моя мои моих моим моими мою моего моей свой свои своих свою своими своего своей своим свое \
     наш наши наших нашей нашего нашу их его ее этот эта эти этих этого этой один одна одно одного \
     одной одну одному одним одном одни несколько много разные разных также еще только тоже и или \
     либо а следующие следующими следующих любой любого просто затем обязательно обязательные \
     обязательный обязательная обязательное обязательными обязательным обязательной необязательно \
     необязательный необязательная необязательное необязательные необязательным необязательной можно \
     самих сами которые которых который которым которыми это нужен нужна нужны нужно какие-то \
     некоторые двух двумя двум два две многих многим многими нескольких нескольким несколькими другие прочие новый новые новых новую плюс собственный собственные такие конкретный \
     конкретному конкретного определенный определенному определенного возможно опционально желательно \
     например прочее всякие они он она оно то там же наконец",
);

const SINGULAR_DETERMINERS: Words = Words(
    "каждый каждая каждое каждого каждой каждому каждую каждым каждом один одна одно одного одной \
     одну одному одним одном конкретный конкретному конкретного определенный определенному \
     определенного любой любого",
);

const PREPOSITIONS: Words =
    Words("к ко на в во о об обо от у для по за из с со между про при до без под над после перед через");

/// Nouns that mean the things named after them: "список дел", "учёт заказов".
const CONTAINERS: Words = Words(
    "список перечень учет база каталог картотека реестр ведение управление хранение добавление \
     информация сведения данные трекер коллекция журнал контроль планировщик создание отслеживание \
     редактирование просмотр таблица менеджер система сервис приложение программа регистрация \
     планирование запоминание справочник архив дневник набор хранилище",
);

pub(in super::super) fn is_filler(word: &str) -> bool {
    FILLERS.has(word)
}

pub(in super::super) fn is_singular_determiner(word: &str) -> bool {
    SINGULAR_DETERMINERS.has(word)
}

pub(in super::super) fn is_preposition(word: &str) -> bool {
    PREPOSITIONS.has(word)
}

/// Whether a noun, in the nominative singular, only holds the things named after it.
pub(in super::super) fn is_container(lemma: &str) -> bool {
    CONTAINERS.has(lemma)
}

/// Whether a word that is no known noun has the ending of a verb.
pub(in super::super) fn looks_like_verb(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "ать",
        "ять",
        "еть",
        "ить",
        "оть",
        "уть",
        "ыть",
        "ться",
        "тся",
        "ает",
        "яет",
        "еет",
        "ует",
        "ают",
        "яют",
        "еют",
        "уют",
        "ят",
        "ит",
        "ел",
        "ал",
        "ил",
        "али",
        "или",
        "ался",
        "ались",
        "аю",
        "яю",
        "ую",
        "ишь",
        "ешь",
        "ите",
        "айте",
        "йте",
        "ай",
        "уй",
        "ем",
        "им",
        "сти",
        "чь",
        "ется",
        "ются",
        "ится",
        "ятся",
        "ены",
        "ена",
        "ено",
    ];
    let adjective = word
        .strip_suffix("ую")
        .is_some_and(|stem| ["н", "к", "ш", "щ", "в", "т"].iter().any(|last| stem.ends_with(last)));
    word.chars().count() > 4 && !adjective && ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// Whether a word that is no known noun is a verb in its infinitive.
pub(in super::super) fn is_infinitive(word: &str) -> bool {
    let ends = ["ать", "ять", "еть", "ить", "оть", "уть", "ыть", "ться", "сти", "чь"]
        .iter()
        .any(|end| word.ends_with(end));
    ends && word.chars().count() > 4 && !super::phrase::is_known(word)
}

/// Words that no noun phrase holds.
pub(in super::super) fn is_sentence_word(word: &str) -> bool {
    const WORDS: Words = Words(
        "живет живут ведет идет берет дает сдает проходят проходит происходит предлагают предлагает \
         выбирают помогает бывают бывает я мы ты вы он она они мне нам нас меня что чтобы как когда \
         если потому но не нет привет здравствуйте хочу хотим нужно надо нужен нужна нужны есть был \
         была были будет будут пожалуйста спасибо сделай сделайте дела? который которая которое \
         которые где куда кто чем этого так уже очень часто иногда всегда это может могут можно ли \
         чтоб бы имеет имеют",
    );
    WORDS.has(word)
}

/// Words of asking for an app.
pub(in super::super) fn is_request(word: &str) -> bool {
    const WORDS: Words = Words(
        "а можно хочу хотим нужно нужен нужна нужны надо сделай сделайте сделать создай создайте создать \
         разработай разработайте разработать напиши напишите написать построй требуется мне нам \
         пожалуйста я мы привет здравствуйте необходимо необходима хотелось бы хотел хотела давай \
         можешь можете просьба ищу помоги помогите добрый день сгенерируй получить сделаем реализуй \
         реализовать иметь необходим",
    );
    WORDS.has(word)
}

/// Nouns that name the app and not what it keeps.
pub(in super::super) fn is_app_word(lemma: &str) -> bool {
    const WORDS: Words = Words(
        "трекер учет список каталог база журнал менеджер планировщик коллекция картотека реестр \
         дневник crm црм срм управление ведение магазин справочник органайзер архив доска хранилище \
         интернет-магазин",
    );
    WORDS.has(lemma) || is_generic_app_word(lemma)
}

/// Nouns that say nothing about what an app is for.
pub(in super::super) fn is_generic_app_word(lemma: &str) -> bool {
    const WORDS: Words = Words(
        "приложение прилажение преложение система сервис программа сайт портал платформа инструмент веб-приложение бот \
         приложуха прога софтина софт программка веб-сервис мини-приложение",
    );
    WORDS.has(lemma)
}

/// Adjectives that say nothing about what an app is for.
pub(in super::super) fn is_plain_adjective(word: &str) -> bool {
    const STEMS: &[&str] = &[
        "прост",
        "маленьк",
        "небольш",
        "удобн",
        "обычн",
        "нов",
        "мини",
        "веб",
        "онлайн",
        "легк",
        "внутренн",
    ];
    STEMS.iter().any(|stem| word.strip_prefix(stem).is_some_and(|ending| ending.chars().count() <= 3))
}

/// People who use the app and are not kept in it.
pub(in super::super) fn is_actor(lemma: &str) -> bool {
    const WORDS: Words = Words(
        "пользователь администратор админ я мы человек менеджер оператор приложение система все он \
         они она оно программа сервис библиотекарь сайт",
    );
    WORDS.has(lemma)
}

/// Words that lead from the title to what the app does.
pub(in super::super) fn is_lead(word: &str) -> bool {
    const WORDS: Words = Words(
        "который которая которое которые чтобы где для позволяет помогает бы можно будет нам мне я мы \
         быстро удобно легко в на было и там просто нужно",
    );
    WORDS.has(word)
}
