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

/// A number of operations in three digits: `4.44 T`, `1.38 P`, `16.1 M`, `640`.
pub fn rounded_operations(count: u64) -> String {
    const UNITS: [&str; 5] = ["M", "G", "T", "P", "E"];
    if count < 1_000_000 {
        return thousands(count);
    }
    let (mut value, mut place) = (count as f64 / 1e6, 0);
    // What would be rounded to four digits has the next unit.
    while value >= 999.5 && place + 1 < UNITS.len() {
        (value, place) = (value / 1000.0, place + 1);
    }
    let unit = UNITS[place];
    match value {
        ..9.995 => format!("{value:.2} {unit}"),
        ..99.95 => format!("{value:.1} {unit}"),
        _ => format!("{value:.0} {unit}"),
    }
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;
/// Seconds from which on a time is told in days.
const DAYS_FROM: f64 = 2.0 * DAY;

/// Seconds in words: `42 s`, `3 min 5 s`, `2 h 14 min`, `38 days`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..=59 => format!("{whole} s"),
        60..=3599 => format!("{} min {} s", whole / 60, whole % 60),
        _ if whole as f64 >= DAYS_FROM => format!("{:.0} days", whole as f64 / DAY),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A time that lies between two numbers of seconds: `8 to 12 min`, `about 3 h`.
pub fn duration_between(least: f64, most: f64) -> String {
    let (least, most) = (least.max(0.0), most.max(least).max(1.0));
    let (unit, name) = match most {
        ..90.0 => (1.0, "s"),
        ..5400.0 => (MINUTE, "min"),
        ..DAYS_FROM => (HOUR, "h"),
        _ => (DAY, "days"),
    };
    let number = |seconds: f64| {
        let value = seconds / unit;
        // Of minutes and more, halves are told where there are few.
        if unit > 1.0 && value < 9.75 { ((value * 2.0).round() / 2.0).max(0.5) } else { value.round() }
    };
    let (least, most) = (number(least), number(most));
    if least == most { format!("about {most} {name}") } else { format!("{least} to {most} {name}") }
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
        let words = [4.4, 65.0, 3599.6, 8040.0, 172_740.0, 3_299_040.0].map(duration);
        assert_eq!(words, ["4 s", "1 min 5 s", "1 h 0 min", "2 h 14 min", "47 h 59 min", "38 days"]);
    }

    #[test]
    fn a_range_has_one_unit() {
        let ranges =
            [(480.0, 720.0), (50.0, 110.0), (30.0, 40.0), (150.0, 180.0), (10_000.0, 11_000.0), (0.0, 3e6)];
        let words = ranges.map(|(least, most)| duration_between(least, most));
        assert_eq!(
            words,
            ["8 to 12 min", "1 to 2 min", "30 to 40 s", "2.5 to 3 min", "about 3 h", "0.5 to 35 days"]
        );
    }

    #[test]
    fn rounded_operations_have_three_digits_and_a_unit() {
        let counts =
            [640, 72_420, 16_050_000, 999_600_000, 4_437_611_000_000, 1_377_043_000_000_000, u64::MAX];
        let words = counts.map(rounded_operations);
        assert_eq!(words, ["640", "72,420", "16.1 M", "1.00 G", "4.44 T", "1.38 P", "18.4 E"]);
    }
}
