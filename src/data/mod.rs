//! Images in: where training pictures come from, how they are checked, and in which order they are used.
//!
//! [`load`] turns a [`Source`] (the built-in toys, a folder, CIFAR-10, STL-10 or IDX files) into an
//! [`ImageSet`] of square 8-bit RGB images, with a [`Report`] on everything found and skipped.
//! [`Batches`] gives the images' order as a pure function of seed and step; [`fetch`](fetch::fetch)
//! downloads the public data sets.

mod batches;
mod cifar10;
mod decode;
mod error;
pub mod fetch;
mod folder;
#[cfg(test)]
mod hostile;
mod idx;
mod limits;
mod records;
mod report;
mod resize;
mod set;
mod sheet;
mod source;
mod stl10;
mod stream;
pub mod toys;
mod walk;

pub use batches::Batches;
pub use error::DataError;
pub use report::{ClassCount, Report, Sizes, Skipped};
pub use resize::Resizer;
pub use set::{ImageSet, Split};
pub use sheet::contact_sheet;
pub use source::{DataConfig, LoadOptions, Loaded, SIDES, Source, load};
pub use stream::{Pictures, Stream};
