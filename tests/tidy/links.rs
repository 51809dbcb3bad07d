//! What the documents point to is there.

use std::fs;

use super::files;

#[test]
fn relative_links_lead_somewhere() {
    for path in files::all().into_iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text).filter(|link| is_relative(link)) {
            let target = link.split(['#', '?']).next().unwrap_or_default();
            let found = path.parent().unwrap().join(target);
            assert!(found.exists(), "{}: {link} is not there", files::shown(&path));
        }
    }
}

fn is_relative(link: &str) -> bool {
    !link.starts_with('#') && !link.contains("://") && !link.starts_with("mailto:")
}

/// The targets of Markdown's links and pictures, and of `src` and `href`, outside of code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    let prose = text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    });
    prose.flat_map(|line| {
        let targets = |start: &'static str, end: char| {
            line.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
        };
        targets("](", ')').chain(targets("src=\"", '"')).chain(targets("href=\"", '"'))
    })
}

#[test]
fn links_are_found_in_prose_and_not_in_code() {
    let text = "[a](one.md#part) ![b](two.png)\n<img src=\"three.svg\">\n```\n[c](four)\n```\n[d](five)\n";
    assert_eq!(links(text).collect::<Vec<_>>(), ["one.md#part", "two.png", "three.svg", "five"]);
}
