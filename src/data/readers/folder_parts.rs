//! Folders that are parts of a data set, by their names: for training, and for tests or validation.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

/// What folders with images for training are called, in lower case.
const TRAIN: [&str; 3] = ["train", "training", "trainset"];
/// What folders with other images are called, in lower case. The first that is there is the test split.
const TEST: [&str; 12] = [
    "test",
    "testing",
    "testset",
    "val",
    "valid",
    "validate",
    "validation",
    "valset",
    "eval",
    "evaluate",
    "evaluation",
    "dev",
];

/// What a folder's name says of its part.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FolderPart {
    /// The place of the name in [`TEST`]; none for training.
    test: Option<usize>,
    /// The other words of the name: `2017` of `train2017`, `seg` of `seg_train`, `a` of `trainA`.
    others: String,
}

impl FolderPart {
    /// The part of a folder; none where its name has no such word, or two of them.
    fn of(name: &OsStr) -> Option<Self> {
        let mut parts = Vec::new();
        let mut others = Vec::new();
        for word in words(&name.to_string_lossy()) {
            match TEST.iter().position(|known| word == *known) {
                Some(place) => parts.push(Some(place)),
                None if TRAIN.contains(&&*word) => parts.push(None),
                None => others.push(word),
            }
        }
        match parts[..] {
            [test] => Some(Self { test, others: others.join(" ") }),
            _ => None,
        }
    }

    /// Those of the folders of classes that are probably parts: one that is called so and nothing else, or several.
    /// Trains are a class.
    pub fn like<'a>(folders: impl Iterator<Item = &'a OsStr>) -> Vec<OsString> {
        let parts: Vec<(Self, &OsStr)> = folders.filter_map(|name| Some((Self::of(name)?, name))).collect();
        let is_sure = |part: &Self| part.test.is_some() && part.others.is_empty();
        if parts.len() < 2 && !parts.iter().any(|(part, _)| is_sure(part)) {
            return Vec::new();
        }
        parts.into_iter().map(|(_, name)| name.to_owned()).collect()
    }
}

/// The words of a name in lower case: apart by marks, by digits and by a capital behind a small letter.
fn words(name: &str) -> Vec<String> {
    let kind = |c: char| (c.is_alphabetic(), c.is_numeric());
    let mut words = Vec::new();
    let mut before = '_';
    for c in name.chars() {
        let is_new = kind(before) != kind(c) || (before.is_lowercase() && c.is_uppercase());
        before = c;
        if !c.is_alphanumeric() {
            continue;
        }
        if is_new {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// The folders of a split, and those beside them, out of all `folders` with their numbers of pictures: where some for
/// training have some for tests of the same name otherwise, and fewer pictures than in any of these lie `beside`.
pub(super) fn split_folders<'a>(
    folders: &BTreeMap<&'a OsStr, usize>,
    beside: usize,
    is_test: bool,
) -> Option<[Vec<&'a OsStr>; 2]> {
    let named = || folders.keys().filter_map(|name| Some((FolderPart::of(name)?, *name)));
    // By the other words of their names, the first of each.
    let (mut trains, mut tests) = (BTreeMap::new(), BTreeMap::new());
    let mut ordered: Vec<(FolderPart, &OsStr)> = named().collect();
    ordered.sort();
    for (FolderPart { test, others }, name) in &ordered {
        match test {
            // Which of two is meant is not known.
            None if trains.insert(others.as_str(), *name).is_some() => return None,
            None => {}
            Some(_) => _ = tests.entry(others.as_str()).or_insert(*name),
        }
    }
    trains.retain(|others, _| tests.contains_key(others));
    tests.retain(|others, _| trains.contains_key(others));
    let both: BTreeSet<&OsStr> = trains.values().chain(tests.values()).copied().collect();
    if both.is_empty() || both.iter().any(|name| folders[name] <= beside) {
        return None;
    }
    let parts: Vec<&OsStr> = if is_test { tests.into_values() } else { trains.into_values() }.collect();
    // Those that are parts by their names come first.
    let ordered = ordered.iter().map(|(_, name)| *name);
    let mut others: Vec<&OsStr> = ordered.filter(|name| !parts.contains(name)).collect();
    let rest = folders.keys().filter(|name| !parts.contains(name) && !others.contains(name));
    let rest: Vec<&OsStr> = rest.copied().collect();
    others.extend(rest);
    Some([parts, others])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn split(names: &[&str], is_test: bool) -> Option<[Vec<String>; 2]> {
        let folders = names.iter().map(|name| (OsStr::new(*name), 5)).collect();
        let text = |name: &OsStr| name.to_str().unwrap().to_owned();
        let split = split_folders(&folders, 4, is_test)?;
        assert_eq!(split_folders(&folders, 5, is_test), None);
        Some(split.map(|names| names.into_iter().map(text).collect()))
    }

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("train2017", &["train", "2017"][..]),
            ("seg_Train", &["seg", "train"]),
            ("trainA", &["train", "a"]),
            ("TRAIN-set.v2", &["train", "set", "v", "2"]),
            ("_", &[]),
            ("größeÄ", &["größe", "ä"]),
        ] {
            assert_eq!(words(name), expected);
        }
    }

    #[test]
    fn folders_for_training_are_read_where_some_for_tests_are_beside_them() {
        for (names, train, test) in [
            (&["train", "test", "val", "extra"][..], &["train"][..], &["test"][..]),
            (&["train", "test", "unlabeled"], &["train"], &["test"]),
            (&["train", "eval"], &["train"], &["eval"]),
            (&["TRAIN", "dev"], &["TRAIN"], &["dev"]),
            (&["TRAINSET", "testset", "valset"], &["TRAINSET"], &["testset"]),
            (&["training_set", "test_set"], &["training_set"], &["test_set"]),
            (&["training", "evaluation", "validate"], &["training"], &["validate"]),
            (&["train2017", "val2017"], &["train2017"], &["val2017"]),
            (&["seg_train", "seg_test", "seg_pred"], &["seg_train"], &["seg_test"]),
            (&["trainA", "trainB", "testA", "testB"], &["trainA", "trainB"], &["testA", "testB"]),
            (&["chest_xray", "train", "test", "val"], &["train"], &["test"]),
            (&["train", "train_extra", "val"], &["train"], &["val"]),
        ] {
            let [read, others] = split(names, false).unwrap();
            assert_eq!(read, train, "{names:?}");
            assert_eq!(read.len() + others.len(), names.len(), "{names:?}");
            assert_eq!(split(names, true).unwrap()[0], test, "{names:?}");
        }
        let [_, others] = split(&["a", "val", "test", "train"], false).unwrap();
        assert_eq!(others, ["test", "val", "a"]);
    }

    #[test]
    fn other_names_make_no_parts() {
        for names in [
            &["val", "test"][..],
            &["train", "car", "bus"],
            &["train", "training", "val"],
            &["train2016", "val2017"],
            &["train", "trains"],
            &["steam train", "test tube"],
            &["train_test", "val"],
            &[],
        ] {
            assert_eq!(split(names, false), None, "{names:?}");
        }
    }

    #[test]
    fn classes_that_are_called_like_parts_are_doubtful() {
        let like = |names: &[&'static str]| FolderPart::like(names.iter().map(|name| OsStr::new(*name)));
        assert_eq!(like(&["test", "val"]), ["test", "val"]);
        assert_eq!(like(&["cat", "val"]), ["val"]);
        assert_eq!(like(&["train", "training", "x"]), ["train", "training"]);
        for names in [&["train", "car"][..], &["test tube", "flask"], &["cat", "dog"]] {
            assert!(like(names).is_empty(), "{names:?}");
        }
    }
}
