#![allow(clippy::unwrap_used)]
use super::*;
use crate::config::MAX_SEED;

fn parse(line: &str) -> Result<Command, clap::Error> {
    let words = std::iter::once("autogan").chain(line.split(' '));
    Cli::try_parse_from(words).map(|cli| cli.command.unwrap())
}

#[test]
fn a_found_architecture_is_a_folder_with_or_without_a_rank() {
    let found = |dir: &str, rank| Ok(RunRank { dir: dir.into(), rank });
    assert_eq!("runs/a".parse(), found("runs/a", 1));
    assert_eq!("runs/a:3".parse(), found("runs/a", 3));
    assert_eq!("C:\\runs".parse(), found("C:\\runs", 1));
    assert_eq!("C:\\runs:2".parse(), found("C:\\runs", 2));
    for text in ["runs/a:0", "runs/a:99999999999999999999"] {
        assert!(text.parse::<RunRank>().is_err(), "{text}");
    }
    assert_eq!(RunRank { dir: "r".into(), rank: 2 }.to_string(), "r:2");
}

#[test]
fn training_needs_exactly_one_architecture_or_a_run_to_resume() {
    for line in ["train --arch 1,0,1,1", "train --run runs/a:2 --seed 3", "train --resume runs/a"] {
        assert!(parse(line).is_ok(), "{line}");
    }
    for line in ["train", "train --arch 1,0,1,1 --run a", "train --run a --resume b"] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn a_resumed_run_keeps_what_it_was_begun_with() {
    assert!(parse("search --resume a --device cpu --set winner.steps=9").is_ok());
    for option in ["--preset quick", "--config f", "--data toys", "--seed 2", "--out b"] {
        assert!(parse(&format!("search --resume a {option}")).is_err(), "{option}");
    }
}

#[test]
fn every_subcommand_takes_json() {
    for line in [
        "search",
        "train --arch 1,0,1,1",
        "sample --model a --out b",
        "export a --to b",
        "arch 1,0,1,1",
        "runs list",
        "settings",
        "runs show a",
        "runs compare a b",
        "data check toys",
        "data fetch cifar10 --to a",
        "data scorer --out a",
        "doctor",
        "bench a",
    ] {
        assert!(!parse(line).unwrap().json());
        assert!(parse(&format!("{line} --json")).unwrap().json(), "{line}");
    }
}

#[test]
fn parts_of_an_export_are_named_with_commas() {
    let Command::Export(args) = parse("export a --to b --only weights,curves").unwrap() else {
        panic!("another command");
    };
    assert_eq!(args.only, Some(vec![ExportPart::Weights, ExportPart::Curves]));
    let error = parse("export a --to b --only wights").unwrap_err().to_string();
    assert!(error.contains("wights") && error.contains("weights, pytorch, arch"), "{error}");
    assert!(parse("export a").is_err());
}

#[test]
fn a_seed_that_toml_cannot_hold_is_refused() {
    assert!(parse(&format!("search --seed {MAX_SEED}")).is_ok());
    assert!(parse(&format!("search --seed {}", MAX_SEED + 1)).is_err());
}
