//! What is answered where a password, a key or a code is asked for: it needs no name, as the question has it.

use std::ops::Range;

use super::{
    find::Secret,
    names::{Name, name_of},
    passwords::{find_passwords, words},
    plain::{describes_alone, is_in},
    told::place_in,
    value::{is_placeholder, is_strong},
};

/// What a question for a value begins with, in turn: what is polite, what asks, what stands before a name, and what the name
/// is called by (at most so many words that are none of these).
const POLITE: &str = "please could can would you will and so then пожалуйста вы ты можете";
const ASKING: &str = "\
    what which enter type give provide tell send paste choose specify name share какой какая какое каков какова введи \
    введите укажи укажите назови назовите напиши напишите пришли пришлите дай дайте задай задайте придумай придумайте";
const BEFORE: &str = "\
    is are s should must shall will the a an your our my his her its their us me be у вас тебя нас мне нам ваш твой";
const MODIFIERS: usize = 3;

/// What makes it another question: about what a secret is for, how it is kept, how long it is, of what kind.
const OTHERWISE: &str = "\
    of to for if when after before with without from in on at by than then that who whom whose why where how while because not \
    no or and do does did has have had can could may might would use uses used show shows change changes reset require \
    requires store stores hide allow forgot forgotten lost need needs get gets kind type sort length many much long short \
    often strong rule rules policy format minimum maximum lifetime expiry duration age algorithm hash old wrong some any every \
    each как где когда почему кто чей чья сколько тип вид длина длины правила формат минимум максимум нужен нужно надо ли \
    хранить сложность требования срок если для от к на в и или не есть";

/// What may follow the name where its value is asked for.
const AFTER: &str = "\
    for of to from on in with at should shall will would do please now here для от к на у в будет";

/// The names as one asks for them in Russian: in other forms something about them is asked for.
const RUSSIAN: &str = "пароль токен код ключ пин пин-код пинкод секрет слово доступа api-ключ апи-ключ api";

/// Words that introduce a value.
const FILLERS: &str = "\
    it it's its that's is the a my our use take set password key code token pin to be should will as let let's us we i want \
    go with make choose pick please thanks thank you это пусть будет возьми используй пароль ключ код спасибо пожалуйста";

/// Words of sentences: what has one of them is no passphrase.
const OF_SENTENCES: &str = "\
    a an the it it's its that's is are be not using use same as for from to with by of in on at my your our their i you we they \
    he she should must can will would please leave let let's us there don't do does like and or if when then what without want \
    make set go environment variable file app как для из от на по у мой свой наш этот тот такой же будет пусть без или и да \
    что возьми используй это пожалуйста";

/// Words that say that there is none, or what to do about it.
const NONE: &str = "\
    no nope none nothing any anything random generate generated skip later yes yep ok ask unknown whatever environment env n/a \
    tbd optional нет никакой любой случайный сгенерируй придумай спроси неважно позже";

/// Finds the value in an answer to a question that asks for a secret, and for nothing else.
pub(super) fn find_answers(question: &str, answer: &str) -> Vec<Secret> {
    /// With this before it, a sentence is searched.
    const NAME: &str = "The password is ";
    if !asks_for_secret(question) {
        return Vec::new();
    }
    let whole = bare(answer);
    let introduced = without_fillers(whole);
    for value in [whole, introduced] {
        match said(value) {
            Said::Value => return vec![Secret { range: place_in(answer, value), what: "secret" }],
            Said::Nothing => return Vec::new(),
            Said::Sentence => {}
        }
    }
    let start = place_in(answer, introduced).start;
    let in_answer = |secret: Secret| {
        let Range { start: from, end } = secret.range;
        let range = start + from.checked_sub(NAME.len())?..start + end.checked_sub(NAME.len())?;
        Some(Secret { range, ..secret })
    };
    find_passwords(&format!("{NAME}{introduced}")).into_iter().filter_map(in_answer).collect()
}

/// Whether it asks for the value of a secret, in each of its sentences that ask something.
fn asks_for_secret(question: &str) -> bool {
    let mut asking = sentences(question).filter(|sentence| sentence.ends_with('?')).peekable();
    if asking.peek().is_some() { asking.all(sentence_asks) } else { sentences(question).any(sentence_asks) }
}

/// A full stop ends one before white space, and not within `e.g. …`.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let ends = |(at, c): &(usize, char)| {
            let after = &rest[at + c.len_utf8()..];
            let is_stop =
                *c == '.' && after.starts_with(char::is_whitespace) && !rest[..*at].ends_with("e.g");
            matches!(c, '?' | '!' | '\n') || is_stop
        };
        let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, after) = rest.split_at(end);
        rest = after.trim_start();
        (!sentence.is_empty()).then_some(sentence)
    })
}

fn sentence_asks(sentence: &str) -> bool {
    let words: Vec<_> = words(sentence).collect();
    let plain = |word: &Range<usize>| sentence[word.clone()].trim_matches(['.', '-']).to_lowercase();
    let lower = |at: usize| words.get(at).map(plain).unwrap_or_default();
    let is_named = |at: usize| {
        let before = at.checked_sub(1).map(|before| &sentence[words[before].clone()]).unwrap_or_default();
        matches!(name_of(sentence, &words[at], before), Some(Name::Password | Name::Key | Name::Code))
    };
    let Some(first) = (0..words.len()).find(|at| is_named(*at)) else { return false };
    let mut last = first;
    // "secret key", "ключ доступа"
    while is_in("key code token secret доступа", &lower(last + 1)) {
        last += 1;
    }
    let name = lower(last);
    is_asked_for(&(0..first).map(lower).collect::<Vec<_>>())
        && (name.is_ascii() || is_in(RUSSIAN, &name))
        && goes_on_well(&sentence[words[last].end..], &lower(last + 1), words.get(last + 2).is_none())
}

/// Whether the words before a name ask for it: `what is the admin's`, or only say whose it is, as in `Admin password:`.
fn is_asked_for(before: &[String]) -> bool {
    let asking = before.iter().skip_while(|word| is_in(POLITE, word)).collect::<Vec<_>>();
    let rest = match asking.split_first() {
        Some((first, rest)) if is_in(ASKING, first) => rest,
        _ if asking.iter().any(|word| is_in("is are should must shall will be", word)) => return false,
        _ => &asking,
    };
    let determiners = rest.iter().take_while(|word| is_in(BEFORE, word)).count();
    let modifiers: Vec<_> = rest[determiners..].iter().filter(|word| **word != "s").collect();
    modifiers.len() <= MODIFIERS
        && !modifiers.iter().any(|word| is_in(OTHERWISE, word) || is_in(BEFORE, word))
}

/// Whether a question goes on so after a name that its value is asked for.
fn goes_on_well(after: &str, next: &str, is_last: bool) -> bool {
    // "Какой пароль администратора?"
    let is_whose = !next.is_ascii()
        && ["а", "я", "ы", "и", "ов"].iter().any(|end| next.ends_with(end))
        && !next.ends_with("ся")
        && !is_in(OTHERWISE, next);
    let is_apart = after.trim_start().starts_with(['(', ':', ',', '?']);
    // "What should the password be?"
    next.is_empty() || is_apart || is_whose || is_in(AFTER, next) || (next == "be" && is_last)
}

/// An answer without the words that introduce its value or thank for it.
fn without_fillers(answer: &str) -> &str {
    let is_filler = |word: &str| is_in(FILLERS, &word.trim_matches([',', '.', ':', '!', '=']).to_lowercase());
    let mut rest = answer;
    while let Some(((first, tail), (head, last))) =
        rest.split_once(char::is_whitespace).zip(rest.rsplit_once(char::is_whitespace))
    {
        rest = match (is_filler(first), is_filler(last)) {
            (true, _) => bare(tail),
            (false, true) => bare(head),
            _ => break,
        };
    }
    rest
}

/// Without white space, quotes, and what ends a sentence. Other signs may be a password's.
fn bare(text: &str) -> &str {
    text.trim().trim_end_matches(['.', ',', ';']).trim_matches(['"', '\'', '`', '«', '»', '“', '”']).trim()
}

/// What an answer is.
enum Said {
    /// One word, or the words of a passphrase.
    Value,
    /// That there is none, or where it is to be had.
    Nothing,
    /// A sentence, which may have a value in it.
    Sentence,
}

fn said(answer: &str) -> Said {
    /// Phrases from which wallets are restored have as many words.
    const PASSPHRASE: usize = 24;
    let words: Vec<&str> = answer.split_whitespace().collect();
    match words.as_slice() {
        [] => Said::Nothing,
        [word] if is_none(word) => Said::Nothing,
        [_] => Said::Value,
        words if words.len() <= PASSPHRASE && !words.iter().any(|word| is_of_sentence(word)) => Said::Value,
        _ => Said::Sentence,
    }
}

fn is_none(word: &str) -> bool {
    let lower = word.to_lowercase();
    is_in(NONE, &lower) || describes_alone(&lower) || is_placeholder(word) || is_variable(word)
}

fn is_of_sentence(word: &str) -> bool {
    let plain = word.trim_matches([',', ';', ':', '.', '!', '?']);
    let is_cut = plain.len() < word.len() && !plain.is_empty();
    let lower = plain.to_lowercase();
    is_cut
        || is_in(OF_SENTENCES, &lower)
        || is_in(NONE, &lower)
        || is_placeholder(plain)
        || is_variable(plain)
}

/// `WEATHER_API_KEY`, `process.env.KEY`: where the value is to be had.
fn is_variable(word: &str) -> bool {
    let is_read = ["process.env", "os.environ", "env.", ".env"].iter().any(|begin| word.starts_with(begin));
    let is_loud = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_read || (is_loud && word.contains('_') && !is_strong(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        id::QuestionId,
        project::Question,
        secrets::{Redactor as _, SecretRedactor},
    };

    fn found<'a>(question: &str, answer: &'a str) -> Vec<&'a str> {
        find_answers(question, answer).into_iter().map(|secret| &answer[secret.range]).collect()
    }

    const ASKED: [&str; 24] = [
        "What is the admin's password?",
        "What's the password?",
        "The app has an admin. What password should the admin have?",
        "What should the password be?",
        "What should the admin's new password be?",
        "Which API key should the weather service use?",
        "Which password do you want?",
        "Please enter the token for the bot",
        "Could you give me the API key for api.example.com v1.2?",
        "What is the API key (e.g. sk-…)?",
        "What is the access code of the door?",
        "Send me the Stripe secret key.",
        "What is the password for the database?",
        "Please give me the PIN",
        "Enter your password:",
        "Admin password?",
        "Password:",
        "API key?",
        "Какой пароль у администратора?",
        "Какой пароль администратора?",
        "Введите токен бота",
        "Укажите пароль для базы.",
        "Пароль администратора?",
        "Какой у вас ключ доступа?",
    ];

    #[test]
    fn what_is_answered_where_a_secret_is_asked_for_is_one_however_weak_it_is() {
        for question in ASKED {
            for (answer, secret) in [
                ("tulip", "tulip"),
                ("garlic", "garlic"),
                ("hunter2", "hunter2"),
                ("pa55*", "pa55*"),
                ("c2VjcmV0==", "c2VjcmV0=="),
                ("4821", "4821"),
                ("correct horse battery staple", "correct horse battery staple"),
                ("code take horse", "code take horse"),
                ("It's tulip.", "tulip"),
                ("use tulip please", "tulip"),
                ("Let's go with tulip", "tulip"),
                ("we want tulip", "tulip"),
                ("The password is \"tulip\".", "tulip"),
                ("Use: tulip", "tulip"),
                ("`x8Kq2mZp9`", "x8Kq2mZp9"),
                ("please use hunter2 for the admin and another one for me", "hunter2"),
                ("пусть будет тюльпан", "тюльпан"),
            ] {
                assert_eq!(found(question, answer), [secret], "{question} {answer}");
            }
        }
    }

    #[test]
    fn an_answer_that_says_what_to_do_is_kept() {
        for question in ASKED {
            for answer in [
                "none",
                "No.",
                "There is none",
                "any",
                "generate one",
                "ask me later",
                "the same as in the shop",
                "skip",
                "",
                "no password at all, please",
                "use OAuth instead of it",
                "[secret removed]",
                "<password>",
                "$WEATHER_API_KEY",
                "WEATHER_API_KEY",
                "process.env.API_KEY",
                "It's in the environment",
                "environment variable",
                "use ADMIN_PASSWORD from the environment",
                "N/A",
                "нет",
                "придумай сам",
            ] {
                assert_eq!(found(question, answer), [""; 0], "{question} {answer}");
            }
        }
    }

    #[test]
    fn an_answer_to_another_question_is_kept() {
        for question in [
            "What is the app's name?",
            "How long must a password be?",
            "What must the password contain?",
            "What is the password policy?",
            "What is the lifetime of the access token?",
            "What should the app do if a user forgets the password?",
            "What should happen when the password is wrong?",
            "What is the password. Who may change it?",
            "Which service issues the token?",
            "Which roles can change the password?",
            "Which password is the admin's? Who may change it?",
            "Which pin is the LED on?",
            "Which cookie is on the front page?",
            "Where are passwords kept?",
            "Should a password be required?",
            "Do users need a password?",
            "Do users choose a password?",
            "Is there a password?",
            "Must members have a password?",
            "Reset password?",
            "What are the admin's name and password?",
            "What kind of token is it?",
            "Which key opens the piano?",
            "Is the password tulip?",
            "Which values can \"Status\" have?",
            "Нужен ли пароль?",
            "Сколько знаков в пароле?",
            "Какие правила для пароля?",
            "Какой срок действия пароля?",
            "Какой пароль считается надёжным?",
            "Какая длина пароля?",
        ] {
            for answer in ["garlic", "24 hours", "Only admins", "hunter"] {
                assert_eq!(found(question, answer), [""; 0], "{question}");
            }
        }
    }

    proptest! {
        #[test]
        fn an_answer_that_may_be_kept_is_not_changed_again(
            asked in prop::sample::select(&ASKED[..]),
            answer in "((tulip|our|app1234|and|the token|too|password is|пароль|[ -~]{0,12}|\\[secret removed\\])[ ,.]{0,2}){0,6}"
        ) {
            let question = Question {
                id: QuestionId::derive(["q"]), text: asked.into(), options: vec!["blue".into()], default: None,
            };
            let redactor = SecretRedactor::new().known("a key", "one-that-is-known");
            let once = redactor.redact_answer(&question, &answer).into_owned();
            prop_assert_eq!(redactor.redact_answer(&question, &once), once.as_str());
        }
    }
}
