//! Singular and plural of English nouns.

use super::super::lexicon::Words;

/// Plurals no rule gives.
const IRREGULAR: &[(&str, &str)] = &[
    ("person", "people"),
    ("child", "children"),
    ("man", "men"),
    ("woman", "women"),
    ("foot", "feet"),
    ("tooth", "teeth"),
    ("mouse", "mice"),
    ("goose", "geese"),
    ("life", "lives"),
    ("knife", "knives"),
    ("wife", "wives"),
    ("leaf", "leaves"),
    ("shelf", "shelves"),
    ("wolf", "wolves"),
    ("half", "halves"),
    ("calf", "calves"),
    ("loaf", "loaves"),
    ("thief", "thieves"),
    ("criterion", "criteria"),
    ("phenomenon", "phenomena"),
    ("medium", "media"),
    ("analysis", "analyses"),
    ("diagnosis", "diagnoses"),
    ("thesis", "theses"),
    ("crisis", "crises"),
    ("index", "indexes"),
    ("vertex", "vertices"),
    ("cactus", "cacti"),
    ("alumnus", "alumni"),
    ("movie", "movies"),
    ("calorie", "calories"),
    ("selfie", "selfies"),
    ("cookie", "cookies"),
    ("tie", "ties"),
    ("pie", "pies"),
    ("die", "dice"),
    ("hero", "heroes"),
    ("potato", "potatoes"),
    ("tomato", "tomatoes"),
    ("echo", "echoes"),
    ("quiz", "quizzes"),
    ("bus", "buses"),
    ("gas", "gases"),
    ("lens", "lenses"),
    ("atlas", "atlases"),
    ("canvas", "canvases"),
    ("alias", "aliases"),
    ("shoe", "shoes"),
    ("toe", "toes"),
    ("cache", "caches"),
    ("axe", "axes"),
    ("house", "houses"),
    ("horse", "horses"),
    ("nurse", "nurses"),
    ("course", "courses"),
    ("case", "cases"),
    ("purchase", "purchases"),
    ("expense", "expenses"),
    ("license", "licenses"),
    ("release", "releases"),
    ("lease", "leases"),
    ("phase", "phases"),
    ("exercise", "exercises"),
    ("response", "responses"),
    ("warehouse", "warehouses"),
    ("database", "databases"),
    ("vase", "vases"),
    ("nose", "noses"),
    ("franchise", "franchises"),
    ("disease", "diseases"),
    ("dose", "doses"),
    ("purse", "purses"),
    ("base", "bases"),
    ("use", "uses"),
    ("premise", "premises"),
    ("size", "sizes"),
    ("prize", "prizes"),
];

/// Nouns that are one and many alike, or end in `s` in the singular.
const UNCHANGED: Words = Words(
    "series species news staff equipment furniture software hardware inventory stock information data \
     sheep fish deer aircraft feedback homework luggage money music merchandise sms gps physics \
     mathematics athletics chess sales cms gdp means headquarters clothing jewelry mail traffic \
     logistics details contents lyrics remarks status kudos pos",
);

/// Whether `word` (in lower case) is a plural.
pub(in super::super) fn is_plural(word: &str) -> bool {
    singular(word) != word
}

/// The singular of a word in lower case; a singular stays what it is.
pub(in super::super) fn singular(word: &str) -> String {
    if let Some((one, _)) = IRREGULAR.iter().find(|(one, many)| *many == word || *one == word) {
        return (*one).to_owned();
    }
    if word == "statuses" {
        return "status".to_owned();
    }
    if UNCHANGED.has(word) || word.chars().count() < 4 && !["ads", "ids", "pcs", "tvs", "cds"].contains(&word)
    {
        return word.to_owned();
    }
    for (one, many) in IRREGULAR {
        if many.len() > 4 && word.len() > many.len() + 2 && word.ends_with(many) && *many != "dice" {
            return format!("{}{one}", &word[..word.len() - many.len()]);
        }
    }
    let without = |ending: &str| word.strip_suffix(ending).map(str::to_owned);
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes", "zzes", "uses"] {
        let keeps_e = ending == "uses" && !["bonuses", "viruses", "campuses", "statuses"].contains(&word);
        if word.ends_with(ending) && !keeps_e {
            return without("es").unwrap_or_default();
        }
    }
    if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") || word.ends_with("'s") {
        return word.to_owned();
    }
    without("s").unwrap_or_else(|| word.to_owned())
}

/// The plural of a singular in lower case.
pub(in super::super) fn plural(word: &str) -> String {
    if let Some((_, many)) = IRREGULAR.iter().find(|(one, _)| *one == word) {
        return (*many).to_owned();
    }
    if word == "status" {
        return "statuses".to_owned();
    }
    if UNCHANGED.has(word) || is_plural(word) {
        return word.to_owned();
    }
    for (one, many) in IRREGULAR {
        if one.len() > 3 && word.len() > one.len() && word.ends_with(one) {
            return format!("{}{many}", &word[..word.len() - one.len()]);
        }
    }
    let before_y = word.chars().rev().nth(1);
    if word.ends_with('y') && before_y.is_some_and(|c| c.is_ascii_alphabetic() && !"aeiou".contains(c)) {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    if word.ends_with(['s', 'x', 'z']) || word.ends_with("ch") || word.ends_with("sh") {
        return format!("{word}es");
    }
    format!("{word}s")
}
