//! Names and other texts from outside, as messages repeat them.

use std::ffi::OsStr;
use std::fmt::Write as _;

/// A name, a path or another text in a message: on one line, with nothing in it that moves the cursor or turns the
/// text around. What is no UTF-8 is written byte by byte, so that two names never look alike.
///
/// ```
/// use autogan::input::shown;
///
/// assert_eq!(shown("cats/größer 1.png"), "cats/größer 1.png");
/// assert_eq!(shown("a\n\u{1b}[31mred"), "a\\n\\u{1b}[31mred");
/// ```
pub fn shown(text: impl AsRef<OsStr>) -> String {
    let bytes = text.as_ref().as_encoded_bytes();
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || is_invisible(c) {
                shown.extend(c.escape_default());
            } else {
                shown.push(c);
            }
        }
        for byte in chunk.invalid() {
            // Nothing can go wrong where a text is written into another.
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// The first `most` characters of a text in a message, with a mark where there are more.
pub fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => shown(&text[..end]) + "…",
        None => shown(text),
    }
}

/// Marks without a shape: those that turn the direction of writing, and line ends that are no control
/// characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_name_in_a_message_stays_on_one_line_and_in_its_own_order() {
        assert_eq!(shown(Path::new("/a b/größer")), "/a b/größer");
        assert_eq!(shown("/a\nb\u{1b}[2J\u{202e}c\0"), "/a\\nb\\u{1b}[2J\\u{202e}c\\u{0}");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_differ_as_they_do_on_the_disk() {
        use std::os::unix::ffi::OsStrExt as _;
        let name = |bytes: &'static [u8]| shown(OsStr::from_bytes(bytes));
        assert_eq!(
            [name(b"caf\xe9"), name(b"caf\xe8"), name(b"\xffa\xc3\xa9")],
            ["caf\\xe9", "caf\\xe8", "\\xffaé"]
        );
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        assert_eq!(beginning(&"ä".repeat(60), 60), "ä".repeat(60));
        assert_eq!(beginning(&"ä".repeat(61), 60), "ä".repeat(60) + "…");
        assert_eq!(beginning("a\tbc", 3), "a\\tb…");
    }
}
