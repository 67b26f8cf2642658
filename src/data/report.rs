//! What a loader found: the answer of `autogan data check`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ImageSet, Split};

/// One file that was not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The file.
    pub path: String,
    /// Why it was not used.
    pub reason: String,
}

impl Skipped {
    pub(super) fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self { path: path.display().to_string(), reason: reason.into() }
    }
}

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

/// A class and how many images it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCount {
    /// The class's name.
    pub name: String,
    /// Its number of images.
    pub count: usize,
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
    /// Every file of a folder that holds no usable image.
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
    /// Why files were not used and how many for each reason, the most frequent first.
    pub fn reasons(&self) -> Vec<(&str, usize)> {
        let mut counts = BTreeMap::new();
        for file in &self.skipped {
            *counts.entry(file.reason.as_str()).or_insert(0) += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        // Equal ones stay in alphabetical order.
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// The report on a set whose images all had one size, `[width, height]`.
    pub(super) fn of(set: &ImageSet, split: Split, found: usize, size: [u32; 2]) -> Self {
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
            sizes: Sizes::of((0..set.len()).map(|_| size)),
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
        assert_eq!(Sizes::of([]), None);
    }

    #[test]
    fn reasons_are_counted() {
        let set = ImageSet::new("x", 1, vec![0; 3], None, vec![]).unwrap();
        let mut report = Report::of(&set, Split::Train, 5, [1, 1]);
        assert!(report.reasons().is_empty());
        let skipped = ["cut off", "no image", "damaged", "no image"];
        report.skipped = skipped.map(|reason| Skipped::new(Path::new("a"), reason)).into();
        assert_eq!(report.reasons(), [("no image", 2), ("cut off", 1), ("damaged", 1)]);
    }

    #[test]
    fn a_report_survives_json() {
        let set =
            ImageSet::new("x", 1, vec![0; 9], Some(vec![1, 1, 0]), vec!["a".into(), "b".into()]).unwrap();
        let mut report = Report::of(&set, Split::Train, 4, [5, 5]);
        report.skipped.push(Skipped::new(Path::new("a/b.txt"), "not an image"));
        assert_eq!(report.classes[1], ClassCount { name: "b".into(), count: 2 });
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}
