//! Small words of English and what they do.

use super::super::lexicon::Words;
use super::super::token::Token;

const SINGULAR_DETERMINERS: Words = Words("a an each every one the any single this that");

const FILLERS: Words = Words(
    "two three four entity a an the each every all any some one my our your their its his her this \
     that these those several multiple many various different own also just only both single simple \
     basic following and or then individual new specific certain another possibly maybe few lots such \
     existing usual corresponding whole more etc finally plus besides it them eventually which",
);

const PREPOSITIONS: Words =
    Words("of to on for by from in at about per between into under over within during against");

/// Nouns that stand before `of` and mean the things after it.
const CONTAINERS: Words = Words(
    "list set collection catalog catalogue database register registry inventory log record records \
     directory history number kind kinds bunch track table couple lists archive library piece pieces",
);

pub(in super::super) fn is_filler(word: &str) -> bool {
    FILLERS.has(word)
}

pub(in super::super) fn is_article(word: &str) -> bool {
    ["a", "an", "the", "their", "its", "his", "her", "my", "our"].contains(&word)
}

pub(in super::super) fn is_singular_determiner(word: &str) -> bool {
    SINGULAR_DETERMINERS.has(word)
}

pub(in super::super) fn is_preposition(word: &str) -> bool {
    PREPOSITIONS.has(word)
}

/// The phrase after "list of": "list of todos" names todos. A count such as "number of pages" stays whole.
pub(in super::super) fn inside_container(tokens: &[Token]) -> &[Token] {
    match tokens {
        [container, of, rest @ ..]
            if of.lower == "of"
                && !rest.is_empty()
                && container.lower != "number"
                && CONTAINERS.has(&container.lower) =>
        {
            rest
        }
        _ => tokens,
    }
}

pub(in super::super) fn without_possessive(word: &str) -> &str {
    word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).unwrap_or(word)
}

/// The text as it stands inside a sentence: lower case but for abbreviations and names such as "ISBN".
pub(in super::super) fn in_sentence(text: &str) -> String {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| {
            let capitals = word.chars().filter(|c| c.is_uppercase()).count();
            if capitals > 1 && word.chars().count() < 8 { word.to_owned() } else { word.to_lowercase() }
        })
        .collect();
    words.join(" ")
}

/// Words that no noun phrase holds: what they stand in is a sentence.
pub(in super::super) fn is_sentence_word(word: &str) -> bool {
    const WORDS: Words = Words(
        "suggest suggests vote meet meets wants submits enroll enrolls enrol attend attends lend \
         lends borrows rents buys brings bring pay pays live lives choose chooses i've we've whose \
         what's is are was were be been am do does did has have had can could should will would must \
         may might i we you they he she it me us them who what when where why how which if because \
         but not no please there then so than make makes made get gets want need needs let lets go \
         goes come comes take takes give gives hello hi hey thanks thank using use uses i'm i'd we'd \
         it's don't doesn't can't won't that's let's works always never sometimes often usually very \
         really too while whenever after before via also automatically borrow buy sells sell send \
         sends receive receives happen happens think know see shows allows show wanna gonna until \
         since like",
    );
    WORDS.has(word)
}

/// Verbs that name a record as well: at the start of an item, without an object, they do.
pub(in super::super) fn is_noun_too(word: &str) -> bool {
    const WORDS: Words = Words(
        "show shows vote votes rent rents need needs work works meet meets buy buys make makes take takes use uses",
    );
    WORDS.has(word)
}

/// Words of asking for an app.
pub(in super::super) fn is_request(word: &str) -> bool {
    const WORDS: Words = Words(
        "what about wants needs employer boss u smth pls plz thx thanks thank im id gimme yo ok okay cheers \
         basically something ya please i we want need would like i'd we'd you to build make create \
         develop write design generate give me us could can hello hi hey looking for am are i'm we're \
         let's some kind of help have wanna implement there should just lets code set up my our team \
         company really",
    );
    WORDS.has(word)
}

/// Nouns that name the app and not what it keeps.
pub(in super::super) fn is_app_word(word: &str) -> bool {
    const WORDS: Words = Words(
        "watchlist shortlist cellar bookshelf tracker trackers manager organizer organiser planner log logbook journal \
         diary collection catalog catalogue database directory list register registry management \
         tracking crm erp cms book keeper inventory scheduler board record records archive admin \
         backlog scheduling db storage store shop helper lms marketplace",
    );
    WORDS.has(word) || is_generic_app_word(word)
}

/// Nouns that say nothing about what an app is for.
pub(in super::super) fn is_generic_app_word(word: &str) -> bool {
    const WORDS: Words = Words(
        "app apps aplication applicaton application system tool website site software program platform portal web webapp \
         web-app solution something api backend interface panel mvp saas",
    );
    WORDS.has(word)
}

/// Adjectives that say nothing about what an app is for.
pub(in super::super) fn is_plain_adjective(word: &str) -> bool {
    const WORDS: Words = Words(
        "simple small basic little tiny personal easy nice good minimal minimalist minimalistic \
         lightweight quick modern full full-stack fullstack internal complete small-scale \
         please beautiful custom cool local great",
    );
    WORDS.has(word)
}

/// People who use the app and are not kept in it.
pub(in super::super) fn is_actor(word: &str) -> bool {
    const WORDS: Words = Words(
        "user users people i we you admin admins administrator administrators staff everyone anyone \
         person someone it that app system which visitors visitor they operator operators managers \
         manager owner application tool team us me one who librarian librarians receptionist",
    );
    WORDS.has(word)
}

/// Words that lead from the title to what the app does.
pub(in super::super) fn is_lead(word: &str) -> bool {
    const WORDS: Words = Words(
        "possible be help that which where to for so lets let allows allow helps will used in order \
         with able can who me us people and i we should need want is are easily quickly also would \
         like how my use using just it really",
    );
    WORDS.has(word)
}
