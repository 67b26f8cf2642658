//! The command line: what was typed is in `args`, and what each subcommand does in a file of `commands`.
//!
//! Exit code 0 means that the work is done and 2 that the call was wrong. Anything else is 1, with one
//! sentence on standard error: what happened, where, and what to do next. With `--json`, standard output
//! has nothing but JSON, and the sentence too, as `{"error": ...}`.

mod args;
mod commands;
mod launch;
mod layers;
mod runtime_dir;
mod table;
mod terminal;
mod typed;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

use crate::app::LessonError;
use crate::arch::ArchError;
use crate::config::ConfigError;
use crate::data::DataError;
use crate::device::DeviceError;
use crate::input::shown;
use args::{Cli, Command};
use terminal::print_line;
use typed::with_whole_vectors;

/// Reads the command line and does what it says; without a subcommand, opens the window, with a lesson if one is named.
pub fn run(open_window: fn(lesson: Option<&Path>) -> anyhow::Result<()>) -> ExitCode {
    let cli = match Cli::try_parse_from(with_whole_vectors(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return refuse(&nothing_given(error)),
    };
    if cli.command.as_ref().is_some_and(Command::opens_device) {
        runtime_dir::provide();
    }
    let json = cli.command.as_ref().is_some_and(Command::json);
    let done = match &cli.command {
        Some(command) => commands::run(command),
        None => open_window(cli.lesson.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let sentence = one_sentence(&error);
            if json {
                print_line(&serde_json::json!({ "error": sentence }).to_string());
            }
            // Where standard error is closed, as for a run that its window left, there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "error: {sentence}");
            ExitCode::from(if is_wrong_call(&error) { 2 } else { 1 })
        }
    }
}

/// Prints what clap has to say: help and version, or what is wrong with the call.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|arg| arg == "--json") {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        let sentence = first.strip_prefix("error: ").unwrap_or(first);
        print_line(&serde_json::json!({ "error": sentence }).to_string());
    }
    // Where standard error is closed, there is nobody to tell.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// Where what is wrong with a value is that there is none, says that instead of what else it might be.
fn nothing_given(error: clap::Error) -> clap::Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let is_empty = |kind| text(kind).is_some_and(|text| text.trim().is_empty());
    let sentence = match text(ContextKind::InvalidArg) {
        _ if is_empty(ContextKind::InvalidSubcommand) => {
            "nothing was given where a subcommand belongs; autogan --help lists them".to_owned()
        }
        Some(_) if !is_empty(ContextKind::InvalidValue) => return error,
        Some(option) if option.starts_with('-') => {
            format!("nothing was given for {option}; write it behind the option, or leave the option out")
        }
        Some(argument) => {
            let argument = argument.trim_end_matches('.');
            format!("nothing was given for {argument}; --help says what belongs there")
        }
        None => return error,
    };
    clap::Error::raw(error.kind(), sentence + "\n")
}

/// Errors that a look at the call alone explains.
fn is_wrong_call(error: &anyhow::Error) -> bool {
    let data = matches!(
        error.downcast_ref(),
        Some(DataError::UnknownSource { .. } | DataError::UnknownDataset { .. } | DataError::Side(_))
    );
    let device =
        matches!(error.downcast_ref(), Some(DeviceError::Unknown { .. } | DeviceError::Ambiguous { .. }));
    data || device
        || error.is::<ConfigError>()
        || error.is::<ArchError>()
        || error.is::<LessonError>()
        || error.is::<WrongCall>()
}

/// Arguments that clap accepts and that cannot be meant.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct WrongCall(String);

/// The chain of causes in one line, each cause once, with nothing in it that moves the cursor: names in it may be
/// anything.
fn one_sentence(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = shown(cause.to_string().split_whitespace().collect::<Vec<_>>().join(" "));
        // Many errors quote their cause in their own message.
        if !parts.last().is_some_and(|last| last.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, anyhow};
    use clap::CommandFactory;

    #[test]
    fn causes_are_said_once_and_in_one_line() {
        let error = anyhow!("disk\n  full").context("cannot write x (disk full)").context("stopped");
        assert_eq!(one_sentence(&error), "stopped: cannot write x (disk full)");
        assert_eq!(one_sentence(&anyhow!("b").context("a")), "a: b");
        assert_eq!(one_sentence(&anyhow!("no\u{1b}[5m\u{202e}x")), "no\\u{1b}[5m\\u{202e}x");
    }

    #[test]
    fn only_mistakes_in_the_call_count_as_such() {
        let parsed = crate::arch::Genotype::parse("1 0 7");
        assert!(parsed.is_err_and(|error| is_wrong_call(&error.into())));
        assert!(is_wrong_call(&WrongCall("x".to_owned()).into()));
        assert!(!is_wrong_call(&DataError::Missing("x".into()).into()));
        let inside: anyhow::Result<()> = Err(anyhow!("damaged")).context("a file");
        assert!(inside.is_err_and(|error| !is_wrong_call(&error)));
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
