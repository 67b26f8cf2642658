//! Images in: where training images come from, how they are checked, and in which order they are used.
//!
//! [`load`] turns a [`Source`] (one of the [`READERS`] and a path) into an [`ImageSet`] of square 8-bit RGB
//! images, with a [`Report`] on everything found and skipped.
//! [`Batches`] gives the images' order as a pure function of seed and step; [`fetch`](fetch::fetch)
//! downloads the public data sets.

mod batches;
mod decode;
mod error;
pub mod fetch;
#[cfg(test)]
mod hostile;
mod limits;
mod load;
mod options;
mod reader;
mod readers;
mod reason;
mod report;
mod resize;
mod set;
mod sheet;
mod source;
mod stream;
pub mod toys;

pub use batches::Batches;
pub use decode::is_of_a_system;
pub use error::DataError;
pub use limits::{MAX_TOYS, SIDES};
pub use options::{DataConfig, LoadOptions, Loaded};
pub use reader::{Download, Reader, RemoteFile, SourceKind, SourcePlace};
pub use readers::{READERS, is_archive};
pub use reason::{Reason, Skipped};
pub use report::{ClassCount, ImageCounts, LeftOutCount, Report, Sizes};
pub use resize::Resizer;
pub use set::{ImageSet, Split};
pub use sheet::contact_sheet;
pub use source::{Source, load};
pub use stream::{Pictures, Stream};
