//! Names that the program had and must not get again, since only its authors knew what they meant.

use super::{File, all_files, root};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Words that no identifier, file or folder may have among its parts, and what to say instead.
const PARTS: [(&str, &str); 36] = [
    ("tell", "emit"),
    ("tells", "emits"),
    ("told", "event, received"),
    ("hear", "receive"),
    ("hears", "receives"),
    ("heard", "received"),
    ("talk", "channel"),
    ("attention", "control state"),
    ("trouble", "recovery"),
    ("obstacle", "retriable error"),
    ("forgive", "reset"),
    ("setback", "divergence rollback"),
    ("setbacks", "divergence rollbacks"),
    ("detour", "reseed"),
    ("detours", "reseeds"),
    ("intake", "stdin reader"),
    ("outbox", "event writer"),
    ("renew", "re-exec"),
    ("renewed", "re-executed"),
    ("renewal", "re-exec"),
    ("outgrown", "memory limit"),
    ("studio", "sample server"),
    ("desk", "queue"),
    ("contest", "random-search baseline"),
    ("arena", "training data and scorer"),
    ("poison", "non-finite"),
    ("sick", "non-finite"),
    ("examination", "evaluation"),
    ("tally", "evaluation"),
    ("film", "animation"),
    ("shelf", "cache"),
    ("aside", "background task"),
    ("wish", "request"),
    ("hindrance", "blocking reason"),
    ("standing", "status"),
    ("wall", "image grid, local time"),
];

/// Identifiers that mean something else elsewhere in the field, and what to say instead.
const NAMES: [(&str, &str); 8] = [
    ("at_hand", "current architecture"),
    ("turns", "update schedule"),
    ("measurement", "evaluation"),
    ("rate_decay", "lr_decay"),
    ("at_once", "reset before controller"),
    ("moment", "event index"),
    ("purpose", "dialog kind"),
    ("is_no_number", "is_finite"),
];

/// Functions, types and modules that must not be defined under these names.
const DEFINED: [(&str, &str); 26] = [
    ("AtHand", "current architecture"),
    ("Word", "command"),
    ("Turn", "tick"),
    ("Turns", "update schedule"),
    ("Pair", "GAN"),
    ("Gate", "input lock"),
    ("Flight", "in-flight request"),
    ("Link", "client"),
    ("Order", "request"),
    ("Eye", "backend"),
    ("Look", "backend, forward"),
    ("Card", "model card"),
    ("Measurement", "evaluation"),
    ("Scoring", "evaluation"),
    ("Inside", "safe join"),
    ("Beside", "manifest check"),
    ("Sound", "corrected"),
    ("Idle", "unused params"),
    ("Moment", "event index"),
    ("Purpose", "dialog kind"),
    ("Ask", "dialog provider"),
    ("collect", "state_dict"),
    ("restore", "load_state_dict"),
    ("parts", "strip_prefix"),
    ("with_prefix", "add_prefix"),
    ("inside", "safe_join"),
];

/// Words and phrases that no comment, message, label or page may have in these senses.
const PHRASES: [(&str, &str); 15] = [
    ("rooms", "modules"),
    ("the house", "the crate"),
    ("studio", "sample server"),
    ("outbox", "event writer"),
    ("detour", "reseed"),
    ("detours", "reseeds"),
    ("setback", "divergence rollback"),
    ("setbacks", "divergence rollbacks"),
    ("renewal", "re-exec"),
    ("renewals", "re-execs"),
    ("outgrown", "memory limit"),
    ("hindrance", "blocking reason"),
    ("at hand", "current architecture"),
    ("broke off", "became non-finite"),
    ("reference notes", "the paper, its code, or docs/reference.md"),
];

#[test]
fn retired_names_do_not_come_back() {
    let mut found = BTreeSet::new();
    for File { path, text } in all_files().into_iter().chain(pages()) {
        if is_ours(&path) {
            continue;
        }
        let place = path.display();
        let name = path.with_extension("").to_string_lossy().into_owned();
        let mut note = |retired: &str, instead: &str, of: &str| {
            found.insert(format!("{place}: {of}: instead of \"{retired}\" say \"{instead}\""));
        };
        for (retired, instead) in in_parts(&name) {
            note(retired, instead, "the file's name");
        }
        if path.extension().is_some_and(|extension| extension == "rs") {
            for (identifier, is_defined) in identifiers(&text) {
                for (retired, instead) in retired_in(&identifier, is_defined) {
                    note(retired, instead, &identifier);
                }
            }
        }
        // A file of an older version is read by the names that it has.
        let is_current = |line: &&str| !line.contains("alias = ");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| is_current(line)) {
            for (retired, instead) in in_prose(line) {
                note(retired, instead, &format!("line {}", number + 1));
            }
        }
    }
    let list: Vec<String> = found.into_iter().collect();
    assert!(list.is_empty(), "{} retired names:\n{}", list.len(), list.join("\n"));
}

#[test]
fn a_retired_name_is_found_wherever_it_stands() {
    let code = "fn tell_all() { hear!(x, told); outbox.collect(); } struct Arena { at_once: f32 } fn restore() {} // fn desk()\n";
    let found: Vec<&str> = identifiers(code)
        .iter()
        .flat_map(|(identifier, is_defined)| retired_in(identifier, *is_defined))
        .map(|(retired, _)| retired)
        .collect();
    for retired in ["tell", "hear", "told", "outbox", "arena", "at_once", "restore"] {
        assert!(found.contains(&retired), "{retired}: {found:?}");
    }
    assert_eq!(found.len(), 7, "{found:?}");
    assert_eq!(in_prose("// The studio's outbox, at hand.").count(), 3);
    assert_eq!(in_prose("Hand it to the studious").count(), 0);
    assert_eq!(in_parts("src/gui/film_strip").count(), 1);
}

/// The list itself names what is retired.
fn is_ours(path: &Path) -> bool {
    path.starts_with("tests/it/house")
}

/// What people read: pages in Markdown, presets and examples of settings.
fn pages() -> Vec<File> {
    let mut pages = Vec::new();
    for folder in ["", "docs", "fuzz", "tests/peers", "assets/presets"] {
        for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
            let path = Path::new(folder).join(entry.expect("the folder can be read").file_name());
            let is_page = path.extension().is_some_and(|extension| extension == "md" || extension == "toml");
            if is_page && path != Path::new("CHANGELOG.md") {
                let text = fs::read_to_string(root().join(&path)).expect("pages are UTF-8");
                pages.push(File { path, text });
            }
        }
    }
    pages
}

type Entry = (&'static str, &'static str);

/// The identifiers in code, each with whether it is defined there.
fn identifiers(code: &str) -> BTreeSet<(String, bool)> {
    let mut found = BTreeSet::new();
    note_identifiers(code.parse().expect("the source can be read as Rust"), &mut found);
    found
}

fn note_identifiers(tokens: TokenStream, found: &mut BTreeSet<(String, bool)>) {
    const KEYWORDS: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "mod", "const", "static"];
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => note_identifiers(group.stream(), found),
            TokenTree::Ident(name) => {
                let before = place.checked_sub(1).map(|place| tokens[place].to_string());
                let is_item = before.is_some_and(|word| KEYWORDS.contains(&word.as_str()));
                found.insert((name.to_string(), is_item));
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn retired_in(identifier: &str, is_defined: bool) -> Vec<Entry> {
    let named =
        |list: &[Entry]| list.iter().copied().filter(|(name, _)| *name == identifier).collect::<Vec<_>>();
    let defined = if is_defined { named(&DEFINED) } else { Vec::new() };
    // The standard library's own.
    let parts = in_parts(identifier).filter(|_| identifier != "PoisonError");
    parts.chain(named(&NAMES)).chain(defined).collect()
}

/// The entries of [`PARTS`] that a name has, in whatever case.
fn in_parts(name: &str) -> impl Iterator<Item = Entry> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut before_is_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && before_is_small {
            parts.push(String::new());
        }
        if c.is_alphanumeric() {
            parts.last_mut().expect("there is one").extend(c.to_lowercase());
        }
        before_is_small = c.is_lowercase();
    }
    PARTS.into_iter().filter(move |(word, _)| parts.iter().any(|part| part == word))
}

/// The entries of [`PHRASES`] that a line has.
fn in_prose(line: &str) -> impl Iterator<Item = Entry> {
    let words: Vec<String> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let line = format!(" {} ", words.join(" "));
    PHRASES.into_iter().filter(move |(phrase, _)| line.contains(&format!(" {phrase} ")))
}
