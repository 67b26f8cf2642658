//! The text that is copied for those who look into a problem: what computes here and what happened, without paths.

use super::SystemFacts;
use crate::device::gibibytes;
use crate::gui::setup::{Devices, SelfTestVerdict};
use crate::gui::state::{Level, RunState, Status};

/// Lines of a log that are taken, the last ones.
const LINES: usize = 30;
/// What stands for a path.
const PATH: &str = "<path>";

/// What a report says of the run that is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunExcerpt {
    /// The device that it computes on, once that is known.
    pub device: Option<String>,
    /// How it stands and the last lines of its log; none where no run is shown.
    lines: Vec<String>,
}

impl RunExcerpt {
    /// Of a run, without paths: also not those with blanks in them, where they are among the `private` ones.
    pub fn of(state: &RunState, private: &[String]) -> Self {
        let clean = |text: &str| without_paths(text, private);
        let mut lines = vec![format!("Run: {}", state.status.words())];
        match &state.status {
            Status::Failed(text) | Status::Waiting(text) => lines.push(clean(text)),
            Status::Died(death) => {
                lines.push(clean(&death.text));
                lines.extend(death.details.lines().map(clean));
            }
            _ => {}
        }
        lines.push("Log:".to_owned());
        lines.extend(state.log[state.log.len().saturating_sub(LINES)..].iter().map(|line| {
            let level = match line.level {
                Level::Note => "",
                Level::Warning => "warning: ",
                Level::Error => "error: ",
            };
            format!("  {level}{}", clean(&line.text))
        }));
        Self { device: state.device.clone(), lines }
    }
}

/// The whole text.
pub fn text(
    system: &SystemFacts,
    devices: &Devices,
    test: Option<&SelfTestVerdict>,
    run: &RunExcerpt,
) -> String {
    let mut lines = vec![super::version(), format!("System: {}", system.0)];
    match devices.as_deref() {
        None => lines.push("Devices: not known yet".to_owned()),
        Some(Err(problem)) => lines.push(format!("Devices: {}", without_paths(problem, &[]))),
        Some(Ok(machine)) => {
            let cpu = &machine.cpu;
            lines.push(format!("CPU: {}, {} cores, {}", cpu.name, cpu.cores, gibibytes(cpu.memory)));
            let adapters = machine.adapters.iter();
            lines.extend(adapters.map(|adapter| format!("Adapter: {}, {}", adapter.name, adapter.details())));
            lines.push(format!("Device: {}: {}", machine.auto.name, machine.auto.reason));
        }
    }
    lines.push(match test.map(Option::as_deref) {
        None => "Self-test: not asked for".to_owned(),
        Some(None) => "Self-test: under way".to_owned(),
        Some(Some(Ok(verdict))) => format!("Self-test: {verdict}"),
        Some(Some(Err(problem))) => format!("Self-test: {}", without_paths(problem, &[])),
    });
    lines.extend(run.device.iter().map(|device| format!("The run computes on: {device}")));
    lines.extend(run.lines.iter().cloned());
    lines.join("\n")
}

/// A text in which a mark stands for each path and address, since they name persons and projects. The `private` ones
/// are known, so that they may have blanks in them.
fn without_paths(text: &str, private: &[String]) -> String {
    let mut text = text.to_owned();
    for place in private.iter().filter(|place| place.len() > 1) {
        text = text.replace(place.as_str(), PATH);
    }
    let between = |letter: char| letter.is_whitespace() || "\"'“”‘’()[]{},;".contains(letter);
    let mut clean = String::with_capacity(text.len());
    for piece in text.split_inclusive(between) {
        let word = piece.trim_end_matches(between).trim_end_matches([':', '.', '!', '?']);
        clean += if is_place(word) { PATH } else { word };
        clean += &piece[word.len()..];
    }
    clean
}

/// Whether a word is a path or an address, and not a rate such as `images/s` or a share such as `3/16`.
fn is_place(word: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    match word.split_once(['/', '\\']) {
        None => false,
        Some((unit, "s")) => unit.is_empty() || word.contains('\\'),
        Some((done, all)) => !(is_number(done) && is_number(all)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::device::{Adapter, AdapterKind, Api, ChosenDevice, Cpu, Machine};
    use crate::gui::state::LogLine;

    #[test]
    fn no_path_is_left_and_the_rest_is() {
        let private = ["/home/jane/my own pictures".to_owned()];
        for (said, expected) in [
            ("/home/jane/my own pictures/cat.png cannot be read: gone", "<path> cannot be read: gone"),
            ("Reads /srv/data/faces.zip.", "Reads <path>."),
            ("“C:\\Users\\jane\\runs” (3/16) at 120 images/s", "“<path>” (3/16) at 120 images/s"),
            ("~/runs, runs/one: 2.5 s", "<path>, <path>: 2.5 s"),
            ("See https://example.org/a?b=1!", "See <path>!"),
            ("Nothing to hide", "Nothing to hide"),
        ] {
            assert_eq!(without_paths(said, &private), expected);
        }
    }

    #[test]
    fn a_report_says_what_computes_here_and_what_happened_last() {
        let adapter = Adapter {
            name: "Card (RADV/ACO)".to_owned(),
            kind: AdapterKind::Discrete,
            api: Api::Vulkan,
            driver: "1.2".to_owned(),
            memory: Some(1 << 30),
            index: 0,
        };
        let machine = Machine {
            adapters: vec![adapter],
            cpu: Cpu { name: "Some CPU".to_owned(), cores: 2, memory: 4 << 30, memory_available: 1 },
            auto: ChosenDevice { name: "Card".to_owned(), reason: "the only one".to_owned() },
            cache: "/home/jane/.cache".into(),
        };
        let mut state = RunState { device: Some("Card".to_owned()), ..RunState::default() };
        for number in 0..100 {
            let text = format!("line {number} of /home/jane/x");
            let (event_index, time, level, is_live) = (number, None, Level::Warning, false);
            state.log.push(LogLine { event_index, time, level, text, is_live });
        }
        let run = RunExcerpt::of(&state, &[]);
        let verdict: SelfTestVerdict = Some(Arc::new(Ok("Card gives the right results".to_owned())));
        let system = SystemFacts("Some system".to_owned());
        let report = text(&system, &Some(Arc::new(Ok(machine))), Some(&verdict), &run);
        for line in [
            super::super::version().as_str(),
            "System: Some system",
            "CPU: Some CPU, 2 cores, 4.0 GiB",
            "Adapter: Card (RADV/ACO), discrete GPU, Vulkan, 1.2, 1.0 GiB",
            "Device: Card: the only one",
            "Self-test: Card gives the right results",
            "The run computes on: Card",
            "Run: Not running",
            "  warning: line 70 of <path>",
            "  warning: line 99 of <path>",
        ] {
            assert!(report.lines().any(|found| found == line), "{line}\nin\n{report}");
        }
        assert!(!report.contains("line 69") && !report.contains("jane"), "{report}");
    }
}
