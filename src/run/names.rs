//! Names that people choose as parts of paths, and paths that a run's log names.

use std::cmp::Ordering;
use std::path::{Component, Path, PathBuf};

/// The most characters of a name that go into a path. Each takes at most four bytes, so date, number and
/// ending still fit into the 255 bytes that file systems allow.
const MOST: usize = 40;

/// `name` as one part of a path that means the same on every system, or `otherwise` where nothing is left
/// of it.
///
/// Letters, digits, `-`, `_`, `.` and accents stay, all else becomes `-`; `-` and `.` at the ends go, so the
/// part neither leads anywhere, nor is hidden or taken for an option; 40 characters at most; what Windows
/// takes for a [device](is_device) gets a `_` before it. `otherwise` must be such a part already.
///
/// ```
/// use autogan::run::safe_name;
///
/// assert_eq!(safe_name("../../my run?", "run"), "my-run");
/// assert_eq!(safe_name("con", "run"), "_con");
/// assert_eq!(safe_name("..", "run"), "run");
/// ```
pub fn safe_name(name: &str, otherwise: &str) -> String {
    let fine = |c: char| c.is_alphanumeric() || "-_.".contains(c) || is_accent(c);
    let plain: String = name.chars().take(MOST).map(|c| if fine(c) { c } else { '-' }).collect();
    // Windows drops dots at the end of a name.
    match plain.trim_matches(['-', '.']) {
        "" => otherwise.to_owned(),
        part if is_device(part) => format!("_{part}"),
        part => part.to_owned(),
    }
}

/// Whether Windows takes a file of this name for a device, whatever its folder and its ending: what is
/// written to it goes to a printer or nowhere.
pub fn is_device(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or_default().trim_end();
    let is = |device: &&str| stem.eq_ignore_ascii_case(device);
    let numbered = || {
        let (port, number) = stem.split_at_checked(3)?;
        let port = ["COM", "LPT"].iter().any(|known| port.eq_ignore_ascii_case(known));
        // Windows counts the raised ones as digits.
        let mut number = number.chars();
        let one = number.next().is_some_and(|c| "0123456789¹²³".contains(c)) && number.next().is_none();
        Some(port && one)
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].iter().any(is) || numbered().unwrap_or(false)
}

/// The order in which a person would put names: numbers in them by their value, so that `copy-9` comes before
/// `copy-10`. Names are equal only where they are the same.
///
/// ```
/// use autogan::run::natural_order;
///
/// let mut names = ["copy-10", "copy-9", "copy-09", "copy"];
/// names.sort_by(|a, b| natural_order(a, b));
/// assert_eq!(names, ["copy", "copy-09", "copy-9", "copy-10"]);
/// ```
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let begins_with_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let ordering = if begins_with_digit(left) && begins_with_digit(right) {
            let (one, other) = (take_number(&mut left), take_number(&mut right));
            // Once no zeros lead, the longer one is the larger one.
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        } else {
            let (mut one, mut other) = (left.chars(), right.chars());
            let ordering = match (one.next(), other.next()) {
                (None, None) => return a.cmp(b),
                (first, second) => first.cmp(&second),
            };
            (left, right) = (one.as_str(), other.as_str());
            ordering
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
}

/// Takes the digits that `text` begins with off it, and returns them without the zeros that lead them.
fn take_number<'a>(text: &mut &'a str) -> &'a str {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    *text = rest;
    number.trim_start_matches('0')
}

/// The file called `name` in the run folder `dir`; `None` where the name leads out of the folder. The log of
/// a run that came from elsewhere may name any file of this machine.
///
/// ```
/// use autogan::run::safe_join;
/// use std::path::Path;
///
/// let dir = Path::new("runs/quick");
/// assert_eq!(safe_join(dir, "samples/000001.png"), Some(dir.join("samples/000001.png")));
/// assert_eq!(safe_join(dir, "../../secret"), None);
/// ```
pub fn safe_join(dir: &Path, name: &str) -> Option<PathBuf> {
    let mut parts = Path::new(name).components().peekable();
    let named = parts.peek().is_some();
    (named && parts.all(|part| matches!(part, Component::Normal(_)))).then(|| dir.join(name))
}

/// Marks that decomposed letters consist of: macOS hands names out that way.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::input::shown;
    use crate::run::default_dir;
    use crate::run::fs::faulty::quick_dir;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    use std::fs;
    use time::macros::datetime;

    #[test]
    fn names_are_in_the_order_of_their_numbers_and_of_their_letters() {
        let ordered =
            ["", "7", "9a", "10", "a", "copy", "copy-1-10", "copy-9", "copy-99", "copy-100", "copy-x"];
        let mut sorted = ordered;
        sorted.reverse();
        sorted.sort_by(|a, b| natural_order(a, b));
        assert_eq!(sorted, ordered);
        // Beyond what fits into any integer.
        let [less, more] = ["9", "10"].map(|end| format!("{}{end}", "1".repeat(50)));
        assert!(natural_order(&less, &more).is_lt() && natural_order("a1", "a01").is_gt());
        assert!(natural_order("ä2", "ä10").is_lt() && natural_order("x", "x").is_eq());
    }

    #[test]
    fn devices_are_known_whatever_their_case_and_ending() {
        for name in
            ["con", "CON", "aux.txt", "NUL.tar.gz", "com1", "Lpt9.png", "COM¹", "prn .x", "conin$", "nul:"]
        {
            assert!(is_device(name), "{name}");
        }
        for name in [
            "",
            "icon",
            "console",
            "con1",
            "com",
            "com10",
            "comma",
            "auxiliary.txt",
            "x.con",
            "lpt",
            "日本語",
        ] {
            assert!(!is_device(name), "{name}");
        }
    }

    #[test]
    fn a_name_stays_readable() {
        for (name, part) in [
            ("quick", "quick"),
            ("größer als 2.5_x", "größer-als-2.5_x"),
            ("gro\u{308}ßer", "gro\u{308}ßer"),
            ("日本語", "日本語"),
            ("../../etc/passwd", "etc-passwd"),
            ("C:\\Windows\\win.ini", "C--Windows-win.ini"),
            ("aux.txt", "_aux.txt"),
            ("-.CON.-", "_CON"),
            ("--force", "force"),
            ("a\0b\nc", "a-b-c"),
            ("\u{202e}gnp.exe", "gnp.exe"),
            ("..", "run"),
            (" . ", "run"),
            ("", "run"),
        ] {
            assert_eq!(safe_name(name, "run"), part);
        }
        assert_eq!(safe_name(&"ü".repeat(300), "run"), "ü".repeat(40));
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_none() {
        let dir = Path::new("runs/a");
        assert_eq!(safe_join(dir, "samples/000123.png"), Some(PathBuf::from("runs/a/samples/000123.png")));
        for name in ["", ".", "..", "../b/samples/1.png", "samples/../../1.png", "/etc/passwd", "./x"] {
            assert_eq!(safe_join(dir, name), None, "{name}");
        }
    }

    /// What people, careless or not, might call something.
    fn any_name() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("../".to_owned()),
            Just("/".to_owned()),
            Just("..\\".to_owned()),
            Just("C:\\".to_owned()),
            Just("\\\\?\\".to_owned()),
            Just("//server/share/".to_owned()),
            Just("\0".to_owned()),
            Just("\u{202e}".to_owned()),
            Just("\u{200f}".to_owned()),
            Just("~".to_owned()),
            Just("$HOME".to_owned()),
            Just(" .".to_owned()),
            Just("e\u{301}".to_owned()),
            Just("x".repeat(300)),
            "(con|CON|aux|nul|prn|COM[0-9¹²³]|lpt[0-9])(\\.[a-z]{1,3})?",
            "[\\x00-\\x20:*?\"<>|]{1,4}",
            "\\PC{0,60}",
            "[a-z]{1,5}",
        ];
        prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
    }

    /// Every file and folder below `dir`.
    fn all(dir: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(all(&path));
            }
            found.push(path);
        }
        found
    }

    /// Whether every system takes it as the name of one file in the folder it stands in.
    fn is_one_part(part: &str) -> bool {
        let bad = |c: char| "/\\:*?\"<>| ".contains(c);
        !part.is_empty()
            && part.len() <= 200
            && shown(part) == part
            && !part.contains(bad)
            && !part.starts_with(['.', '-'])
            && !part.ends_with(['.', ' '])
            && !is_device(part)
    }

    /// Run folders, and files that are named after a run or a preset: really written.
    #[test]
    fn nothing_is_written_outside_the_chosen_folder_whatever_the_name() {
        let outer = quick_dir();
        let root = outer.path().join("runs");
        fs::create_dir(&root).unwrap();
        let now = datetime!(2026-03-09 12:00 UTC);
        let mut runner = TestRunner::new(Config::with_cases(10_000));
        let tried = runner.run(&any_name(), |name| {
            let run = default_dir(&root, &name, now);
            fs::create_dir(&run).unwrap();
            let part = safe_name(&name, "settings");
            let preset = root.join(format!("{part}.toml"));
            let export = root.join(format!("{part}-01-seed-{}-2.png", u64::MAX));
            for path in [&preset, &export] {
                fs::write(path, "").unwrap();
            }
            let (mut found, mut expected) = (all(outer.path()), vec![root.clone(), run, preset, export]);
            for paths in [&mut found, &mut expected] {
                paths.sort();
            }
            prop_assert_eq!(&found, &expected);
            for path in &expected[1..] {
                let part = path.file_name().unwrap().to_str().unwrap();
                prop_assert!(is_one_part(part), "{:?}", part);
                prop_assert_eq!(path.parent(), Some(root.as_path()));
                if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }.unwrap();
            }
            Ok(())
        });
        tried.unwrap();
    }
}
