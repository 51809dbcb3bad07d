//! Words that say how the parts of an English sentence belong together.

use super::super::connector::{Connector, Matched, starts_with};
use super::super::lexicon::Words;
use super::super::token::Token;

use Connector::{Belongs, Clause, Flag, Has, Many, OneOf, Optional, Required, Topic};

/// Longer phrases come first among those that start alike.
const PHRASES: &[(&str, Connector)] = &[
    ("can be marked as", Flag),
    ("may be marked as", Flag),
    ("can be flagged as", Flag),
    ("marked as", Flag),
    ("mark as", Flag),
    ("mark them as", Flag),
    ("mark it as", Flag),
    ("flagged as", Flag),
    ("marking them as", Flag),
    ("tick them off as", Flag),
    ("is optional", Optional),
    ("are optional", Optional),
    ("is not required", Optional),
    ("are not required", Optional),
    ("can be empty", Optional),
    ("may be empty", Optional),
    ("can be left empty", Optional),
    ("is required", Required),
    ("are required", Required),
    ("is mandatory", Required),
    ("are mandatory", Required),
    ("must be filled", Required),
    ("must be provided", Required),
    ("can't be empty", Required),
    ("cannot be empty", Required),
    ("must not be empty", Required),
    ("with the following fields", Has),
    ("with the fields", Has),
    ("with fields", Has),
    ("has the following", Has),
    ("with the following", Has),
    ("with values", OneOf),
    ("with the values", OneOf),
    ("with options", OneOf),
    ("with possible values", OneOf),
    ("contain many", Many),
    ("contain several", Many),
    ("contain multiple", Many),
    ("contains many", Many),
    ("contains several", Many),
    ("contains multiple", Many),
    ("has many", Many),
    ("have many", Many),
    ("has multiple", Many),
    ("have multiple", Many),
    ("has several", Many),
    ("have several", Many),
    ("has one or more", Many),
    ("have one or more", Many),
    ("has any number of", Many),
    ("has a list of", Many),
    ("have a list of", Many),
    ("consists of", Has),
    ("consist of", Has),
    ("consisting of", Has),
    ("made up of", Has),
    ("is described by", Has),
    ("are described by", Has),
    ("characterized by", Has),
    ("that has", Has),
    ("that have", Has),
    ("which has", Has),
    ("which have", Has),
    ("who has", Has),
    ("who have", Has),
    ("along with", Has),
    ("together with", Has),
    ("has", Has),
    ("have", Has),
    ("having", Has),
    ("with", Has),
    ("contains", Has),
    ("contain", Has),
    ("containing", Has),
    ("includes", Has),
    ("include", Has),
    ("including", Has),
    ("comprises", Has),
    ("comes with", Has),
    ("where each has", Has),
    ("each with", Has),
    ("such as", Has),
    ("w/", Has),
    ("costs a", Has),
    ("costs", Has),
    ("is one of", OneOf),
    ("are one of", OneOf),
    ("one of the following", OneOf),
    ("which is one of", OneOf),
    ("that is one of", OneOf),
    ("which can be", OneOf),
    ("that can be", OneOf),
    ("which may be", OneOf),
    ("can be one of", OneOf),
    ("may be one of", OneOf),
    ("must be one of", OneOf),
    ("one of", OneOf),
    ("is either", OneOf),
    ("can be either", OneOf),
    ("either", OneOf),
    ("can be", OneOf),
    ("may be", OneOf),
    ("could be", OneOf),
    ("must be", OneOf),
    ("should be", OneOf),
    ("which is either", OneOf),
    ("ranging from", OneOf),
    ("are either", OneOf),
    ("belongs to", Belongs),
    ("belong to", Belongs),
    ("belonging to", Belongs),
    ("refers to", Belongs),
    ("refer to", Belongs),
    ("references", Belongs),
    ("relates to", Belongs),
    ("related to", Belongs),
    ("is for", Belongs),
    ("is about", Belongs),
    ("is part of", Belongs),
    ("part of", Belongs),
    ("is in", Belongs),
    ("are in", Belongs),
    ("is at", Belongs),
    ("is on", Belongs),
    ("is by", Belongs),
    ("are by", Belongs),
    ("lives in", Belongs),
    ("live in", Belongs),
    ("lives at", Belongs),
    ("stays in", Belongs),
    ("works in", Belongs),
    ("work in", Belongs),
    ("works for", Belongs),
    ("comes from", Belongs),
    ("come from", Belongs),
    ("is between", Belongs),
    ("points to", Belongs),
    ("goes to", Belongs),
    ("go to", Belongs),
    ("are between", Belongs),
    ("where", Clause),
    ("so that", Clause),
    ("in which", Clause),
    ("while", Clause),
    ("for each", Topic),
    ("for every", Topic),
    ("for a given", Topic),
    ("about each", Topic),
    ("about every", Topic),
    ("per each", Topic),
    ("in each", Topic),
    ("on each", Topic),
];

/// Participles before `to`, `by`, `with`, `on`, `for`, `from`, `in`: "assigned to", "written by".
const LINKED: Words = Words(
    "assigned linked connected attached associated tied mapped written made placed created owned \
     submitted posted taught booked borrowed led sold bought supplied published directed given issued \
     ordered reported hosted organized organised run managed handled taken uploaded performed invited \
     done prescribed sent held located stored scheduled addressed bound rented carried conducted \
     provided treated seen received purchased reserved enrolled produced served left played requested \
     logged approved delivered signed brought examined shown kept",
);

/// Verbs whose objects are what the subject belongs to, when an article follows: "links a candidate to a vacancy".
const LINKING: Words = Words(
    "links link linking connects connect connecting references reference referencing joins joining ties \
     tying associates associating pairs pairing using between",
);

/// Finds the connector that starts at `at`.
pub(in super::super) fn at(tokens: &[Token], at: usize) -> Option<Matched> {
    let rest = &tokens[at..];
    let attribute =
        at.checked_sub(1).is_some_and(|before| ["a", "an"].contains(&tokens[before].lower.as_str()));
    if let Some(matched) = linked(rest).filter(|_| !attribute) {
        return Some(matched);
    }
    for (phrase, connector) in PHRASES {
        if let Some(length) = starts_with(rest, phrase)
            && !rest.get(length).is_some_and(|next| {
                phrase.ends_with(" be") && ["able", "possible"].contains(&next.lower.as_str())
            })
        {
            return Some(Matched { connector: *connector, length, case: None });
        }
    }
    None
}

fn linked(rest: &[Token]) -> Option<Matched> {
    let copulas = rest
        .iter()
        .take_while(|token| {
            ["is", "are", "was", "were", "gets", "be", "that", "which", "can", "may", "must", "should"]
                .contains(&token.lower.as_str())
        })
        .count();
    let participle = rest.get(copulas)?;
    let next = rest.get(copulas + 1)?;
    let determined = |token: &Token| super::words::is_filler(&token.lower);
    if copulas == 0 && LINKING.has(&participle.lower) && determined(next) {
        return Some(Matched { connector: Belongs, length: 1, case: None });
    }
    let goes_on = rest.get(copulas + 2).is_some_and(Token::is_wordlike);
    let joins = goes_on
        && [
            "to", "by", "with", "on", "for", "from", "in", "at", "into", "against", "under", "through",
            "within",
        ]
        .contains(&next.lower.as_str());
    let to_one =
        rest.get(copulas + 2).is_some_and(|token| super::words::is_singular_determiner(&token.lower));
    let regular = (copulas > 0 || to_one) && participle.lower.ends_with("ed");
    (joins && (regular || LINKED.has(&participle.lower))).then_some(Matched {
        connector: Belongs,
        length: copulas + 2,
        case: None,
    })
}
