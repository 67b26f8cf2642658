//! Types with one name.

use super::code::{Module, Tree};
use std::collections::BTreeMap;

#[test]
fn one_type_name_means_one_thing() {
    let tree = Tree::read(&super::root().join("src"));
    assert!(tree.0.values().flat_map(|module| &module.types).count() > 100, "the types were not found");
    let shared = shared_names(&tree);
    assert!(shared.is_empty(), "give each a name of its own:\n{}", shared.join("\n"));
}

#[test]
fn a_name_of_two_types_is_found_unless_nobody_else_sees_either() {
    let tree = Tree::of(&[
        ("", "mod one; mod two; mod three; mod four;"),
        (
            "one",
            "pub(super) struct Seen { kind: Kind } enum Kind { Hidden } pub type Score = f64; fn Free() {}",
        ),
        ("two", "#[derive(Debug)] pub enum Seen { Free } struct Kind; pub struct Other;"),
        (
            "three",
            "mod inner { pub(in crate::three) trait Score { type Other; } } pub use super::two::Other;",
        ),
        ("four", "#[cfg(test)] mod tests { pub struct Other; } pub struct Free; fn f() { struct Other; }"),
    ]);
    let expected = ["Score is declared in one and three", "Seen is declared in one and two"];
    assert_eq!(shared_names(&tree), expected);
}

/// One line for each name of a type that others than its file see and that another type has, too.
fn shared_names(tree: &Tree) -> Vec<String> {
    let mut declared: BTreeMap<&str, Vec<(&[String], bool)>> = BTreeMap::new();
    for (module, Module { types, .. }) in &tree.0 {
        for (name, is_visible) in types {
            declared.entry(name).or_default().push((module, *is_visible));
        }
    }
    declared.retain(|_, places| places.len() > 1 && places.iter().any(|(_, is_visible)| *is_visible));
    let line = |(name, places): (&str, Vec<(&[String], bool)>)| {
        let places: Vec<String> = places.iter().map(|(module, _)| module.join("::")).collect();
        format!("{name} is declared in {}", places.join(" and "))
    };
    declared.into_iter().map(line).collect()
}
