//! The built-in pictures as a source.

use std::path::Path;

use crate::data::options::{DataConfig, LoadOptions, Loaded};
use crate::data::reader::{Reader, SourceKind, SourcePlace};
use crate::data::stream::OwnSizes;
use crate::data::{DataError, Report, Split, Stream, toys};

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

    fn load(&self, _: String, _: &Path, options: &LoadOptions) -> Result<Loaded, DataError> {
        let found = match options.split {
            Split::Train => options.toys_count,
            Split::Test => toys::TEST,
        };
        let count = options.kept_of(found);
        let set = toys::toys(options.split, count, options.side, options.seed, options.progress)?;
        let report = Report::of(&set, options.split, found, [options.side as u32; 2]);
        Ok(Loaded { set, report })
    }

    fn stream(&self, name: String, path: &Path, split: Split) -> Result<Stream, DataError> {
        let Loaded { set, report } = self.load(name, path, &DataConfig::default().options(SIDE, split))?;
        let own = OwnSizes::default();
        own.push([SIDE; 2], set.pixels());
        Ok(Stream::of_images(report.counts(), own))
    }
}
