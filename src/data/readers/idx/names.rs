//! Under which names data sets in the IDX format are kept, and in which folders.

use std::path::{Path, PathBuf};

use super::super::packed::missing;
use crate::data::{DataError, Split};
use crate::input::shown;

/// A data set in IDX files.
pub(super) struct IdxSet {
    /// How its files' names begin before the part that says which split; nothing for MNIST's own names.
    name: &'static str,
    /// Whether its pictures lie column by column.
    by_columns: bool,
    /// The names of its classes, and the label of the first; none where they are the labels' own numbers.
    classes: Option<(&'static str, u16)>,
}

/// Digits, then letters; some are written alike small and large.
const BY_CLASS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BY_MERGE: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt";
const DIGITS: &str = "0123456789";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

const fn emnist(name: &'static str, classes: &'static str, first: u16) -> IdxSet {
    IdxSet { name, by_columns: true, classes: Some((classes, first)) }
}

/// MNIST and whatever has its names, EMNIST's six parts (<https://www.nist.gov/itl/products-and-services/emnist-dataset>)
/// and QMNIST (<https://github.com/facebookresearch/qmnist>).
static SETS: [IdxSet; 8] = [
    IdxSet { name: "", by_columns: false, classes: None },
    emnist("emnist-balanced", BY_MERGE, 0),
    emnist("emnist-byclass", BY_CLASS, 0),
    emnist("emnist-bymerge", BY_MERGE, 0),
    emnist("emnist-digits", DIGITS, 0),
    emnist("emnist-letters", LETTERS, 1),
    emnist("emnist-mnist", DIGITS, 0),
    IdxSet { name: "qmnist", by_columns: false, classes: None },
];

/// Where files lie below the folder that a person names: as torchvision keeps them, and as EMNIST's archive has them.
const FOLDERS: [&str; 9] = [
    "",
    "raw",
    "gzip",
    "MNIST/raw",
    "FashionMNIST/raw",
    "KMNIST/raw",
    "EMNIST/raw",
    "EMNIST/raw/gzip",
    "QMNIST/raw",
];
/// How files with images and with labels end.
const IMAGES: [&str; 2] = ["idx3-ubyte", "idx4-ubyte"];
const LABELS: [&str; 2] = ["idx1-ubyte", "idx2-int"];

impl IdxSet {
    /// What the names of a split's files begin with.
    pub fn prefix(&self, split: Split) -> String {
        match (self.name, split) {
            ("", Split::Train) => "train".to_owned(),
            ("", Split::Test) => "t10k".to_owned(),
            (name, split) => format!("{name}-{split}"),
        }
    }

    /// Width and height of its pictures, whose rows lie in its files with these.
    pub fn turned(&self, [width, height]: [usize; 2]) -> [usize; 2] {
        if self.by_columns { [height, width] } else { [width, height] }
    }

    /// A picture upright, out of pixels (`[height, width, 3]`) as its files have them.
    pub fn upright(&self, pixels: Vec<u8>, width: usize) -> Vec<u8> {
        if !self.by_columns {
            return pixels;
        }
        let rows = pixels.len() / (3 * width);
        let column =
            |x: usize| (0..rows).flat_map(move |y| (0..3).map(move |channel| (y * width + x) * 3 + channel));
        (0..width).flat_map(column).map(|at| pixels[at]).collect()
    }

    /// The labels as numbers of classes, the classes' names, and a note where they are not what they should be.
    pub fn classify(&self, labels: Vec<u16>) -> (Vec<u16>, Vec<String>, Option<String>) {
        let mut note = None;
        if let Some((names, first)) = self.classes {
            let class =
                |label: &u16| label.checked_sub(first).filter(|&class| usize::from(class) < names.len());
            if let Some(classes) = labels.iter().map(class).collect() {
                return (classes, names.chars().map(String::from).collect(), None);
            }
            let last = usize::from(first) + names.len() - 1;
            let name = self.name;
            note = Some(format!(
                "the labels of {name} are not all from {first} to {last}: the classes are called by their numbers"
            ));
        }
        let last = labels.iter().copied().max().unwrap_or(0);
        (labels, (0..=last).map(|class| class.to_string()).collect(), note)
    }
}

/// A data set that was found.
pub(super) struct FoundSet {
    pub set: &'static IdxSet,
    /// The folder with its files.
    dir: PathBuf,
    /// The file with the images.
    pub images: PathBuf,
    /// Names of others in the same folder.
    others: Vec<&'static str>,
}

impl FoundSet {
    /// The file with a split's labels.
    pub fn labels(&self, split: Split) -> Option<PathBuf> {
        file(&self.dir, &self.set.prefix(split), "labels", &LABELS)
    }

    /// What a person should know of it, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let turned = self.set.by_columns.then(|| {
            format!(
                "the pictures of {} lie on their sides in its files: they are read upright",
                self.set.name
            )
        });
        let (dir, others) = (shown(&self.dir), self.others.join(", "));
        let others = self.others.first().map(|first| {
            format!(
                "{dir} also holds {others}, which is left out: `idx:{}` reads it",
                shown(self.dir.join(first))
            )
        });
        turned.into_iter().chain(others).collect()
    }
}

/// The data set in a folder, or in one of the usual folders below it. Where there are several in one folder, the last
/// part of `path` may be the name of one of them.
pub(super) fn find(path: &Path, split: Split) -> Result<FoundSet, DataError> {
    let named = SETS.iter().find(|set| {
        !set.name.is_empty() && !path.exists() && path.file_name().is_some_and(|name| name == set.name)
    });
    let (root, sets) = match (named, path.parent()) {
        (Some(set), Some(parent)) => (parent, std::slice::from_ref(set)),
        _ => (path, &SETS[..]),
    };
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let mut found: Vec<(FoundSet, &'static str)> = Vec::new();
    for folder in FOLDERS {
        // A path without a slash at its end.
        let dir = if folder.is_empty() { root.to_owned() } else { root.join(folder) };
        for set in sets {
            // The same data set, packed and unpacked.
            if found.iter().any(|(other, _)| !set.name.is_empty() && other.set.name == set.name) {
                continue;
            }
            if let Some(images) = file(&dir, &set.prefix(split), "images", &IMAGES) {
                found.push((FoundSet { set, dir: dir.clone(), images, others: Vec::new() }, folder));
            }
        }
    }
    // A folder with MNIST's names holds what they say, whatever else there is.
    let plain = found.first().is_some_and(|(first, folder)| first.set.name.is_empty() && folder.is_empty());
    let name =
        |(of, folder): &(FoundSet, &'static str)| if of.set.name.is_empty() { *folder } else { of.set.name };
    let names: Vec<&str> = found.iter().map(name).collect();
    if let [first, _, ..] = names[..]
        && !plain
    {
        let example = format!("`idx:{}`", shown(root.join(first)));
        return Err(DataError::SeveralSets { dir: root.into(), names: names.join(", "), example });
    }
    let others = names.into_iter().skip(1).collect();
    match found.into_iter().next() {
        Some((found, _)) => Ok(FoundSet { others, ..found }),
        None => Err(missing(root, expected(sets, split))),
    }
}

/// The files that were looked for, as a part of a sentence.
fn expected(sets: &[IdxSet], split: Split) -> String {
    let [only] = sets else {
        let plain = SETS[0].prefix(split);
        return format!(
            "{plain}-images-idx3-ubyte (nor emnist-PART-{split}-images-idx3-ubyte or \
             qmnist-{split}-images-idx3-ubyte, with or without .gz, there or in folders such as raw or MNIST/raw)"
        );
    };
    format!("{}-images-idx3-ubyte (with or without .gz)", only.prefix(split))
}

/// The file of one kind, under any of the usual spellings. Some archives unpack into a folder of the file's name for
/// each file.
fn file(dir: &Path, prefix: &str, kind: &str, endings: &[&str]) -> Option<PathBuf> {
    let names: Vec<String> = endings
        .iter()
        .flat_map(|ending| ["-", "."].map(|mark| format!("{prefix}-{kind}{mark}{ending}")))
        .flat_map(|name| [name.clone(), name + ".gz"])
        .collect();
    let outer = || names.iter().map(|name| dir.join(name));
    let inner =
        || outer().filter(|path| path.is_dir()).flat_map(|dir| names.iter().map(move |name| dir.join(name)));
    outer()
        .find(|path| path.is_file())
        .or_else(|| inner().find(|path| path.is_file()))
        .or_else(|| outer().find(|path| path.exists()))
}
