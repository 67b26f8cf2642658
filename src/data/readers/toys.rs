//! The built-in pictures as a source.

use std::path::Path;

use crate::data::options::{LoadOptions, Loaded};
use crate::data::reader::{Reader, SourceKind, SourcePlace};
use crate::data::{DataError, Report, Split, toys};

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

    fn native_side(&self, _: &Path, _: Split) -> Result<Option<usize>, DataError> {
        Ok(Some(32))
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
}
