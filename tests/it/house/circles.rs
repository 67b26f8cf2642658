//! Files of a module that know one another in a circle.
//!
//! A module and what lies in its folder count as one: it may be made of its parts, and they may use what
//! it defines for them. Two of its parts must not need each other, directly or through others.

use super::code::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// The parts of one module, each with those that it uses and the names by which it does.
type Uses = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

#[test]
fn the_parts_of_a_module_do_not_need_each_other() {
    let tree = Tree::read(&super::root().join("src"));
    let circles: Vec<String> =
        circles(&tree).into_iter().map(|(module, circle)| format!("in {module}:{circle}")).collect();
    assert!(circles.is_empty(), "files that need each other:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found_through_re_exports_imports_and_parts_and_not_through_tests() {
    let tree = Tree::of(&[
        ("", "mod one; mod two; mod three; pub use one::One; pub mod both { }"),
        (
            "one",
            "use crate::two::inner::{Two as Other, self}; pub struct One; #[cfg(test)] mod tests { use crate::three::Three; }",
        ),
        ("two", "mod inner; pub struct Two;"),
        ("two::inner", "use super::Two; use crate::three; pub struct Two; fn f() { vec![three::Three] }"),
        ("three", "/// See [`crate::two`].\npub struct Three;\nfn f() -> super::One { \"crate::two::Two\" }"),
    ]);
    let found = circles(&tree);
    assert_eq!(found.len(), 1, "{found:?}");
    for edge in ["one -> two: Two", "two -> three: Three", "three -> one: One"] {
        assert!(found[0].1.contains(edge), "{edge}: {found:?}");
    }
}

/// The circles, each with the name of the module that it lies in and one line for each of its arrows.
fn circles(tree: &Tree) -> Vec<(String, String)> {
    let mut levels: BTreeMap<&[String], Uses> = BTreeMap::new();
    for (module, content) in &tree.0 {
        for named in &content.named {
            let Some((target, name)) = tree.resolve(module, &named.segments) else { continue };
            let common = module.iter().zip(&target).take_while(|(one, other)| one == other).count();
            if let (Some(user), Some(used)) = (module.get(common), target.get(common)) {
                let uses = levels.entry(&module[..common]).or_default();
                uses.entry(user.clone()).or_default().entry(used.clone()).or_default().insert(name);
            }
        }
    }
    let mut found = Vec::new();
    for (module, uses) in levels {
        let mut left: BTreeSet<&String> = uses.keys().collect();
        while let Some(part) = left.pop_first() {
            let needed = needed_by(part, &uses);
            let circle: BTreeSet<&String> =
                needed.iter().copied().filter(|other| needed_by(other, &uses).contains(part)).collect();
            left.retain(|other| !circle.contains(other));
            let arrows = circle.iter().flat_map(|user| {
                uses[*user].iter().filter(|(used, _)| circle.contains(used)).map(move |(used, names)| {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    format!("\n  {user} -> {used}: {}", names.join(", "))
                })
            });
            let arrows: String = arrows.collect();
            if !arrows.is_empty() {
                found.push((module.join("::"), arrows));
            }
        }
    }
    found
}

/// All parts that one needs, directly or through others: itself, too, where it lies in a circle.
fn needed_by<'a>(part: &'a String, uses: &'a Uses) -> BTreeSet<&'a String> {
    let mut needed = BTreeSet::new();
    let mut open = vec![part];
    while let Some(part) = open.pop() {
        let next = uses.get(part).into_iter().flat_map(BTreeMap::keys);
        open.extend(next.filter(|used| needed.insert(*used)));
    }
    needed
}
