//! What the folders in a folder of pictures mean: parts for training and for tests, classes, or nothing.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::arch::words::thousands;
use crate::data::Split;
use crate::data::limits::MAX_CLASSES;
use crate::data::reason::{Reason, Skipped};

/// What folders with images for training are called, in lower case.
const TRAIN: [&str; 2] = ["train", "training"];
/// What folders with other images are called, in lower case. The first that is there is the test split.
const TEST: [&str; 5] = ["test", "testing", "val", "valid", "validation"];

/// Which of a folder's pictures belong to a split, and which of its folders are classes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FolderLayout {
    /// The folder that was named.
    dir: PathBuf,
    /// The folder of the split; the named one where it has no such folders.
    part: PathBuf,
    /// The folders of other splits.
    others: Vec<PathBuf>,
    /// The folder whose sub-folders are the classes, if any are.
    root: PathBuf,
    /// How many pictures lie beside these sub-folders.
    beside: usize,
    /// They are so few that the sub-folders are classes all the same.
    has_strays: bool,
    /// The sub-folder with the fewest pictures, and how many it has; none where there are not two sub-folders.
    smallest: Option<(String, usize)>,
}

impl FolderLayout {
    /// The layout of `dir` for one split, with these pictures below it; none where it has no such split.
    pub fn of(dir: &Path, split: Split, files: &[PathBuf]) -> Option<Self> {
        let (part, others) = match training_part(&descend(dir, files), split, files) {
            Some(parts) => parts,
            None if split == Split::Test => return None,
            None => (dir.to_owned(), Vec::new()),
        };
        let root = descend(&part, files);
        let FolderLevel { beside, folders } = FolderLevel::of(&root, files);
        let smallest = folders.iter().min_by_key(|(_, count)| **count).filter(|_| folders.len() > 1);
        let smallest = smallest.map(|(name, count)| (name.to_string_lossy().into_owned(), *count));
        let is_few = smallest.as_ref().is_some_and(|(_, count)| beside < *count);
        let has_strays = beside > 0 && is_few && folders.len() <= MAX_CLASSES;
        Some(Self { dir: dir.to_owned(), part, others, root, beside, has_strays, smallest })
    }

    /// The pictures of the split, and what is left out of what lies in its folder or beside all of them.
    pub fn split(&self, files: Vec<PathBuf>, mut skipped: Vec<Skipped>) -> (Vec<PathBuf>, Vec<Skipped>) {
        if self.others.is_empty() {
            return (files, skipped);
        }
        let is_other = |path: &Path| self.others.iter().any(|other| path.starts_with(other));
        skipped.retain(|file| !is_other(Path::new(&file.path)));
        let (files, beside): (Vec<_>, Vec<_>) =
            files.into_iter().filter(|path| !is_other(path)).partition(|path| path.starts_with(&self.part));
        skipped.extend(beside.iter().map(|path| Skipped::new(path, Reason::Stray)));
        (files, skipped)
    }

    /// The pictures that have a class, where some have none and are few.
    pub fn classified(&self, files: Vec<PathBuf>, mut skipped: Vec<Skipped>) -> (Vec<PathBuf>, Vec<Skipped>) {
        if !self.has_strays {
            return (files, skipped);
        }
        let (strays, files): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|path| path.parent() == Some(&self.root));
        skipped.extend(strays.iter().map(|path| Skipped::new(path, Reason::Stray)));
        (files, skipped)
    }

    /// The name of the class that a picture has; none for a picture in no class's folder.
    pub fn class(&self, path: &Path) -> Option<String> {
        let mut parts = path.strip_prefix(&self.root).ok()?.components();
        let first = parts.next()?.as_os_str().to_string_lossy().into_owned();
        parts.next().map(|_| first)
    }

    /// Which of several splits is read, in a sentence, where there are several.
    pub fn split_note(&self) -> Option<String> {
        let others: Vec<String> = self.others.iter().map(|other| other.display().to_string()).collect();
        let part = self.part.display();
        (!others.is_empty()).then(|| format!("{part} is read; {} is another part", others.join(" or ")))
    }

    /// What the folders are taken for, a sentence each, where a person may have meant something else.
    pub fn class_notes(&self, has_classes: bool) -> Vec<String> {
        let mut notes = Vec::new();
        let root = self.root.display();
        let pictures = |count: usize| match count {
            1 => "1 picture".to_owned(),
            count => format!("{} pictures", thousands(count as u64)),
        };
        if has_classes && self.root != self.part {
            notes.push(format!("the classes are the folders in {root}"));
        }
        match &self.smallest {
            Some(_) if has_classes && self.has_strays => {
                let (beside, is) = (pictures(self.beside), if self.beside == 1 { "is" } else { "are" });
                notes.push(format!("{beside} beside the classes' folders {is} left out"));
            }
            Some((name, count)) if !has_classes && self.beside > 0 => {
                let beside = pictures(self.beside);
                let lie = if self.beside == 1 { "lies" } else { "lie" };
                notes.push(format!(
                    "there are no classes: {beside} {lie} beside the folders in {root}, and {name} has only {count}"
                ));
            }
            _ => {}
        }
        notes
    }
}

/// What lies in a folder.
struct FolderLevel<'a> {
    /// Pictures that lie in it directly.
    beside: usize,
    /// Its sub-folders with pictures, and how many each has.
    folders: BTreeMap<&'a OsStr, usize>,
}

impl<'a> FolderLevel<'a> {
    fn of(root: &Path, files: &'a [PathBuf]) -> Self {
        let mut level = Self { beside: 0, folders: BTreeMap::new() };
        for path in files {
            let Ok(path) = path.strip_prefix(root) else { continue };
            let mut parts = path.components();
            match (parts.next(), parts.next()) {
                (Some(folder), Some(_)) => *level.folders.entry(folder.as_os_str()).or_default() += 1,
                _ => level.beside += 1,
            }
        }
        level
    }
}

/// The first folder from `root` on that has not just one folder in it.
fn descend(root: &Path, files: &[PathBuf]) -> PathBuf {
    let mut root = root.to_owned();
    loop {
        let FolderLevel { beside, folders } = FolderLevel::of(&root, files);
        match folders.first_key_value() {
            Some((only, _)) if beside == 0 && folders.len() == 1 => root.push(only),
            _ => return root,
        }
    }
}

/// The folder of a split in `root` and those of others, where that is what all its folders are.
fn training_part(root: &Path, split: Split, files: &[PathBuf]) -> Option<(PathBuf, Vec<PathBuf>)> {
    let FolderLevel { beside, folders } = FolderLevel::of(root, files);
    let place =
        |names: &[&str], name: &OsStr| names.iter().position(|known| name.eq_ignore_ascii_case(known));
    let (train, mut test): (Vec<&OsStr>, Vec<&OsStr>) =
        folders.keys().partition(|name| place(&TRAIN, name).is_some());
    let is_test = |name: &&OsStr| place(&TEST, name).is_some();
    let is_few = folders.values().all(|count| beside < *count);
    if train.len() != 1 || test.is_empty() || !test.iter().all(is_test) || !is_few {
        return None;
    }
    test.sort_by_key(|name| place(&TEST, name));
    let mut parts: Vec<PathBuf> = train.iter().chain(&test).map(|name| root.join(name)).collect();
    let part = parts.remove(if split == Split::Train { 0 } else { 1 });
    Some((part, parts))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(|name| Path::new("x").join(name)).collect()
    }

    /// What is read of pictures with these paths.
    #[derive(Debug, PartialEq)]
    struct Reading {
        /// Those of the split.
        files: Vec<PathBuf>,
        /// Those of them that have a class, where some have none and are few.
        used: Vec<PathBuf>,
        classes: Vec<String>,
        notes: Vec<String>,
    }

    fn read(split: Split, names: &[&str]) -> Option<Reading> {
        let layout = FolderLayout::of(Path::new("x"), split, &paths(names))?;
        let (files, skipped) = layout.split(paths(names), Vec::new());
        let (used, _) = layout.classified(files.clone(), skipped);
        let classes: Option<Vec<String>> = used.iter().map(|path| layout.class(path)).collect();
        let mut classes = classes.unwrap_or_default();
        classes.dedup();
        let has_classes = classes.len() > 1;
        let classes = if has_classes { classes } else { Vec::new() };
        let notes = layout.split_note().into_iter().chain(layout.class_notes(has_classes)).collect();
        Some(Reading { files, used, classes, notes })
    }

    #[test]
    fn parts_are_known_by_their_names_in_any_case() {
        let names = ["Train/cat/0", "Train/dog/0", "VAL/cat/0", "VAL/dog/0"];
        let Reading { files, used, classes, notes } = read(Split::Train, &names).unwrap();
        assert_eq!((&files, &used), (&paths(&names[..2]), &paths(&names[..2])));
        assert_eq!(classes, ["cat", "dog"]);
        assert_eq!(notes, ["x/Train is read; x/VAL is another part"]);
        let Reading { files, classes, notes, .. } = read(Split::Test, &names).unwrap();
        assert_eq!((files, classes), (paths(&names[2..]), vec!["cat".into(), "dog".into()]));
        assert_eq!(notes, ["x/VAL is read; x/Train is another part"]);
        // Pictures alone are no classes.
        let Reading { files, classes, .. } =
            read(Split::Train, &["train/0", "train/1", "validation/0"]).unwrap();
        assert_eq!((files.len(), classes.len()), (2, 0));
    }

    #[test]
    fn of_several_parts_test_is_the_test_split() {
        let names = ["testing/0", "training/a/0", "training/b/0", "valid/0"];
        let Reading { files, notes, .. } = read(Split::Test, &names).unwrap();
        assert_eq!(files, paths(&names[..1]));
        assert_eq!(notes, ["x/testing is read; x/training or x/valid is another part"]);
        let Reading { classes, notes, .. } = read(Split::Train, &names).unwrap();
        assert_eq!(classes, ["a", "b"]);
        assert_eq!(notes, ["x/training is read; x/testing or x/valid is another part"]);
    }

    #[test]
    fn other_folders_and_names_make_no_parts() {
        for names in [
            &["train/0", "val/0", "cat/0"][..],
            &["val/0", "test/0"],
            &["train/0", "training/0", "val/0"],
            &["train/0", "trains/0"],
            &["cat/train/0", "cat/val/0", "dog/train/0", "dog/val/0"],
        ] {
            assert_eq!(read(Split::Test, names), None, "{names:?}");
            let Reading { files, used, classes, notes } = read(Split::Train, names).unwrap();
            assert_eq!((files, used, notes), (paths(names), paths(names), vec![]));
            assert!(classes.len() > 1, "{names:?}");
        }
        assert_eq!(read(Split::Test, &["0", "1"]), None);
    }

    #[test]
    fn pictures_beside_classes_are_left_out_where_they_are_fewer_than_in_any() {
        let names = ["0", "cat/0", "cat/1", "dog/0", "dog/1", "dog/deep/2"];
        let Reading { files, used, classes, notes } = read(Split::Train, &names).unwrap();
        assert_eq!((files, used), (paths(&names), paths(&names[1..])));
        assert_eq!(classes, ["cat", "dog"]);
        assert_eq!(notes, ["1 picture beside the classes' folders is left out"]);
        let names = ["0", "1", "cat/0", "cat/1", "dog/0", "dog/1", "dog/2"];
        let Reading { used, classes, notes, .. } = read(Split::Train, &names).unwrap();
        assert_eq!((used.len(), classes.len()), (7, 0));
        let note = "there are no classes: 2 pictures lie beside the folders in x, and cat has only 2";
        assert_eq!(notes, [note]);
        // One folder is no class, whatever lies beside.
        let Reading { used, notes, .. } = read(Split::Train, &["0", "cat/0", "cat/1"]).unwrap();
        assert_eq!((used.len(), notes.len()), (3, 0));
    }

    #[test]
    fn pictures_beside_parts_belong_to_none() {
        let names = ["0", "train/a/0", "train/a/1", "train/b/0", "val/0", "val/1"];
        let Reading { files, classes, notes, .. } = read(Split::Train, &names).unwrap();
        assert_eq!((files, classes.len()), (paths(&names[1..4]), 2));
        assert_eq!(notes, ["x/train is read; x/val is another part"]);
        let layout = FolderLayout::of(Path::new("x"), Split::Train, &paths(&names)).unwrap();
        let page = Skipped::new(Path::new("x/val/README"), Reason::NoPicture);
        let (_, skipped) = layout.split(paths(&names), vec![page]);
        assert_eq!(skipped, [Skipped::new(&Path::new("x").join("0"), Reason::Stray)]);
        let many = ["0", "1", "train/0", "train/1", "val/0", "val/1"];
        let Reading { files, classes, notes, .. } = read(Split::Train, &many).unwrap();
        assert_eq!((files.len(), classes.len(), notes.len()), (6, 0, 1));
    }

    #[test]
    fn single_folders_lead_to_the_classes() {
        let names = ["pets/pets/cats/0", "pets/pets/dogs/0"];
        let Reading { classes, notes, .. } = read(Split::Train, &names).unwrap();
        assert_eq!(classes, ["cats", "dogs"]);
        assert_eq!(notes, ["the classes are the folders in x/pets/pets"]);
        let names = ["pets/train/pets/cats/0", "pets/train/pets/dogs/0", "pets/test/cats/0"];
        let Reading { files, classes, notes, .. } = read(Split::Train, &names).unwrap();
        assert_eq!((files.len(), classes), (2, vec!["cats".into(), "dogs".into()]));
        assert_eq!(
            notes,
            [
                "x/pets/train is read; x/pets/test is another part",
                "the classes are the folders in x/pets/train/pets"
            ]
        );
        // Where they lead to pictures only, there is nothing to say.
        let Reading { used, classes, notes, .. } = read(Split::Train, &["pets/a/0", "pets/a/1"]).unwrap();
        assert_eq!((used.len(), classes.len(), notes.len()), (2, 0, 0));
        // With pictures beside them they are not passed through.
        let Reading { classes, notes, .. } =
            read(Split::Train, &["0", "pets/cats/0", "pets/dogs/0"]).unwrap();
        assert_eq!((classes.len(), notes.len()), (0, 0));
    }
}
