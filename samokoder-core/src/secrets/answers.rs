//! What is answered where a password, a key or a code is asked for: it needs no name, as the question has it.

use std::ops::Range;

use super::{
    find::Secret,
    names::{Name, name_of},
    passwords::{find_passwords, words},
    plain::{describes_alone, is_in},
    told::{PUNCTUATION, place_in},
    value::is_placeholder,
};

/// How one asks for a value.
const ASKING: &str = "\
    what what's which enter type give provide tell send paste need choose specify name share какой какая какое каков \
    какова введи введите укажи укажите назови назовите напиши напишите пришли пришлите дай дайте задай задайте придумай \
    придумайте";

/// What asks for something else about one: how it is kept, how long it is, of what kind.
const ABOUT: &str = "\
    how where when why who whose whom kind type sort length many much long short often strong rules format minimum maximum \
    algorithm как где когда почему кто чей чья сколько тип вид длина длины правила формат минимум максимум нужен нужно надо \
    ли хранить сложность требования";

/// What may follow the name where its value is asked for, and nothing about it.
const AFTER: &str = "\
    for of to from on in with at should shall will would is are do does can may must that this please now here \
    для от к на в у будет";

/// What joins it with something else that is asked for.
const JOINING: &str = "and or и или";

/// What an answer may begin or end with that is none of the value.
const FILLERS: &str = "\
    it it's its that's is the a my our use take set password key code token pin to be should will as let please thanks thank you \
    это пусть будет возьми используй пароль ключ код спасибо пожалуйста";

/// Words of sentences: an answer with one of them is no passphrase.
const OF_SENTENCES: &str = "\
    a an the it it's is are be no not none any nothing use using same as for from to with by of in on at my your our their i \
    you we they he she should must can will would please generate generated random ask leave let there don't do does later \
    skip like and or if when then what same yes ok without не нет любой любая как для из от на по у мой свой наш этот тот \
    такой же будет пусть сгенерируй придумай спроси позже без или и да что";

/// Single words that say that there is none, or what to do about it.
const NONE: &str = "\
    no none nothing any anything random generate generated skip later yes ok ask unknown whatever нет никакой любой да \
    позже случайный сгенерируй придумай спроси неважно";

/// Finds the value in an answer to a question that asks for a secret, and for nothing else.
pub(super) fn find_answers(question: &str, answer: &str) -> Vec<Secret> {
    if !asks_for_secret(question) {
        return Vec::new();
    }
    let value = without_fillers(answer);
    match said(value) {
        Said::Value => return vec![Secret { range: place_in(answer, value), what: "secret" }],
        Said::Nothing => return Vec::new(),
        Said::Sentence => {}
    }
    // As if it had been said with its name.
    const NAME: &str = "The password is ";
    let told = find_passwords(&format!("{NAME}{value}"));
    let start = place_in(answer, value).start;
    let in_answer = |secret: Secret| {
        let Range { start: from, end } = secret.range;
        let range = start + from.checked_sub(NAME.len())?..start + end.checked_sub(NAME.len())?;
        Some(Secret { range, ..secret })
    };
    told.into_iter().filter_map(in_answer).collect()
}

/// Whether it asks for the value of a secret, in each of its sentences that ask something.
fn asks_for_secret(question: &str) -> bool {
    let sentences = || question.split_inclusive(['?', '!', '\n', '.']);
    let mut asking = sentences().filter(|sentence| sentence.ends_with('?')).peekable();
    if asking.peek().is_some() { asking.all(sentence_asks) } else { sentences().any(sentence_asks) }
}

fn sentence_asks(sentence: &str) -> bool {
    let words: Vec<_> = words(sentence).collect();
    let plain = |word: &Range<usize>| sentence[word.clone()].trim_end_matches(['.', '-']).to_lowercase();
    let lower = |at: usize| words.get(at).map(plain).unwrap_or_default();
    let named = words.iter().enumerate().position(|(at, word)| {
        let before = at.checked_sub(1).map(|before| &sentence[words[before].clone()]).unwrap_or_default();
        matches!(name_of(sentence, word, before), Some(Name::Password | Name::Key | Name::Code))
    });
    let Some(mut named) = named else { return false };
    // "secret key"
    while is_in("key code token secret", &lower(named + 1)) {
        named += 1;
    }
    let any_before = |known: &str| (0..named).any(|at| is_in(known, &lower(at)));
    let follows = lower(named + 1);
    // "What should the password be?"
    let goes_on_well = follows.is_empty()
        || !follows.is_ascii()
        || is_in(AFTER, &follows)
        || (follows == "be" && lower(named + 2).is_empty());
    let joins = |word: &str| is_in(JOINING, word);
    any_before(ASKING)
        && !any_before(ABOUT)
        && !is_in(ABOUT, &follows)
        && goes_on_well
        && !joins(&follows)
        && !named.checked_sub(1).is_some_and(|before| joins(&lower(before)))
}

/// An answer without the words that only introduce its value, and what it is put in.
fn without_fillers(answer: &str) -> &str {
    let mut rest = bare(answer);
    loop {
        let (first, last) = (rest.split_whitespace().next(), rest.split_whitespace().next_back());
        let is_filler = |word: &str| is_in(FILLERS, &bare(word).to_lowercase());
        match (first, last) {
            (Some(first), Some(last)) if first.len() < rest.len() => {
                if is_filler(first) {
                    rest = bare(&rest[first.len()..]);
                } else if is_filler(last) {
                    rest = bare(&rest[..rest.len() - last.len()]);
                } else {
                    return rest;
                }
            }
            _ => return rest,
        }
    }
}

/// Without white space, quotes and what ends a sentence. A sign may be the first or the last of a password.
fn bare(text: &str) -> &str {
    let is_around = |c: char| {
        c.is_whitespace() || (PUNCTUATION.contains(&c) && !matches!(c, '!' | '?')) || "«“‘:=".contains(c)
    };
    text.trim_matches(is_around)
}

/// What an answer is, without its fillers.
enum Said {
    /// One word, or the words of a passphrase.
    Value,
    /// That there is none, or what to do about it.
    Nothing,
    /// A sentence, which may have a value in it.
    Sentence,
}

fn said(answer: &str) -> Said {
    const PASSPHRASE: usize = 8;
    let words: Vec<String> = answer.split_whitespace().map(str::to_lowercase).collect();
    match words.as_slice() {
        [] => Said::Nothing,
        [word] if is_in(NONE, word) || describes_alone(word) || is_placeholder(word) => Said::Nothing,
        [_] => Said::Value,
        words if words.len() <= PASSPHRASE && !words.iter().any(|word| is_of_sentence(word)) => Said::Value,
        _ => Said::Sentence,
    }
}

fn is_of_sentence(word: &str) -> bool {
    let plain = bare(word);
    plain.len() < word.len() || is_in(OF_SENTENCES, plain) || is_placeholder(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(question: &str, answer: &'a str) -> Vec<&'a str> {
        find_answers(question, answer).into_iter().map(|secret| &answer[secret.range]).collect()
    }

    const ASKED: [&str; 15] = [
        "What is the admin's password?",
        "What's the password?",
        "The app has an admin. What password should the admin have?",
        "What should the password be?",
        "Which API key should the weather service use?",
        "Please enter the token for the bot",
        "What is the access code of the door?",
        "Send me the Stripe secret key.",
        "What is the password for the database?",
        "Please give me the PIN",
        "Enter your password:",
        "Какой пароль у администратора?",
        "Какой пароль администратора?",
        "Введите токен бота",
        "Укажите пароль для базы.",
    ];

    #[test]
    fn what_is_answered_where_a_secret_is_asked_for_is_one_however_weak_it_is() {
        for question in ASKED {
            for (answer, secret) in [
                ("tulip", "tulip"),
                ("garlic", "garlic"),
                ("hunter2", "hunter2"),
                ("4821", "4821"),
                ("correct horse battery staple", "correct horse battery staple"),
                ("It's tulip.", "tulip"),
                ("use tulip please", "tulip"),
                ("The password is \"tulip\".", "tulip"),
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
            "Which user's password is it? Who may change it?",
            "Where are passwords kept?",
            "Should a password be required?",
            "What are the admin's name and password?",
            "What kind of token is it?",
            "Which key opens the piano?",
            "Is the password tulip?",
            "Which values can \"Status\" have?",
            "Нужен ли пароль?",
            "Сколько знаков в пароле?",
            "Какие правила для пароля?",
        ] {
            assert_eq!(found(question, "garlic"), [""; 0], "{question}");
        }
    }
}
