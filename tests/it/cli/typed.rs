//! Calls as people type them: vectors without quotes, values that are empty, folders that are not there.

use super::{autogan, failure, folder, make_model, output, text};

#[test]
fn a_vector_needs_no_quotes() {
    let dir = folder();
    make_model(&dir.path().join("m.safetensors"));
    let words = ["1", "0", "1", "1", "0", "1", "2", "0", "1"];
    let quoted = output(dir.path(), &["arch", &words.join(" ")]);
    assert_eq!(output(dir.path(), &[&["arch"], &words[..]].concat()), quoted);
    assert_eq!(output(dir.path(), &[&["arch", "--channels", "256"], &words[..]].concat()), quoted);
    // Before the file of weights as well as behind it.
    let to = ["--only", "arch", "--json", "--force", "--to", "x"];
    let exported = output(dir.path(), &[&["export", "m.safetensors", "--arch"], &words[..], &to].concat());
    let first = [&["export", "--arch"], &words[..], &["m.safetensors"], &to].concat();
    assert_eq!(output(dir.path(), &first), exported);
    let with_quotes = words.join(" ");
    let first = [&["export", "--arch", &with_quotes, "m.safetensors"], &to[..]].concat();
    assert_eq!(output(dir.path(), &first), exported);
    let sentence = failure(dir.path(), &["train", "--arch", "1", "0", "7", "1", "--device", "cpu"], 2);
    assert!(sentence.contains('7') && sentence.contains("up"), "{sentence}");
}

#[test]
fn what_is_empty_is_said_to_be_and_not_quoted() {
    let dir = folder();
    for (args, what) in [
        (&["train", "--arch", ""][..], "--arch <VECTOR>"),
        (&["train", "--run", ""], "--run <DIR[:RANK]>"),
        (&["search", "--set", ""], "--set <KEY=VALUE>"),
        (&["search", "--preset", " "], "--preset <PRESET>"),
        (&["search", "--config", ""], "--config <FILE>"),
        (&["search", "--data", ""], "--data <SRC>"),
        (&["search", "--resume", ""], "--resume <DIR>"),
        (&["sample", "--out", "x", "--model", ""], "--model <FILE|RUN>"),
        (&["sample", "--model", "x", "--out", ""], "--out <PATH>"),
        (&["score", "--real", "", "--fake", "toys"], "--real <SRC>"),
        (&["score", "--real", "toys", "--fake", ""], "--fake <SRC>"),
        (&["score", "--real", "toys", "--fake", "toys", "--metrics", ""], "--metrics <NAMES>"),
        (&["score", "--real", "toys", "--fake", "toys", "--k", ""], "--k <K>"),
        (&["arch", ""], "<VECTOR>"),
        (&["data", "check", ""], "<SRC>"),
        (&["data", "fetch", ""], "<NAME>"),
        (&["runs", "list", ""], "[DIR]"),
        (&["runs", "show", ""], "<RUN>"),
        (&["export", "x", "--to", ""], "--to <DIR>"),
        (&["export", "x", "--to", "y", "--only", ""], "--only <PARTS>"),
    ] {
        let sentence = failure(dir.path(), args, 2);
        let next = if what.starts_with('-') {
            "write it behind the option"
        } else {
            "--help says what belongs there"
        };
        assert!(
            sentence.starts_with(&format!("nothing was given for {what}; {next}")),
            "{args:?}: {sentence}"
        );
    }
    assert!(failure(dir.path(), &[""], 2).starts_with("nothing was given where a subcommand belongs"));
    for (setting, said) in [
        ("seed=", "`seed` must be a whole number, 0 or more, and nothing was given"),
        ("recipe.loss=", "\"hinge\", \"non_saturating\" or \"least_squares\", and nothing was given"),
        ("data.source=", "no source of images was given; write `toys`"),
    ] {
        let sentence = failure(dir.path(), &["search", "--device", "cpu", "--set", setting], 2);
        assert!(sentence.contains(said), "{setting}: {sentence}");
    }
    // What was always meant by nothing still is.
    assert!(output(dir.path(), &["settings", ""]).contains("recipe.batch"));
}

#[test]
fn a_folder_of_runs_that_was_named_must_be_there() {
    let dir = folder();
    assert!(output(dir.path(), &["runs", "list"]).contains("autogan search"));
    let sentence = failure(dir.path(), &["runs", "list", "nothere"], 1);
    assert_eq!(sentence, "there is no folder nothere; name the one that the runs are in");
    std::fs::create_dir(dir.path().join("there")).expect("a new folder");
    assert!(output(dir.path(), &["runs", "list", "there"]).starts_with("No runs in there"));
}

/// Where Mesa is installed and no session has a folder for its sockets, as on servers and in containers.
#[cfg(target_os = "linux")]
#[test]
fn devices_are_listed_without_complaints_of_a_missing_session() {
    let cache = folder();
    for session in [None, Some(""), Some("relative")] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_autogan"));
        command
            .args(["doctor", "--list"])
            .env("AUTOGAN_CACHE_DIR", cache.path())
            .env_remove("XDG_RUNTIME_DIR");
        command.envs(session.map(|folder| ("XDG_RUNTIME_DIR", folder)));
        let output = command.output().expect("it starts");
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("Adapters"));
        assert_eq!(text(&output.stderr), "", "{session:?}");
    }
}

#[test]
fn help_says_that_a_vector_needs_no_quotes() {
    let dir = folder();
    assert!(text(&autogan(dir.path(), &["train", "--help"]).stdout).contains("with or without quotes"));
}
