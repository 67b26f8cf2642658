//! The built-in pictures as a source.

use std::ops::Range;
use std::path::Path;

use crate::data::decode::Decoded;
use crate::data::reader::{
    FoundImages, ImageLabels, OwnImages, Reader, SourceKind, SourcePlace, UndecodedImage,
};
use crate::data::{DataError, LoadOptions, Split, toys};

/// The side in pixels at which they are scored; they can be drawn at any.
const SIDE: usize = 32;

/// Reads `toys`.
pub(super) struct Toys;

impl Reader for Toys {
    fn kind(&self) -> SourceKind {
        SourceKind {
            prefix: "toys",
            label: "Toys",
            about: "Small coloured pictures of ten kinds, drawn by the program",
            place: SourcePlace::Drawn,
        }
    }

    fn open(&self, _: &str, _: &Path, options: &LoadOptions) -> Result<FoundImages, DataError> {
        let &LoadOptions { split, seed, .. } = options;
        let found = match split {
            Split::Train => options.toys_count,
            Split::Test => toys::TEST,
        };
        let count = options.kept_of(found);
        toys::check_count(count)?;
        let side = if options.is_scored { SIDE } else { options.side };
        let images = Box::new(ToyImages { left: 0..count, split, side, seed });
        Ok(FoundImages { found, count, all_usable: true, skipped: Vec::new(), notes: Vec::new(), images })
    }
}

/// Pictures that are drawn when they are decoded.
struct ToyImages {
    left: Range<usize>,
    split: Split,
    side: usize,
    seed: u64,
}

impl Iterator for ToyImages {
    type Item = Result<UndecodedImage, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.left.next()?;
        let &mut Self { split, side, seed, .. } = self;
        let size = [side as u32; 2];
        let decode = move || Ok(Decoded { pixels: toys::toy(split, index, side, seed), size });
        Some(Ok(UndecodedImage::Data { bytes: 0, decode: Box::new(decode) }))
    }
}

impl OwnImages for ToyImages {
    fn labels(self: Box<Self>, used: &[usize]) -> ImageLabels {
        let labels = used.iter().map(|&index| toys::label(index)).collect();
        let classes = toys::CLASSES.map(String::from).into();
        ImageLabels { labels: Some(labels), classes, ..ImageLabels::default() }
    }
}
