//! What a text of settings may be, before it is parsed.

use super::ConfigError;
use super::words::shown;
use crate::input::MOST_TEXT;

/// Most parts of a dotted key; the deepest has four. How deep tables may lie in each other in a file, the
/// parser says: 80.
pub(super) const MOST_PARTS: usize = 16;

/// Refuses a text that is longer than any settings are.
pub(super) fn check_length(text: &str, origin: &str) -> Result<(), ConfigError> {
    let bytes = text.len() as u64;
    if bytes > MOST_TEXT { Err(ConfigError::TooLong { origin: shown(origin), bytes }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::config::{RunConfig, written_settings};

    /// Does it where a recursion of a few thousand levels is a crash, and gives all the messages.
    fn messages(text: String) -> Vec<String> {
        let work = move || {
            let mut config = RunConfig::default();
            let read = RunConfig::from_toml(&text, "my.toml").map(drop);
            let laid = config.overlay(&text, "my.toml");
            let written = written_settings(&text, "my.toml").map(drop);
            assert_eq!(config, RunConfig::default());
            [read, laid, written].into_iter().filter_map(|result| Some(result.err()?.to_string())).collect()
        };
        std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap()
    }

    #[test]
    fn hostile_files_are_refused_in_a_short_sentence_and_a_small_stack() {
        let deep = 100_000;
        for (what, text) in [
            ("lists", format!("seed = {}1{}", "[".repeat(deep), "]".repeat(deep))),
            ("open lists", format!("seed = {}", "[".repeat(deep))),
            ("open tables", "[".repeat(deep)),
            ("tables", format!("seed = {}{}", "{ a = ".repeat(deep), "}".repeat(deep))),
            ("a key", format!("{}a = 1", "a.".repeat(deep))),
            ("a table's name", format!("[{}a]", "a.".repeat(deep))),
            ("a list of tables", format!("[[{}a]]", "a.".repeat(deep))),
            ("twice", "seed = 1\nseed = 2".to_owned()),
            ("a huge number", format!("seed = {}", "9".repeat(deep))),
            ("a huge fraction", format!("recipe.batch = 1e{}", "9".repeat(deep))),
            ("a long name", format!("{} = 1", "x".repeat(deep))),
            ("a long text", format!("seed = \"{}\"", "x".repeat(deep))),
            ("a long table", format!("[{}]", "x".repeat(deep))),
            ("a character that is none", "seed = \"\\uD800\"".to_owned()),
            ("too long", format!("seed = 1 #{}", "x".repeat(1 << 20))),
        ] {
            let messages = messages(text);
            assert!(!messages.is_empty(), "{what}");
            for message in messages {
                assert!(message.starts_with("my.toml"), "{what}: {message}");
                assert!(message.len() < 1_000 && !message.contains('\n'), "{what}: {} bytes", message.len());
            }
        }
        let longest = format!("seed = 7 #{}", "x".repeat((1 << 20) - 10));
        assert_eq!(RunConfig::from_toml(&longest, "my.toml").unwrap().seed, 7);
    }

    #[test]
    fn a_hostile_setting_is_refused_too() {
        let deep = 100_000;
        for setting in [
            format!("{}a=1", "a.".repeat(deep)),
            format!("seed={}", "[".repeat(deep)),
            format!("seed={}", "{a=".repeat(deep)),
            format!("{}=1", "x".repeat(deep)),
            format!("name={}", "x".repeat(1 << 21)),
            "x".repeat(deep),
        ] {
            let work = move || RunConfig::default().apply(&setting).unwrap_err().to_string();
            let message =
                std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
            assert!(message.len() < 1_000, "{} bytes", message.len());
        }
    }

    /// The two parsers of a whole file agree on the largest numbers, and none of them is taken for another.
    #[test]
    fn numbers_that_do_not_fit_are_refused_and_not_bent() {
        for setting in [
            "seed=18446744073709551616",
            "seed=-1",
            "seed=1e400",
            "recipe.batch=1.5",
            "search.candidates=0x1_0000_0000_0000_0000",
        ] {
            let mut config = RunConfig::default();
            assert!(config.apply(setting).is_err(), "{setting}");
            assert_eq!(config, RunConfig::default());
        }
    }
}
