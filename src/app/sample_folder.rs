//! A folder of numbered images: what may lie there before, and how images come into it all together.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::data::is_of_a_system;
use crate::export::{LatentRecipe, PictureRecipe};
use crate::input;
use crate::run::write_file;

/// Largest file that is looked into for its recipe, in bytes: an image has 256 x 256 pixels at most.
const MOST_BYTES: u64 = 16 << 20;

/// A folder that images are to go to.
#[derive(Debug)]
pub struct SampleFolder {
    dir: PathBuf,
    replace: bool,
    /// What lay there when it was opened.
    found: Found,
}

/// What lies in a folder, hidden files and those of systems aside.
#[derive(Debug, Default, PartialEq)]
struct Found {
    /// Images that were written by [`SampleFolder::write`], by their names.
    samples: Vec<OsString>,
    /// All else.
    others: Vec<OsString>,
}

impl SampleFolder {
    /// Looks whether images may go to `dir`, which need not be there: it must be empty or, to `replace` them, may
    /// hold images of earlier calls. Other files stay where they are then; one with the name of such an image is
    /// refused. Nothing is written yet.
    ///
    /// # Errors
    ///
    /// If it is no folder, cannot be read, or something lies there.
    pub fn open(dir: &Path, replace: bool) -> anyhow::Result<Self> {
        Ok(Self { dir: dir.to_owned(), replace, found: allowed(dir, replace)? })
    }

    /// How many other files stay in the folder, in a sentence; none where there are none.
    pub fn note(&self) -> Option<String> {
        let others = &self.found.others;
        let first = others.first()?.display();
        let (dir, count) = (self.dir.display(), others.len());
        Some(match count {
            1 => format!("{first} in {dir} is no sample and stays as it is"),
            _ => format!(
                "{count} other files in {dir} are no samples and stay as they are (the first: {first})"
            ),
        })
    }

    /// Writes the PNG files `images`, each under its number, `000000.png` and so on, in place of the images of
    /// earlier calls. They are all written to the disk before the first of these is moved: an error leaves the
    /// folder as it was, and a killed process leaves old and new ones in it or in hidden folders within it
    /// (`.autogan-….tmp`).
    ///
    /// # Errors
    ///
    /// If the folder cannot be made or written to, or something has come into it since it was opened.
    pub fn write(&self, images: impl Iterator<Item = Vec<u8>>) -> anyhow::Result<()> {
        let dir = self.dir.display();
        let is_new = !self.dir.exists();
        fs::create_dir_all(&self.dir)
            .with_context(|| format!("the folder {dir} cannot be made; choose another one"))?;
        let written = self.fill(images);
        if written.is_err() && is_new {
            // Only an empty one is deleted.
            let _ = fs::remove_dir(&self.dir);
        }
        written
    }

    fn fill(&self, images: impl Iterator<Item = Vec<u8>>) -> anyhow::Result<()> {
        let (old, new) = (self.scratch()?, self.scratch()?);
        let mut names = Vec::new();
        for (number, png) in images.enumerate() {
            let name = OsString::from(file_name(number));
            write_file(&new.path().join(&name), &png)?;
            names.push(name);
        }
        // What has come meanwhile is nobody's to replace.
        let found = allowed(&self.dir, self.replace)?;
        let leaving = found.samples.iter().map(|name| (self.dir.join(name), old.path().join(name)));
        let coming = names.iter().map(|name| (new.path().join(name), self.dir.join(name)));
        let moves: Vec<(PathBuf, PathBuf)> = leaving.chain(coming).collect();
        if let Err(Stuck { reason, undone }) = move_all(&moves) {
            let dir = self.dir.display();
            if undone {
                bail!("the images could not be moved into {dir} ({reason}), which is as it was; try again");
            }
            let (old, new) = (old.keep(), new.keep());
            bail!(
                "the images could not be moved into {dir} ({reason}); those that were there are there or in {}, \
                 and the new ones in {}",
                old.display(),
                new.display()
            );
        }
        Ok(())
    }

    /// A hidden folder in the folder, which goes when the value is dropped.
    fn scratch(&self) -> anyhow::Result<TempDir> {
        let made = tempfile::Builder::new().prefix(".autogan-").suffix(".tmp").tempdir_in(&self.dir);
        made.with_context(|| {
            format!(
                "nothing can be written to {}; get the rights to it, or choose another folder",
                self.dir.display()
            )
        })
    }
}

/// The name of an image.
fn file_name(number: usize) -> String {
    format!("{number:06}.png")
}

/// What lies in `dir`.
///
/// # Errors
///
/// If that forbids to write images there.
fn allowed(dir: &Path, replace: bool) -> anyhow::Result<Found> {
    let found = look(dir).with_context(|| {
        format!("{} cannot be used as a folder for images; choose another one with --out", dir.display())
    })?;
    let shown = dir.display();
    if !replace && let Some(first) = found.samples.first().or(found.others.first()) {
        let first = first.display();
        let lies = match found.samples.len() + found.others.len() {
            1 => format!("{first} lies there"),
            all => format!("{first} and {} more lie there", all - 1),
        };
        let remedy = match found.samples.len() {
            0 => "",
            _ => ", or replace the samples of an earlier call with --force",
        };
        bail!(
            "{shown} is not empty ({lies}), and nothing was written; choose a new or empty folder with --out{remedy}"
        );
    }
    if let Some(name) = found.others.iter().find(|name| number(name).is_some()) {
        bail!(
            "{} has the name of a sample and was not written by autogan sample, so nothing was written; move it, or \
             choose another folder with --out",
            dir.join(name).display()
        );
    }
    Ok(found)
}

fn look(dir: &Path) -> io::Result<Found> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::default()),
        entries => entries?,
    };
    let mut found = Found::default();
    for entry in entries {
        let name = entry?.file_name();
        if is_of_a_system(&name) {
            continue;
        }
        let list = if is_sample(dir, &name) { &mut found.samples } else { &mut found.others };
        list.push(name);
    }
    found.samples.sort();
    found.others.sort();
    Ok(found)
}

/// The number that a file's name stands for; none where it is not one of those that images get.
fn number(name: &OsStr) -> Option<usize> {
    let text = name.to_str()?;
    let number = text.strip_suffix(".png")?.parse().ok()?;
    (file_name(number) == text).then_some(number)
}

/// Whether a file is an image that was written here: it has a number for a name, and its recipe the same one.
fn is_sample(dir: &Path, name: &OsStr) -> bool {
    let path = dir.join(name);
    let Some(number) = number(name) else { return false };
    // A link leads to what is somebody else's.
    if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let recipe =
        input::read(&path, MOST_BYTES).ok().and_then(|bytes| PictureRecipe::of_png(&bytes).ok().flatten());
    recipe.is_some_and(|recipe| match recipe.latents {
        LatentRecipe::Seed { first, count, .. } | LatentRecipe::File { first, count, .. } => {
            (first, count) == (number as u64, 1)
        }
        _ => false,
    })
}

/// Why files could not be moved, and whether those that were are back in their places.
#[derive(Debug)]
struct Stuck {
    reason: io::Error,
    undone: bool,
}

/// Gives files other names, in this order: all of them, or none.
fn move_all(moves: &[(PathBuf, PathBuf)]) -> Result<(), Stuck> {
    for (place, (from, to)) in moves.iter().enumerate() {
        if let Err(reason) = fs::rename(from, to) {
            let stays = |(from, to): &&(PathBuf, PathBuf)| fs::rename(to, from).is_err();
            // Each of them, even where one of them fails.
            let undone = moves[..place].iter().rev().filter(stays).count() == 0;
            return Err(Stuck { reason, undone });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::Genotype;
    use crate::export::Picture;

    /// An image as the command makes it.
    fn png(seed: u64, number: usize) -> Vec<u8> {
        let latents = LatentRecipe::Seed { seed, first: number as u64, count: 1 };
        let recipe = PictureRecipe::new(&Genotype::autogan_a(), latents);
        Picture::grid(&[0.0; 12], 2, 1).png_with(&recipe)
    }

    fn pngs(seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
        (0..count).map(move |number| png(seed, number))
    }

    fn write(dir: &Path, replace: bool, seed: u64, count: usize) -> Result<Option<String>, String> {
        let folder = SampleFolder::open(dir, replace).map_err(|error| format!("{error:#}"))?;
        folder.write(pngs(seed, count)).map_err(|error| format!("{error:#}"))?;
        Ok(folder.note())
    }

    fn names(dir: &Path) -> Vec<String> {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn images_go_into_a_new_or_empty_folder_whatever_systems_keep_there() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b");
        assert_eq!(write(&dir, false, 1, 2), Ok(None));
        assert_eq!(names(&dir), ["000000.png", "000001.png"]);
        let kept = root.path().join("kept");
        fs::create_dir(&kept).unwrap();
        for name in [".DS_Store", "Thumbs.db", "desktop.ini"] {
            fs::write(kept.join(name), "x").unwrap();
        }
        assert_eq!(write(&kept, false, 1, 1), Ok(None));
        assert_eq!(names(&kept), [".DS_Store", "000000.png", "Thumbs.db", "desktop.ini"]);
    }

    #[test]
    fn a_folder_with_anything_in_it_is_refused_and_left_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("x");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("notes.txt"), "mine").unwrap();
        let said = write(&dir, false, 1, 1).unwrap_err();
        assert!(said.contains("x is not empty (notes.txt lies there)"), "{said}");
        assert!(!said.contains("--force"), "it replaces no such file: {said}");
        assert_eq!(names(&dir), ["notes.txt"]);
        fs::remove_file(dir.join("notes.txt")).unwrap();
        write(&dir, false, 1, 3).unwrap();
        let said = write(&dir, false, 2, 1).unwrap_err();
        assert!(said.contains("(000000.png and 2 more lie there)") && said.contains("--force"), "{said}");
        assert_eq!(fs::read(dir.join("000000.png")).unwrap(), png(1, 0));
        let file = root.path().join("file");
        fs::write(&file, "mine").unwrap();
        let said = write(&file, true, 1, 1).unwrap_err();
        assert!(said.contains("file cannot be used as a folder"), "{said}");
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }

    #[test]
    fn with_force_the_samples_of_an_earlier_call_are_replaced_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        write(dir, false, 1, 4).unwrap();
        fs::write(dir.join("notes.txt"), "mine").unwrap();
        fs::create_dir(dir.join("more")).unwrap();
        let note = write(dir, true, 2, 2).unwrap().unwrap();
        assert!(note.starts_with("2 other files in ") && note.ends_with("(the first: more)"), "{note}");
        // None of the older ones is left among the new ones.
        assert_eq!(names(dir), ["000000.png", "000001.png", "more", "notes.txt"]);
        for number in 0..2 {
            assert_eq!(fs::read(dir.join(file_name(number))).unwrap(), png(2, number));
        }
        assert_eq!(fs::read(dir.join("notes.txt")).unwrap(), b"mine");
    }

    #[test]
    fn strangers_with_the_name_of_a_sample_are_never_replaced() {
        let of = |latents| {
            let recipe = PictureRecipe::new(&Genotype::autogan_a(), latents);
            Picture::grid(&[0.0; 12], 2, 1).png_with(&recipe)
        };
        let strangers = [
            ("000000.png", b"not even a picture".to_vec()),
            // A run's own pictures are called by their steps.
            ("000120.png", Picture::grid(&[0.0; 12], 2, 1).png()),
            ("000003.png", of(LatentRecipe::Seed { seed: 1, first: 2, count: 1 })),
            ("000000.png", of(LatentRecipe::Seed { seed: 1, first: 0, count: 9 })),
            ("000000.png", of(LatentRecipe::Run { seed: 1, steps: vec![0] })),
        ];
        for (name, bytes) in strangers {
            let root = tempfile::tempdir().unwrap();
            fs::write(root.path().join(name), &bytes).unwrap();
            let said = write(root.path(), true, 2, 2).unwrap_err();
            assert!(said.contains(name) && said.contains("nothing was written; move it"), "{said}");
            assert_eq!(names(root.path()), [name]);
            assert_eq!(fs::read(root.path().join(name)).unwrap(), bytes);
        }
        assert_eq!(
            ["1.png", "0000001.png", "000001.PNG", "-00001.png"].map(|name| number(name.as_ref())),
            [None; 4]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_with_the_name_of_a_sample_is_a_stranger() {
        let root = tempfile::tempdir().unwrap();
        let (elsewhere, dir) = (root.path().join("elsewhere.png"), root.path().join("x"));
        fs::write(&elsewhere, png(1, 0)).unwrap();
        fs::create_dir(&dir).unwrap();
        std::os::unix::fs::symlink(&elsewhere, dir.join("000000.png")).unwrap();
        assert!(write(&dir, true, 2, 1).unwrap_err().contains("000000.png"));
        assert_eq!(fs::read(&elsewhere).unwrap(), png(1, 0));
    }

    #[test]
    fn what_comes_into_the_folder_meanwhile_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("x");
        let folder = SampleFolder::open(&dir, false).unwrap();
        let images = pngs(1, 3).inspect(|_| fs::write(dir.join("000001.png"), "mine").unwrap());
        let said = folder.write(images).unwrap_err().to_string();
        assert!(said.contains("is not empty (000001.png lies there)"), "{said}");
        assert_eq!(
            (names(&dir), fs::read(dir.join("000001.png")).unwrap()),
            (vec!["000001.png".into()], b"mine".into())
        );
    }

    #[test]
    fn a_move_that_fails_midway_leaves_every_file_in_its_place() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::write(path("old"), "old").unwrap();
        fs::write(path("new"), "new").unwrap();
        let moves = [("old", "away"), ("new", "old"), ("gone", "x")].map(|(from, to)| (path(from), path(to)));
        let Stuck { reason, undone } = move_all(&moves).unwrap_err();
        assert_eq!((reason.kind(), undone), (io::ErrorKind::NotFound, true));
        assert_eq!(names(root.path()), ["new", "old"]);
        assert_eq!(fs::read(path("old")).unwrap(), b"old");
        assert!(move_all(&moves[..2]).is_ok());
        assert_eq!(fs::read(path("old")).unwrap(), b"new");
    }
}
