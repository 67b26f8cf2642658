//! Pieces of messages.

use crate::input::beginning;

/// Longest piece of a text that a message repeats, in characters.
const SHOWN: usize = 60;

/// `a, b and c`.
pub(super) fn list(names: &[impl AsRef<str>], and: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {and} {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// A piece of a text as a message repeats it: its beginning.
pub(super) fn shown(text: &str) -> String {
    beginning(text, SHOWN)
}
