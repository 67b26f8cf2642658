//! Named tensors in files that other programs wrote: PyTorch's `.pth`, NumPy's `.npz`, pickled dictionaries of arrays
//! and safetensors.
//!
//! Everything comes out as plain values; this module knows no tensor library and nothing of the rest of the
//! program. The files come from anywhere, so nothing in them is trusted: no code in them is ever run, and
//! every declared size is checked against a limit and against what the file holds before memory is taken.

mod archive;
mod file;
mod limits;
pub mod npz;
mod numbers;
mod pickle;
mod pickled;
pub mod pth;
mod safetensors;

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use crate::input::{StandIn, beginning};

pub(crate) use self::archive::Archive;
pub use self::file::TensorFile;
pub(crate) use self::npz::NpyHeader;
pub(crate) use self::pickled::{LatinReader, PickledTable};
pub use self::safetensors::{is_safetensors, open_safetensors, read_safetensors};
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

/// A tensor of a file, as the file declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name; those of nested tables are joined by dots.
    pub name: String,
    /// Its extents, outermost first; none where its description is damaged.
    pub shape: Option<Vec<usize>>,
}

impl fmt::Display for Listed {
    /// Name and extents, fit for a message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.name))?;
        self.shape.as_ref().map_or(Ok(()), |shape| write!(f, " {shape:?}"))
    }
}

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
    /// It is no file of weights nor of anything else, but stands in the place of one.
    #[error("the file is {}", .0.words())]
    StandIn(StandIn),
    /// It is an archive in which there is such a file.
    #[error("the file is a zip archive with {} in it; unpack it and name that file", shown(.0))]
    Packed(String),
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
    /// A file without a tensor.
    #[error(
        "the file has no tensors; save the weights in it, with torch.save(model.state_dict(), path) for example"
    )]
    Empty,
    /// A tensor without a name.
    #[error(
        "the file is one tensor, and tensors are read by their names; save a table of them, with \
         torch.save({{\"z\": tensor}}, path) for latents or torch.save(model.state_dict(), path) for weights"
    )]
    Nameless,
    /// Numbers of a kind that is not read.
    #[error(
        "tensor {name:?} holds {kind} numbers, which are not read; save it again as float32, with tensor.float()"
    )]
    Numbers {
        /// The tensor's name.
        name: String,
        /// What the file calls its numbers.
        kind: String,
    },
    /// Numbers that cannot be a mean and a covariance.
    #[error("these are no usable statistics: {0}; compute them again")]
    Statistics(String),
}

/// The error of a file that begins with `start` and is not what was `expected`.
fn other_kind(start: &[u8], expected: &'static str) -> TensorsError {
    StandIn::of(start).map_or(TensorsError::OtherKind { expected }, TensorsError::StandIn)
}

/// The error of a file that contradicts itself.
fn damaged(what: impl Into<String>) -> TensorsError {
    TensorsError::Damaged(what.into())
}

/// The beginning of a text from a file, fit for a message.
pub(crate) fn shown(text: &str) -> String {
    beginning(text, 100)
}

/// Checks a count or a size that the file declares.
fn within(what: &'static str, found: u64, limit: u64) -> Result<(), TensorsError> {
    if found > limit { Err(TensorsError::TooLarge { what, found, limit }) } else { Ok(()) }
}
