//! What a loader found and used: the answer of `autogan data check`, and what a run says when it begins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{DataError, ImageSet, Reason, Skipped, Split};
use crate::arch::words::thousands;
use crate::input::shown;

/// The sizes of the used images before cropping and resizing, `[width, height]` in pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// The one with the fewest pixels.
    pub smallest: [u32; 2],
    /// The one with the most pixels.
    pub largest: [u32; 2],
    /// The one most images have.
    pub most_common: [u32; 2],
    /// How many images have it.
    pub most_common_count: usize,
}

impl Sizes {
    /// Sums up the sizes of all used images; `None` without any.
    pub(super) fn of(sizes: impl IntoIterator<Item = [u32; 2]>) -> Option<Self> {
        let mut counts = BTreeMap::new();
        for size in sizes {
            *counts.entry(size).or_insert(0) += 1;
        }
        let area = |size: &[u32; 2]| u64::from(size[0]) * u64::from(size[1]);
        let (most_common, most_common_count) = counts.iter().max_by_key(|(_, count)| **count)?;
        Some(Self {
            smallest: *counts.keys().min_by_key(|size| area(size))?,
            largest: *counts.keys().max_by_key(|size| area(size))?,
            most_common: *most_common,
            most_common_count: *most_common_count,
        })
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |[width, height]: [u32; 2]| format!("{width} x {height}");
        let [smallest, largest, common] = [self.smallest, self.largest, self.most_common].map(words);
        if smallest == largest {
            return write!(f, "all {smallest}");
        }
        write!(f, "from {smallest} to {largest}")?;
        // Where all differ, none is the most frequent.
        match self.most_common_count {
            0 | 1 => Ok(()),
            count => write!(f, ", most often {common} ({} images)", thousands(count as u64)),
        }
    }
}

/// Classes that are listed for people: as many as CIFAR-100 has. Labels may be numbers up to 65,535.
const LISTED_CLASSES: usize = 100;

/// A class and how many images it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCount {
    /// The class's name.
    pub name: String,
    /// Its number of images.
    pub count: usize,
}

/// How many images of a source are used, and why the others are not. As text it is the one sentence on that:
/// `autogan data check`, the window's form, a run's beginning, its folder and `autogan score` say it alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageCounts {
    /// The source as the user wrote it.
    pub source: String,
    /// Images, or in a folder files, that the source holds.
    pub found: usize,
    /// Images that are used.
    pub used: usize,
    /// How many are left out for each reason, the most frequent first.
    pub left_out: Vec<LeftOutCount>,
    /// What else the user should know, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How many are left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutCount {
    /// The reason.
    pub reason: Reason,
    /// How many files or folders, at least 1.
    pub count: usize,
    /// The path of the first, fit for a message.
    pub first: String,
}

impl ImageCounts {
    pub(super) fn new(source: &str, found: usize, used: usize, skipped: &[Skipped]) -> Self {
        let mut left_out: BTreeMap<Reason, LeftOutCount> = BTreeMap::new();
        for Skipped { path, kind, .. } in skipped {
            let none = || LeftOutCount { reason: *kind, count: 0, first: shown(path) };
            left_out.entry(*kind).or_insert_with(none).count += 1;
        }
        let mut left_out: Vec<LeftOutCount> = left_out.into_values().collect();
        // Equal ones stay in the order of the list of reasons.
        left_out.sort_by_key(|of| std::cmp::Reverse(of.count));
        Self { source: source.to_owned(), found, used, left_out, notes: Vec::new() }
    }

    /// The error of a source at `path` without a usable image.
    pub(super) fn no_images(&self, path: &Path) -> DataError {
        let why = if self.found == 0 { "the folder is empty".into() } else { self.to_string() };
        DataError::NoImages { path: path.into(), why }
    }

    /// What is to be said of the images, in lines: the sentence on how many are used, then the notes.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        std::iter::once(format!("Images: {self}"))
            .chain(self.notes.iter().map(|note| format!("Images: {note}")))
    }

    /// How many files or folders are left out.
    pub fn left_out(&self) -> usize {
        self.left_out.iter().map(|of| of.count).sum()
    }
}

impl fmt::Display for ImageCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let are = |count: usize| {
            let verb = if count == 1 { "is" } else { "are" };
            format!("{} {verb}", thousands(count as u64))
        };
        let (found, left_out) = (thousands(self.found as u64), self.left_out());
        let verb = if self.used == 1 { "is" } else { "are" };
        write!(f, "{} of {found} found {verb} used", thousands(self.used as u64))?;
        let beyond = self.found.saturating_sub(self.used + left_out);
        if beyond > 0 {
            write!(f, ", {} beyond data.limit", are(beyond))?;
        }
        if left_out > 0 {
            write!(f, ", {} left out", are(left_out))?;
        }
        for (place, LeftOutCount { reason, count, first }) in self.left_out.iter().enumerate() {
            let before = if place == 0 { ": " } else { "; " };
            let example = if *count == 1 { "" } else { "the first: " };
            let (count, words) = (thousands(*count as u64), reason.words());
            write!(f, "{before}{count} {words} ({example}{first})")?;
        }
        Ok(())
    }
}

/// What was found in a source, what is used and what is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The source as the user wrote it.
    pub source: String,
    /// Which part of it.
    pub split: Split,
    /// The side in pixels that images were brought to.
    pub side: usize,
    /// Images, or in a folder files, that the source holds.
    pub found: usize,
    /// Images in the set.
    pub used: usize,
    /// Every file of a folder that is left out.
    pub skipped: Vec<Skipped>,
    /// Sizes before cropping and resizing; `None` without images.
    pub sizes: Option<Sizes>,
    /// The classes; empty for an unlabelled set.
    pub classes: Vec<ClassCount>,
    /// Bytes that the set takes in memory.
    pub bytes: usize,
    /// What else the user should know, a sentence each.
    pub notes: Vec<String>,
}

impl Report {
    /// How many are used, and why the others are not.
    pub fn counts(&self) -> ImageCounts {
        let Self { source, found, used, skipped, notes, .. } = self;
        ImageCounts { notes: notes.clone(), ..ImageCounts::new(source, *found, *used, skipped) }
    }

    /// The first classes, each with the number of its images, and how many more there are.
    pub fn listed_classes(&self) -> Vec<String> {
        let each = |class: &ClassCount| format!("{} ({})", class.name, thousands(class.count as u64));
        let mut listed: Vec<String> = self.classes.iter().take(LISTED_CLASSES).map(each).collect();
        if let more @ 1.. = self.classes.len().saturating_sub(LISTED_CLASSES) {
            listed.push(format!("and {} more", thousands(more as u64)));
        }
        listed
    }

    /// Refuses a folder of which pictures are left out that cannot be read, where to do so would change what is
    /// measured.
    ///
    /// # Errors
    /// How many they are, and the first of them.
    pub fn check_complete(&self) -> Result<(), DataError> {
        let wrong = self.skipped.iter().filter(|skipped| !skipped.kind.is_harmless());
        let wrong = wrong.map(|skipped| (skipped.path.clone(), skipped.reason.clone())).collect();
        DataError::not_images(self.found, wrong).map_or(Ok(()), Err)
    }

    /// The report on a set of images that had these sizes, `[width, height]`.
    pub(super) fn of(
        set: &ImageSet,
        split: Split,
        found: usize,
        sizes: impl IntoIterator<Item = [u32; 2]>,
    ) -> Self {
        let mut counts = vec![0; set.classes().len()];
        for &label in set.labels().into_iter().flatten() {
            counts[usize::from(label)] += 1;
        }
        let classes = set.classes().iter().zip(counts);
        Self {
            source: set.name().into(),
            split,
            side: set.side(),
            found,
            used: set.len(),
            skipped: Vec::new(),
            sizes: Sizes::of(sizes),
            classes: classes.map(|(name, count)| ClassCount { name: name.clone(), count }).collect(),
            bytes: set.bytes(),
            notes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sizes_go_by_area_and_count() {
        let sizes = Sizes::of([[8, 8], [100, 2], [9, 9], [9, 9]]).unwrap();
        assert_eq!(sizes.smallest, [8, 8]);
        assert_eq!(sizes.largest, [100, 2]);
        assert_eq!((sizes.most_common, sizes.most_common_count), ([9, 9], 2));
        assert_eq!(sizes.to_string(), "from 8 x 8 to 100 x 2, most often 9 x 9 (2 images)");
        assert_eq!(Sizes::of([[8, 8], [9, 9]]).unwrap().to_string(), "from 8 x 8 to 9 x 9");
        assert_eq!(Sizes::of([[8, 9]; 3]).unwrap().to_string(), "all 8 x 9");
        assert_eq!(Sizes::of([]), None);
    }

    #[test]
    fn of_sixty_thousand_classes_the_first_are_listed() {
        let set = ImageSet::new("x", 1, vec![0; 3], None, vec![]).unwrap();
        let class = |number: usize| ClassCount { name: number.to_string(), count: 1_000 };
        let mut report = Report::of(&set, Split::Train, 1, [[1, 1]]);
        report.classes = (0..100).map(class).collect();
        let listed = report.listed_classes();
        assert_eq!((listed.len(), &*listed[99]), (100, "99 (1,000)"));
        report.classes = (0..60_001).map(class).collect();
        let listed = report.listed_classes();
        assert_eq!((listed.len(), &*listed[100]), (101, "and 59,901 more"));
    }

    fn skipped(path: &str, reason: Reason) -> Skipped {
        Skipped::new(std::path::Path::new(path), reason)
    }

    #[test]
    fn what_is_used_and_left_out_is_one_sentence() {
        let set = ImageSet::new("x", 1, vec![0; 60], None, vec![]).unwrap();
        let mut report = Report::of(&set, Split::Train, 20, [[1, 1]; 20]);
        assert_eq!(report.counts().to_string(), "20 of 20 found are used");
        report.found = 21;
        report.skipped = vec![skipped("x/.DS_Store", Reason::Hidden)];
        assert_eq!(
            report.counts().to_string(),
            "20 of 21 found are used, 1 is left out: 1 hidden, or kept there by a system or a notebook (x/.DS_Store)"
        );
        report.found = 6_000;
        report.skipped.insert(0, skipped("x/a.heic", Reason::Heic));
        report.skipped.extend(["x/b.jpg", "x/c.jpg"].map(|path| skipped(path, Reason::CutOff)));
        report.notes = vec!["a note".to_owned()];
        let counts = report.counts();
        assert_eq!(
            counts.to_string(),
            "20 of 6,000 found are used, 5,976 are beyond data.limit, 4 are left out: \
             2 cut off: its data ends before the picture does (the first: x/b.jpg); \
             1 hidden, or kept there by a system or a notebook (x/.DS_Store); \
             1 HEIC, which is not read: convert it to JPEG or PNG (x/a.heic)"
        );
        assert_eq!((counts.left_out(), &counts.notes), (4, &report.notes));
        let lines: Vec<String> = counts.lines().collect();
        assert_eq!(lines, [format!("Images: {counts}"), "Images: a note".to_owned()]);
    }

    #[test]
    fn a_name_that_moves_the_cursor_is_said_in_letters() {
        let counts = ImageCounts::new("x", 1, 0, &[skipped("x/bad\u{1b}[5m\n.png", Reason::Empty)]);
        assert_eq!(
            counts.to_string(),
            "0 of 1 found are used, 1 is left out: 1 empty (x/bad\\u{1b}[5m\\n.png)"
        );
        let file = skipped("x/\u{202e}gnp.exe", Reason::Empty);
        assert_eq!(file.to_string(), "x/\\u{202e}gnp.exe: empty");
    }

    /// A run's log keeps them for ever.
    #[test]
    fn counts_have_a_form_in_json_that_stays() {
        let counts = ImageCounts::new("x", 2, 1, &[skipped("x/a.jpg", Reason::CutOff)]);
        let text = r#"{"source":"x","found":2,"used":1,"left_out":[{"reason":"cut_off","count":1,"first":"x/a.jpg"}]}"#;
        assert_eq!(serde_json::to_string(&counts).unwrap(), text);
        assert_eq!(serde_json::from_str::<ImageCounts>(text).unwrap(), counts);
    }

    #[test]
    fn a_report_survives_json() {
        let set =
            ImageSet::new("x", 1, vec![0; 9], Some(vec![1, 1, 0]), vec!["a".into(), "b".into()]).unwrap();
        let mut report = Report::of(&set, Split::Train, 4, [[5, 5]; 3]);
        report.skipped.push(skipped("a/b.txt", Reason::NoPicture));
        assert_eq!(report.classes[1], ClassCount { name: "b".into(), count: 2 });
        let text = serde_json::to_string(&report).unwrap();
        assert!(
            text.contains(
                r#"{"path":"a/b.txt","kind":"no_picture","reason":"no picture by name or content"}"#
            )
        );
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}
