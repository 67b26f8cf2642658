//! Named tensors in files that other programs wrote: PyTorch's `.pth`, NumPy's `.npz` and
//! safetensors.
//!
//! Everything comes out as plain values; this module knows no tensor library and nothing of the rest of the
//! program. The files come from anywhere, so nothing in them is trusted: no code in them is ever run, and
//! every declared size is checked against a limit and against what the file holds before memory is taken.

mod archive;
mod limits;
pub mod npz;
mod pickle;
pub mod pth;
mod safetensors;

use std::collections::BTreeMap;
use std::io;

pub(crate) use self::archive::Archive;
pub(crate) use self::npz::NpyHeader;
pub use self::safetensors::{is_safetensors, open_safetensors};
pub use limits::{MOST_HEADER, MOST_SAVED, MOST_TENSORS};
pub use npz::Moments;
pub use pth::{Limits, PthFile};

/// A tensor as plain numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Extents, outermost first; empty for a single number.
    pub shape: Vec<usize>,
    /// The values, row-major; as many as the product of the extents.
    pub values: Vec<f32>,
}

/// Tensors by their names, such as `cell1.c1.conv.weight`.
pub type NamedArrays = BTreeMap<String, Array>;

/// Why a file of another program was not read or written. The caller knows the file's name and adds it.
#[derive(Debug, thiserror::Error)]
pub enum TensorsError {
    /// The operating system refused.
    #[error("the file could not be read or written ({0}); check that it is there and that the disk has room")]
    Io(#[from] io::Error),
    /// It is a file of another kind.
    #[error("this is no {expected}; choose another file")]
    OtherKind {
        /// What the file should have been, for example `PyTorch file`.
        expected: &'static str,
    },
    /// The file contradicts itself or ends too early.
    #[error("the file is damaged: {0}; download it or save it again")]
    Damaged(String),
    /// The file holds or declares more than is accepted.
    #[error(
        "the file has {found} {what}, and at most {limit} are accepted; weights and statistics need far less, so check where the file comes from"
    )]
    TooLarge {
        /// What there is too much of, for example `bytes`.
        what: &'static str,
        /// How much there is, or at least how much.
        found: u64,
        /// How much is accepted.
        limit: u64,
    },
    /// The pickle refers to a function or class that no table of weights needs.
    #[error(
        "the file refers to `{0}`, which no table of weights needs; nothing of it was run. Save the weights alone, with torch.save(model.state_dict(), path)"
    )]
    Foreign(String),
    /// A legitimate content that is not read here.
    #[error("{0}; save it again in PyTorch's or NumPy's usual form")]
    Unsupported(String),
    /// The asked table is not in the file.
    #[error("the file has no table of tensors under `{key}`; it has {there}")]
    NoTable {
        /// The name asked for; empty for the file as a whole.
        key: String,
        /// The tables that there are, in words.
        there: String,
    },
    /// Numbers that cannot be a mean and a covariance.
    #[error("these are no usable statistics: {0}; compute them again")]
    Statistics(String),
}

/// The error of a file that contradicts itself.
fn damaged(what: impl Into<String>) -> TensorsError {
    TensorsError::Damaged(what.into())
}

/// The beginning of a text from a file, fit for a message.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// Checks a count or a size that the file declares.
fn within(what: &'static str, found: u64, limit: u64) -> Result<(), TensorsError> {
    if found > limit { Err(TensorsError::TooLarge { what, found, limit }) } else { Ok(()) }
}
