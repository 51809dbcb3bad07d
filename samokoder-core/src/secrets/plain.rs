//! Plain words that are told as passwords: `the password is tulip` tells one, `the password is required` says how it is.

/// Passwords that so many people have that no one means anything else, whatever stands around them. From the lists of the most
/// common ones that are published each year; words that may as well say something of a password are left out.
const COMMON: &str = "\
    abracadabra asdf asdfgh asdfghjkl ashley baseball batman charlie cheese dragon football ginger \
    iloveyou jessica jordan letmein lovely maggie michael michelle monkey mustang opensesame passw0rd \
    pepper pokemon princess qazwsx qwer qwert qwerty qwertyuiop sesame soccer starwars sunshine superman \
    swordfish tigger toor whatever zaq1 zxcvbn zxcvbnm йцукен любовь наташа солнышко";

/// Words that say how a password is, what kind of value it is, or where it is from.
const DESCRIBING: &str = "\
    absent account admin's again alike alphanumeric alright also always anything argon array auto \
    automatic away back bcrypt blank blob both bound box broken built button bytes cached case-sensitive \
    char characters client-side code common confidential consistent correct default dialog different \
    digits done e-mail easy else elsewhere email enough equal essential everywhere field fine first form \
    free gone good hard held here hint important incorrect invalid json kept known last later ldap letters \
    like link login long longer lost made mail mandatory masked match matches mine minimum missing must \
    name needed never next nothing numbers numeric multi-factor okay once one-time only outdated over page permanent \
    personal phone plain plaintext policy present private prompt public read ready reset right rule \
    rules safe salted same screen scrypt second secure sensitive sent server-side shared short shorter \
    shown simple social something strong stronger sufficient sure symbols temporary theirs then there third \
    twice two-factor unchanged unclear unknown unset username valid varchar visible weak weaker words wrong yours";

/// How words end that say how something is.
const ENDS: &str = "\
    able al ary ed en ful hash ible ic ing ive less ly ory ous text";

/// The same in Russian, and of verbs.
const RUSSIAN_ENDS: &str = "\
    ый ий ой ыт ая яя ое ее ые ие ым ся ть ет ит ют ят ы";
const RUSSIAN: &str = "\
    строка текст хеш хэш число цифры буквы почта пустой свой есть нет минимум максимум логин имя телефон \
    слово задан указан показан спрятан связан создан записан написан передан дан выдан послан сохранён \
    сохранен изменён изменен введён введен зашифрован захеширован хеширован обязателен нужен важен виден \
    верен неверен сложен длинен равен уникален нужна нужно важно обязательно необходимо видно известно \
    админа админ пользователя доступа входа поле форма страница роль дата";

/// Whether a word is one of these, which white space keeps apart.
pub(super) fn is_in(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|known| known == word)
}

/// Whether it is one of the passwords that everybody knows.
pub(super) fn is_common(value: &str) -> bool {
    is_in(COMMON, &value.to_lowercase())
}

/// Whether a word says how a password is, or where it is from, whatever it ends in.
pub(super) fn describes_alone(lower: &str) -> bool {
    is_in(DESCRIBING, lower) || is_in(RUSSIAN, lower)
}

/// Whether a word that is told as a password may be one: of four letters or more, and no word that describes.
pub(super) fn may_be_password(value: &str) -> bool {
    let word = value.to_lowercase();
    let is_word =
        word.chars().count() >= 4 && word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '_');
    let describes = if word.is_ascii() {
        is_in(DESCRIBING, &word)
            || (ENDS.split_whitespace().any(|end| word.ends_with(end)) && !word.ends_with("fly"))
    } else {
        is_in(RUSSIAN, &word) || RUSSIAN_ENDS.split_whitespace().any(|end| word.ends_with(end))
    };
    is_word && !describes && !super::value::is_placeholder(value)
}
