//! What the folders in a folder of pictures mean: parts for training and for tests, classes, or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::folder_parts::{FolderPart, split_folders};
use crate::arch::words::thousands;
use crate::data::Split;
use crate::data::limits::MAX_CLASSES;
use crate::data::reason::{Reason, Skipped};
use crate::input::shown;

/// Folders that a note names.
const LISTED: usize = 8;

/// Which of a folder's pictures belong to a split, and which of its folders are classes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FolderLayout {
    /// The folders of the split; the named one where it has no such folders.
    parts: Vec<PathBuf>,
    /// The folders beside them.
    others: Vec<PathBuf>,
    /// The folder whose sub-folders are the classes, if any are.
    root: PathBuf,
    /// How many pictures that may be read lie beside these sub-folders.
    beside: usize,
    /// They are so few that the sub-folders are classes all the same.
    has_strays: bool,
    /// The sub-folder with the fewest of such pictures, and how many it has; none where not two have any.
    smallest: Option<(OsString, usize)>,
    /// Sub-folders that are called like parts, and yet may be classes.
    part_like: Vec<OsString>,
    /// The one sub-folder that may be what is meant, as it has folders itself, and these folders.
    inner: Option<(OsString, Vec<OsString>)>,
}

impl FolderLayout {
    /// The layout of `dir` for one split, with these pictures below it; none where it has no such split.
    pub fn of(dir: &Path, split: Split, files: &[PathBuf]) -> Option<Self> {
        let top = descend(dir, files);
        let level = FolderLevel::of(&top, files);
        let is_test = split == Split::Test;
        let (parts, others) = match level.split(is_test).or_else(|| level.split_classes(files, is_test)) {
            Some([parts, others]) => (parts, others),
            None if split == Split::Test => return None,
            None => (vec![dir.to_owned()], Vec::new()),
        };
        let root = match &parts[..] {
            [part] => descend(part, files),
            // Each is a class.
            _ => top,
        };
        let level = FolderLevel::of(&root, files);
        let inner = if parts.len() == 1 { level.inner(files) } else { None };
        let part_like =
            if others.is_empty() { FolderPart::like(level.folders.into_keys()) } else { Vec::new() };
        Some(Self { parts, others, root, beside: 0, has_strays: false, smallest: None, part_like, inner })
    }

    /// The pictures of the split, and what is left out of what lies in its folder or beside all of them.
    pub fn split(&self, files: Vec<PathBuf>, mut skipped: Vec<Skipped>) -> (Vec<PathBuf>, Vec<Skipped>) {
        if self.others.is_empty() {
            return (files, skipped);
        }
        let is_other = |path: &Path| self.others.iter().any(|other| path.starts_with(other));
        let is_read = |path: &PathBuf| self.parts.iter().any(|part| path.starts_with(part));
        skipped.retain(|file| !is_other(&file.path));
        let (files, beside): (Vec<_>, Vec<_>) =
            files.into_iter().filter(|path| !is_other(path)).partition(is_read);
        skipped.extend(beside.iter().map(|path| Skipped::new(path, Reason::Stray)));
        (files, skipped)
    }

    /// Those of the split's pictures that have a class and those that have none, where the latter are few; else all
    /// and none. What cannot be read is not among them: it makes no class.
    pub fn classified(&mut self, files: Vec<PathBuf>) -> [Vec<PathBuf>; 2] {
        let FolderLevel { beside, folders, .. } = FolderLevel::of(&self.root, &files);
        let smallest = folders.iter().min_by_key(|(_, count)| **count).filter(|_| folders.len() > 1);
        let is_few = smallest.is_some_and(|(_, count)| beside < *count);
        self.has_strays = beside > 0 && is_few && folders.len() <= MAX_CLASSES;
        self.smallest = smallest.map(|(name, count)| ((*name).to_owned(), *count));
        self.beside = beside;
        let is_classified = |path: &PathBuf| !self.has_strays || path.parent() != Some(&self.root);
        let (files, strays) = files.into_iter().partition(is_classified);
        [files, strays]
    }

    /// The folder of the class that a picture has; none for a picture in no class's folder.
    pub fn class<'a>(&self, path: &'a Path) -> Option<&'a OsStr> {
        let mut parts = path.strip_prefix(&self.root).ok()?.iter();
        let first = parts.next()?;
        parts.next().map(|_| first)
    }

    /// Which of several splits is read, in a sentence, where there are several.
    pub fn split_note(&self) -> Option<String> {
        let are = if self.parts.len() == 1 { "is" } else { "are" };
        let (parts, others) = (listed(&self.parts, "and"), listed(&self.others, "or"));
        (!self.others.is_empty()).then(|| format!("{parts} {are} read; {others} is another part"))
    }

    /// What the folders are taken for, a sentence each, where a person may have meant something else.
    pub fn class_notes(&self, has_classes: bool) -> Vec<String> {
        let mut notes = Vec::new();
        let root = shown(&self.root);
        let pictures = |count: usize| match count {
            1 => "1 picture".to_owned(),
            count => format!("{} pictures", thousands(count as u64)),
        };
        if has_classes && !self.parts.contains(&self.root) && self.parts.len() == 1 {
            notes.push(format!("the classes are the folders in {root}"));
        }
        if has_classes && let Some(first) = self.part_like.first() {
            let (names, are) =
                (listed(&self.part_like, "and"), if self.part_like.len() == 1 { "is" } else { "are" });
            let what = if self.part_like.len() == 1 { "a class" } else { "classes" };
            let example = shown(self.root.join(first));
            notes.push(format!(
                "{names} {are} taken for {what}; to read one part, name its folder, as {example}"
            ));
        }
        if let Some((name, folders)) = &self.inner {
            let (what, place) = (listed(folders, "and"), shown(self.root.join(name)));
            notes.push(format!(
                "{} has folders of its own ({what}); if they are the classes or parts, name their folder: {place}",
                shown(name)
            ));
        }
        match &self.smallest {
            Some(_) if has_classes && self.has_strays => {
                let (beside, is) = (pictures(self.beside), if self.beside == 1 { "is" } else { "are" });
                notes.push(format!("{beside} beside the classes' folders {is} left out"));
            }
            Some(_) if self.has_strays => {
                notes.push(format!(
                    "there are no classes: not two of the folders in {root} have usable pictures"
                ));
            }
            Some((name, count)) if !has_classes && self.beside > 0 => {
                let (beside, name) = (pictures(self.beside), shown(name));
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

/// The first of these names: `a, b or c`, or `a, b and 3 more`.
fn listed(names: &[impl AsRef<OsStr>], or: &str) -> String {
    let mut texts: Vec<String> = names.iter().take(LISTED).map(shown).collect();
    if let more @ 1.. = names.len().saturating_sub(LISTED) {
        return format!("{} and {more} more", texts.join(", "));
    }
    match texts.pop() {
        Some(last) if !texts.is_empty() => format!("{} {or} {last}", texts.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// What lies in a folder.
struct FolderLevel<'a> {
    root: &'a Path,
    /// Pictures that lie in it directly.
    beside: usize,
    /// Its sub-folders with pictures, and how many each has.
    folders: BTreeMap<&'a OsStr, usize>,
}

impl<'a> FolderLevel<'a> {
    fn of(root: &'a Path, files: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        let mut level = Self { root, beside: 0, folders: BTreeMap::new() };
        for path in files {
            let Ok(path) = path.strip_prefix(root) else { continue };
            let mut parts = path.iter();
            match (parts.next(), parts.next()) {
                (Some(folder), Some(_)) => *level.folders.entry(folder).or_default() += 1,
                _ => level.beside += 1,
            }
        }
        level
    }

    /// Its folders of a split, and the others.
    fn split(&self, is_test: bool) -> Option<[Vec<PathBuf>; 2]> {
        let split = split_folders(&self.folders, self.beside, is_test)?;
        Some(split.map(|names| names.into_iter().map(|name| self.root.join(name)).collect()))
    }

    /// The one of its folders with at least two folders in it that have pictures, and these; none where several have.
    fn inner(&self, files: &[PathBuf]) -> Option<(OsString, Vec<OsString>)> {
        let mut folders: BTreeMap<&OsStr, BTreeSet<&OsStr>> = BTreeMap::new();
        for path in files {
            let Ok(path) = path.strip_prefix(self.root) else { continue };
            let mut parts = path.iter();
            if let (Some(folder), Some(inner), Some(_)) = (parts.next(), parts.next(), parts.next()) {
                folders.entry(folder).or_default().insert(inner);
            }
        }
        let mut having = folders.into_iter().filter(|(_, inner)| inner.len() > 1);
        let (name, inner) = having.next().filter(|_| having.next().is_none())?;
        Some((name.to_owned(), inner.into_iter().map(OsStr::to_owned).collect()))
    }

    /// The same one level below, where each of its folders has parts and so is a class.
    fn split_classes(&self, files: &[PathBuf], is_test: bool) -> Option<[Vec<PathBuf>; 2]> {
        if self.folders.len() < 2 || self.folders.values().any(|count| *count <= self.beside) {
            return None;
        }
        // Each file once, since there may be a thousand classes.
        let mut of_classes: BTreeMap<&OsStr, Vec<&PathBuf>> = BTreeMap::new();
        for path in files {
            let Some(name) = path.strip_prefix(self.root).ok().and_then(|path| path.iter().next()) else {
                continue;
            };
            if self.folders.contains_key(name) {
                of_classes.entry(name).or_default().push(path);
            }
        }
        let mut split = [Vec::new(), Vec::new()];
        for (name, files) in of_classes {
            let [parts, others] = FolderLevel::of(&self.root.join(name), files).split(is_test)?;
            split[0].extend(parts);
            split[1].extend(others);
        }
        Some(split)
    }
}

/// The first folder from `root` on that has not just one folder in it.
fn descend(root: &Path, files: &[PathBuf]) -> PathBuf {
    let mut folders = files.iter().filter_map(|path| path.strip_prefix(root).ok()?.parent());
    let Some(first) = folders.next() else { return root.to_owned() };
    let mut common: Vec<&OsStr> = first.iter().collect();
    for folder in folders {
        let same = common.iter().zip(folder).take_while(|(one, other)| **one == *other).count();
        common.truncate(same);
    }
    let mut root = root.to_owned();
    root.extend(common);
    root
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
        let mut layout = FolderLayout::of(Path::new("x"), split, &paths(names))?;
        let (files, _) = layout.split(paths(names), Vec::new());
        let [used, _] = layout.classified(files.clone());
        let classes: Option<Vec<String>> = used.iter().map(|path| layout.class(path).map(shown)).collect();
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
    fn what_lies_beside_parts_is_not_trained_on() {
        let names = ["extra/0", "test/a/0", "train/a/0", "train/b/0", "unlabeled/0", "val/a/0"];
        let Reading { files, classes, notes, .. } = read(Split::Train, &names).unwrap();
        assert_eq!((files, classes.len()), (paths(&names[2..4]), 2));
        assert_eq!(notes, ["x/train is read; x/test, x/val, x/extra or x/unlabeled is another part"]);
        assert_eq!(read(Split::Test, &names).unwrap().files, paths(&names[1..2]));
        // Two for training are two classes.
        let names =
            ["0", "testA/0", "testA/1", "testB/0", "testB/1", "trainA/0", "trainA/1", "trainB/0", "trainB/1"];
        let Reading { files, classes, notes, .. } = read(Split::Train, &names).unwrap();
        assert_eq!((files, classes), (paths(&names[5..]), vec!["trainA".into(), "trainB".into()]));
        assert_eq!(notes, ["x/trainA and x/trainB are read; x/testA or x/testB is another part"]);
        let layout = FolderLayout::of(Path::new("x"), Split::Test, &paths(&names)).unwrap();
        let (files, skipped) = layout.split(paths(&names), Vec::new());
        assert_eq!(
            (files, skipped),
            (paths(&names[1..5]), vec![Skipped::new(Path::new("x/0"), Reason::Stray)])
        );
    }

    #[test]
    fn classes_that_have_parts_are_read_by_their_parts() {
        let names = [
            "bottle/ground_truth/0",
            "bottle/test/bad/0",
            "bottle/test/good/0",
            "bottle/train/good/0",
            "cable/test/0",
            "cable/train/0",
            "cable/train/1",
        ];
        let Reading { files, used, classes, notes } = read(Split::Train, &names).unwrap();
        let train = paths(&["bottle/train/good/0", "cable/train/0", "cable/train/1"]);
        assert_eq!((files, used), (train.clone(), train));
        assert_eq!(classes, ["bottle", "cable"]);
        let others = "x/bottle/test, x/bottle/ground_truth or x/cable/test is another part";
        assert_eq!(notes, [format!("x/bottle/train and x/cable/train are read; {others}")]);
        let Reading { files, classes, .. } = read(Split::Test, &names).unwrap();
        assert_eq!(files, paths(&["bottle/test/bad/0", "bottle/test/good/0", "cable/test/0"]));
        assert_eq!(classes, ["bottle", "cable"]);
        // Fewer pictures beside the classes than in any belong to none.
        let strayed: Vec<&str> = ["0"].into_iter().chain(names).collect();
        assert_eq!(read(Split::Train, &strayed).unwrap().files.len(), 3);
    }

    #[test]
    fn many_parts_are_not_all_listed() {
        let names: Vec<String> = (0..20).map(|number| format!("{number:02}")).collect();
        assert_eq!(listed(&names, "or"), "00, 01, 02, 03, 04, 05, 06, 07 and 12 more");
        assert_eq!((listed(&names[..1], "or"), listed(&names[..2], "or")), ("00".into(), "00 or 01".into()));
    }

    #[cfg(unix)]
    #[test]
    fn folders_whose_names_are_no_text_are_classes_of_their_own() {
        use std::os::unix::ffi::OsStrExt as _;
        let at = |name: &[u8]| Path::new("x").join(OsStr::from_bytes(name)).join("0");
        let files = [at(b"\xe8"), at(b"\xe9"), at(b"ok")];
        let layout = FolderLayout::of(Path::new("x"), Split::Train, &files).unwrap();
        let classes: Vec<&OsStr> = files.iter().map(|path| layout.class(path).unwrap()).collect();
        assert_eq!(classes, [b"\xe8", b"\xe9", &b"ok"[..]].map(OsStr::from_bytes));
        // And parts of such a folder stay apart.
        let page = Skipped::new(
            &Path::new("x").join(OsStr::from_bytes(b"\xe9")).join("val/README"),
            Reason::NoPicture,
        );
        let inner = |name: &str| Path::new("x").join(OsStr::from_bytes(b"\xe9")).join(name);
        let files = vec![inner("train/0"), inner("val/0")];
        let layout = FolderLayout::of(Path::new("x"), Split::Train, &files).unwrap();
        assert_eq!(layout.split(files, vec![page]), (vec![inner("train/0")], Vec::new()));
    }

    #[test]
    fn other_folders_and_names_make_no_parts() {
        for names in [
            &["train/0", "car/0", "bus/0"][..],
            &["train/0", "trains/0"],
            &["cat/train/0", "cat/val/0", "dog/0"],
            &["cat/train/0", "cat/val/0", "dog/train/0", "dog/1"],
        ] {
            assert_eq!(read(Split::Test, names), None, "{names:?}");
            let Reading { files, used, classes, notes } = read(Split::Train, names).unwrap();
            assert_eq!((files, used), (paths(names), paths(names)));
            assert!(classes.len() > 1, "{names:?}");
            let inner = "cat has folders of its own (train and val); if they are the classes or parts, name their folder: x/cat";
            assert_eq!(notes, if names[0].starts_with("cat") { vec![inner] } else { vec![] });
        }
        // Where they may be parts, a note says what they are taken for.
        let doubtful = [
            (
                &["val/0", "test/0"][..],
                "test and val are taken for classes; to read one part, name its folder, as x/test",
            ),
            (&["cat/0", "dev/0"], "dev is taken for a class; to read one part, name its folder, as x/dev"),
            (
                &["train/0", "training/0", "val/0"],
                "train, training and val are taken for classes; to read one part, name its folder, as x/train",
            ),
        ];
        for (names, note) in doubtful {
            assert_eq!(read(Split::Test, names), None, "{names:?}");
            let Reading { files, notes, .. } = read(Split::Train, names).unwrap();
            assert_eq!((files, notes), (paths(names), vec![note.to_owned()]));
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
        // With pictures beside them they are not passed through, which is said.
        let Reading { classes, notes, .. } =
            read(Split::Train, &["0", "pets/cats/0", "pets/dogs/0"]).unwrap();
        let note = "pets has folders of its own (cats and dogs); if they are the classes or parts, name their folder: x/pets";
        assert_eq!((classes.len(), notes), (0, vec![note.to_owned()]));
    }

    #[test]
    fn folders_within_one_of_the_folders_are_named() {
        for (names, inner) in [
            (&["data/cats/0", "data/dogs/0", "outputs/0"][..], "cats and dogs"),
            (&["data/train/a/0", "data/train/b/0", "data/val/a/0", "runs/0", "runs/1"], "train and val"),
        ] {
            let Reading { classes, notes, .. } = read(Split::Train, names).unwrap();
            assert_eq!(classes.len(), 2);
            let note = format!(
                "data has folders of its own ({inner}); if they are the classes or parts, name their folder: x/data"
            );
            assert_eq!(notes, [note]);
        }
        // Classes that all have such folders are none of these.
        let names = ["animals/cat/0", "animals/dog/0", "cars/bus/0", "cars/van/0", "cars/van/1"];
        assert_eq!(read(Split::Train, &names).unwrap().notes, [""; 0]);
    }
}
