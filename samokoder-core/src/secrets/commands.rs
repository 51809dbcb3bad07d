//! Passwords that are given to programs as options which do not say that they are.

use std::ops::Range;

use super::{
    told::{head, place_in, token, value_of},
    value::is_placeholder,
};

/// How a program takes a password.
#[derive(Clone, Copy)]
enum Takes {
    /// `-phunter2`
    Joined(&'static str),
    /// `-p hunter2`
    Next(&'static str),
    /// `-u admin:hunter2`
    Pair(&'static [&'static str]),
}

const PROGRAMS: [(&str, Takes); 7] = [
    ("mysql", Takes::Joined("-p")),
    ("mysqldump", Takes::Joined("-p")),
    ("mysqladmin", Takes::Joined("-p")),
    ("mariadb", Takes::Joined("-p")),
    ("sshpass", Takes::Next("-p")),
    ("redis-cli", Takes::Next("-a")),
    ("curl", Takes::Pair(&["-u", "--user"])),
];

/// The password in the line of a command whose program is this word.
pub(super) fn in_command(text: &str, word: &Range<usize>) -> Option<Range<usize>> {
    let (_, takes) = PROGRAMS.iter().find(|(program, _)| text[word.clone()] == **program)?;
    let line = head(&text[word.end..]).lines().next()?;
    let mut rest = line;
    while let Some(next) = rest.find(char::is_whitespace) {
        rest = rest[next..].trim_start();
        let option = token(rest);
        let value = rest[option.len()..].trim_start();
        let value = match takes {
            Takes::Joined(name) => option.strip_prefix(name).map(|value| value_of(value).0),
            Takes::Next(name) => (option == *name).then(|| value_of(value).0),
            Takes::Pair(names) => names
                .contains(&option)
                .then(|| value_of(value).0)
                .and_then(|pair| Some(pair.split_once(':')?.1)),
        };
        if let Some(value) = value.filter(|value| !is_placeholder(value)) {
            return Some(place_in(text, value));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let program = text.find(char::is_whitespace)?;
        Some(&text[in_command(text, &(0..program))?])
    }

    #[test]
    fn a_password_is_found_where_the_program_takes_it() {
        for text in [
            "mysql -u root -phunter2 shop",
            "mysqldump -p'hunter2' shop",
            "sshpass -p hunter2 ssh root@example.com",
            "curl -s -u admin:hunter2 https://api.example.com",
            "curl --user \"admin:hunter2\" https://api.example.com",
            "redis-cli -h db -a hunter2 ping",
        ] {
            assert_eq!(found(text), Some("hunter2"), "{text}");
        }
        for text in
            ["mysql -p shop", "sshpass -p $PASS ssh x", "curl -u admin x", "curl -p 8080:80", "psql -p 5432"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
