//! What can be wrong with settings, each in one sentence.

use thiserror::Error;
use toml::{Table, Value};

use super::table::now;
use super::words::{list, shown};
use super::{RunConfig, preset};
use crate::input::beginning;

/// Longest name for which another is proposed, in bytes.
const LONGEST_NAME: usize = 100;
/// Longest message of a parser that is repeated, in characters.
const LONGEST_MESSAGE: usize = 400;

/// Why settings were refused. Every message says what is wrong, where it stands, and what to do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// No preset has this name.
    #[error("{}{}; the presets are {}", no_preset(name), did_you_mean(.nearest), preset::names())]
    UnknownPreset {
        /// The name.
        name: String,
        /// The preset that was probably meant.
        nearest: Option<String>,
    },
    /// A setting that is not of the form `key=value`.
    #[error("{}; write it like search.candidates=20", no_setting(.0))]
    NotASetting(String),
    /// The text is longer than any settings are.
    #[error("{origin} has {bytes} bytes, and settings have at most {most}; check which file it is", most = crate::input::MOST_TEXT)]
    TooLong {
        /// Where the text comes from.
        origin: String,
        /// Its length.
        bytes: u64,
    },
    /// The text is not TOML.
    #[error("{origin} is not TOML: {reason}")]
    Syntax {
        /// Where the text comes from, with the line.
        origin: String,
        /// What the parser said.
        reason: String,
    },
    /// A key that does not exist.
    #[error("{origin}: there is no setting `{key}`{}", advice(.nearest, .allowed))]
    UnknownKey {
        /// The whole key, dotted.
        key: String,
        /// Where it stands.
        origin: String,
        /// The key that was probably meant.
        nearest: Option<String>,
        /// The keys that are known in its place.
        allowed: Vec<String>,
    },
    /// A value of the wrong type, or none of those allowed.
    #[error("{origin}: `{key}` must be {expected}{}{}", instead(found), did_you_mean(.nearest))]
    WrongValue {
        /// The whole key, dotted.
        key: String,
        /// Where it stands.
        origin: String,
        /// What belongs there, in words.
        expected: String,
        /// What is there.
        found: String,
        /// The value that was probably meant.
        nearest: Option<String>,
    },
    /// Another thing that is wrong with a value.
    #[error("{origin}: `{key}` cannot be read: {reason}")]
    Unreadable {
        /// The whole key, dotted.
        key: String,
        /// Where it stands.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Settings that TOML cannot hold.
    #[error("the settings cannot be written as TOML ({0}); no number may be over {max}", max = i64::MAX)]
    Unwritable(String),
    /// Settings that make no sense.
    #[error("{text}")]
    Nonsense {
        /// The setting to change, dotted.
        key: String,
        /// What is wrong with it.
        text: String,
    },
}

impl ConfigError {
    /// The setting that is wrong, dotted, where it is a single one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::UnknownKey { key, .. }
            | Self::WrongValue { key, .. }
            | Self::Unreadable { key, .. }
            | Self::Nonsense { key, .. } => Some(key),
            Self::UnknownPreset { .. }
            | Self::NotASetting(_)
            | Self::TooLong { .. }
            | Self::Syntax { .. }
            | Self::Unwritable(_) => None,
        }
    }

    /// UpdateSchedule an error of the parser into one that names the whole key and what it may be. `text` is
    /// what was parsed, and `origin` where it comes from.
    pub(super) fn explain(error: &toml::de::Error, text: &str, origin: &str) -> Self {
        let Ok(tree) = text.parse::<Table>() else {
            let origin = with_line(origin, text, error);
            return Self::Syntax { origin, reason: shown_line(error.message()) };
        };
        // Only an error without its text says in which table it arose.
        let inner = tree.try_into::<RunConfig>().err().map(|e| e.to_string()).unwrap_or_default();
        let table = inner.rsplit_once("\nin `").and_then(|(_, keys)| keys.trim_end().strip_suffix('`'));
        Self::from_message(error.message(), table.unwrap_or(""), &with_line(origin, text, error))
    }

    /// Reads serde's message on something wrong at or, for an unknown key, in `key`.
    fn from_message(message: &str, key: &str, origin: &str) -> Self {
        let (key, origin) = (shown(key), origin.to_owned());
        if let Some((unknown, allowed)) = choice(message, "unknown field ") {
            let path = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
            // A former name is read, but nobody is advised to use it.
            let allowed: Vec<String> =
                allowed.into_iter().filter(|name| now(&path(name)).is_none()).collect();
            let siblings: Vec<String> = allowed.iter().map(|name| path(name)).collect();
            return Self::UnknownKey {
                nearest: nearest_key(&unknown, &siblings),
                key: path(&shown(&unknown)),
                origin,
                allowed,
            };
        }
        if let Some((found, allowed)) = choice(message, "unknown variant ") {
            let nearest = nearest(&found, &allowed);
            let quoted = allowed.iter().map(|name| format!("\"{name}\""));
            let expected = list(&quoted.collect::<Vec<_>>(), "or");
            return Self::WrongValue {
                key,
                origin,
                expected,
                found: format!("\"{}\"", shown(&found)),
                nearest,
            };
        }
        let wrong = ["invalid type: ", "invalid value: ", "invalid length "];
        let found = wrong.iter().find_map(|start| message.strip_prefix(start));
        match found.and_then(|rest| rest.rsplit_once(", expected ")) {
            Some((found, expected)) => Self::WrongValue {
                key,
                origin,
                expected: in_words(expected),
                found: shown(&found_in_words(found)),
                nearest: None,
            },
            None => Self::Unreadable { key, origin, reason: shown_line(message) },
        }
    }
}

/// That there is no such preset, or that none was named.
fn no_preset(name: &str) -> String {
    if name.is_empty() { "no preset was named".to_owned() } else { format!("there is no preset `{name}`") }
}

/// That a text is no setting, or that there is none.
fn no_setting(text: &str) -> String {
    if text.is_empty() { "no setting was given".to_owned() } else { format!("`{text}` is no setting") }
}

/// What was found instead of what belongs there.
fn instead(found: &str) -> String {
    if found == "\"\"" { ", and nothing was given".to_owned() } else { format!(", not {found}") }
}

/// What is said of an unknown name and of those that are allowed, in serde's words.
fn choice(message: &str, start: &str) -> Option<(String, Vec<String>)> {
    let (unknown, allowed) = message.strip_prefix(start)?.rsplit_once(", expected ")?;
    let allowed = allowed.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((unknown.trim_matches('`').to_owned(), allowed.collect()))
}

/// What serde and Rust call a type, in the user's words.
fn in_words(expected: &str) -> String {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "a string or table" => "text",
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "a table with settings of its own",
        other => other,
    }
    .to_owned()
}

/// What serde calls a value, in the user's words.
fn found_in_words(found: &str) -> String {
    let bare = ["integer ", "floating point ", "boolean ", "string "];
    let value = bare.iter().find_map(|start| found.strip_prefix(start));
    match value {
        Some(value) => value.trim_matches('`').to_owned(),
        None if found == "map" => "a table".to_owned(),
        None if found == "sequence" => "a list".to_owned(),
        None if found.parse::<u64>().is_ok() => format!("one of length {found}"),
        None => found.to_owned(),
    }
}

/// Of `names`, the one that `unknown` was probably meant to be.
pub(super) fn nearest(unknown: &str, names: &[impl AsRef<str>]) -> Option<String> {
    // Comparing takes time and memory by the product of the lengths.
    if unknown.len() > LONGEST_NAME {
        return None;
    }
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(unknown, name);
    names
        .iter()
        .map(|name| (likeness(last(name.as_ref())), name.as_ref()))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.to_owned())
}

/// The key that was probably meant: one of this place, or one of the same name elsewhere.
fn nearest_key(unknown: &str, siblings: &[String]) -> Option<String> {
    let mut everywhere = Vec::new();
    // The defaults leave absent settings out, so this is only the second source.
    if let Ok(tree) = Table::try_from(RunConfig::default()) {
        collect_keys(&tree, "", &mut everywhere);
    }
    let same_name = everywhere.into_iter().find(|key| last(key) == unknown);
    same_name.or_else(|| nearest(unknown, siblings))
}

fn collect_keys(tree: &Table, prefix: &str, keys: &mut Vec<String>) {
    for (key, value) in tree {
        let path = format!("{prefix}{key}");
        if let Value::Table(inner) = value {
            collect_keys(inner, &format!("{path}."), keys);
        }
        keys.push(path);
    }
}

/// The last part of a dotted key.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn with_line(origin: &str, text: &str, error: &toml::de::Error) -> String {
    match error.span() {
        // A single setting is a line of its own.
        Some(span) if !origin.starts_with("--") => {
            let line = text.bytes().take(span.start).filter(|&byte| byte == b'\n').count() + 1;
            format!("{origin}, line {line}")
        }
        _ => origin.to_owned(),
    }
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

fn advice(nearest: &Option<String>, allowed: &[String]) -> String {
    match nearest {
        Some(name) => format!("; did you mean `{name}`?"),
        None => format!("; what can be set there is {}", list(allowed, "and")),
    }
}

/// A parser's message, which may repeat much of the text.
fn shown_line(text: &str) -> String {
    beginning(&text.split_whitespace().collect::<Vec<_>>().join(" "), LONGEST_MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> String {
        let result = RunConfig::from_toml(text, "my.toml");
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    fn set(setting: &str) -> String {
        let result = RunConfig::default().apply(setting);
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_nearest_one() {
        assert_eq!(
            file("seed = 1\n\n[search.controller]\nstep = 30"),
            "my.toml, line 4: there is no setting `search.controller.step`; did you mean \
             `search.controller.steps`?"
        );
        assert_eq!(
            set("search.candidats=20"),
            "--set search.candidats=20: there is no setting `search.candidats`; did you mean \
             `search.candidates`?"
        );
        assert_eq!(
            set("recipie.batch=20"),
            "--set recipie.batch=20: there is no setting `recipie`; did you mean `recipe`?"
        );
    }

    #[test]
    fn a_key_without_its_table_is_found_there() {
        let message = set("candidates=20");
        assert!(message.ends_with("did you mean `search.candidates`?"), "{message}");
    }

    #[test]
    fn where_nothing_is_near_the_known_keys_are_listed() {
        let message = set("checkpoint.zzz=1");
        assert!(
            message.ends_with("what can be set there is every_seconds and memory_growth_mib"),
            "{message}"
        );
        let message = set("data.zzz=1");
        assert!(message.ends_with("source, limit, background, toys_count and seed"), "{message}");
    }

    #[test]
    fn a_wrong_value_is_named_with_what_belongs_there() {
        for (setting, end) in [
            ("seed=-1", "`seed` must be a whole number, 0 or more, not -1"),
            ("search.top_k=few", "`search.top_k` must be a whole number, 0 or more, not \"few\""),
            ("recipe.batch=1.5", "`recipe.batch` must be a whole number, 0 or more, not 1.5"),
            ("recipe.keep_last_batch=1", "`recipe.keep_last_batch` must be true or false, not 1"),
            ("recipe=1", "`recipe` must be a table with settings of its own, not 1"),
            ("search.iterations=7", "`search.iterations` must be a list, not 7"),
            ("data.background=[1,2,300]", "must be a whole number from 0 to 255, not 300"),
            (
                "search.strategy=rendom",
                "`search.strategy` must be \"reinforce\" or \"random\", not \"rendom\" (did you mean \
                 `random`?)",
            ),
        ] {
            let message = set(setting);
            assert!(message.starts_with(&format!("--set {setting}: ")), "{message}");
            assert!(message.ends_with(end), "{message}");
        }
        let message = file("[recipe]\nbatch = \"big\"");
        assert_eq!(message, "my.toml, line 2: `recipe.batch` must be a whole number, 0 or more, not \"big\"");
    }

    #[test]
    fn broken_toml_and_broken_settings_are_one_sentence() {
        for text in ["seed = ", "seed = 1\nseed = 2", "[recipe", "name = 'x", "[[space.cell]]\nup = []"] {
            let message = file(text);
            assert!(message.starts_with("my.toml, line ") && !message.contains('\n'), "{message}");
        }
        for text in ["seed", "=1", "a..b=1"] {
            assert_eq!(set(text), format!("`{text}` is no setting; write it like search.candidates=20"));
        }
        // Nothing is not quoted.
        assert_eq!(set(""), "no setting was given; write it like search.candidates=20");
        assert_eq!(
            set("seed="),
            "--set seed=: `seed` must be a whole number, 0 or more, and nothing was given"
        );
        let message = RunConfig::preset("").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.starts_with("no preset was named; the presets are quick"), "{message}");
    }
}
