//! Numbers as people read them, and arguments as shells do.

/// A count with commas between groups of three digits: `50,000`.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<String> = groups.map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join(",")
}

/// A path or another argument as a shell takes it: `a/b`, `"my data"`, `'costs $5'`. Whatever a stranger calls a file,
/// a shell that is given the text runs nothing of it.
pub fn quoted(text: &str) -> String {
    // Where it parts no folders, a backslash acts on what follows.
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:".contains(c) || (c == '\\' && cfg!(windows));
    let acts = |c: char| "\"$`!".contains(c) || (c == '\\' && !cfg!(windows));
    match text {
        text if text.chars().all(is_plain) => text.to_owned(),
        text if text.contains(acts) && cfg!(windows) => format!("'{}'", text.replace('\'', "''")),
        text if text.contains(acts) => format!("'{}'", text.replace('\'', r"'\''")),
        text => format!("\"{text}\""),
    }
}

/// `1 cell`, `2 cells`.
pub fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

/// `1 image`, `2,000 images`.
pub fn images(count: usize) -> String {
    if count == 1 { "1 image".to_owned() } else { format!("{} images", thousands(count as u64)) }
}

/// A number of operations: `4.438 T`, `1.765 G`, `16.1 M`, `640`.
pub fn operations(count: u64) -> String {
    match count {
        1_000_000_000_000.. => format!("{:.3} T", count as f64 / 1e12),
        1_000_000_000.. => format!("{:.3} G", count as f64 / 1e9),
        1_000_000.. => format!("{:.1} M", count as f64 / 1e6),
        _ => thousands(count),
    }
}

/// Seconds in words: `42 s`, `3 min 5 s`, `2 h 14 min`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..=59 => format!("{whole} s"),
        60..=3599 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn counts_are_grouped_in_threes() {
        let grouped = [0, 999, 1_000, 4_405_251, u64::MAX].map(thousands);
        assert_eq!(grouped, ["0", "999", "1,000", "4,405,251", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn an_argument_is_written_as_a_shell_takes_it() {
        assert_eq!(["cifar10:a/b", "idx:my data"].map(quoted), ["cifar10:a/b", "\"idx:my data\""]);
    }

    /// The name of a downloaded file must not become a command.
    #[cfg(unix)]
    #[test]
    fn a_shell_runs_nothing_of_an_argument() {
        for text in [
            "$(touch made)",
            "`touch made`",
            "a\"; touch made; \"",
            "it's $HOME",
            r"a\b",
            "a!b 'c'",
            "é; ü & *",
        ] {
            let line = format!("printf %s {}", quoted(text));
            let folder = tempfile::tempdir().unwrap();
            let mut shell = std::process::Command::new("sh");
            let output = shell.args(["-c", &line]).current_dir(folder.path()).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{text}");
        }
    }

    #[test]
    fn operations_have_a_unit() {
        let words = [4_437_611_000_000, 1_764_850_000, 16_050_000, 640].map(operations);
        assert_eq!(words, ["4.438 T", "1.765 G", "16.1 M", "640"]);
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let words = [4.4, 65.0, 3599.6, 8040.0].map(duration);
        assert_eq!(words, ["4 s", "1 min 5 s", "1 h 0 min", "2 h 14 min"]);
    }
}
