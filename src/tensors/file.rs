//! A file of named tensors of either kind: its list comes first, and numbers only as far as they are wanted.

use std::io::{BufReader, Cursor};

use safetensors::SafeTensors;

use super::limits::MOST_SAVED;
use super::pth::PthFile;
use super::safetensors::{is_safetensors, open_safetensors, read_safetensors};
use super::{Listed, NamedArrays, TensorsError};

/// A safetensors or PyTorch file whose description is read and whose numbers are not yet.
#[derive(Debug)]
pub struct TensorFile<'a>(TensorFormat<'a>);

#[derive(Debug)]
enum TensorFormat<'a> {
    PyTorch(PthFile<BufReader<Cursor<&'a [u8]>>>),
    Safetensors(SafeTensors<'a>),
}

impl<'a> TensorFile<'a> {
    /// Reads the description of a file that is one of both.
    ///
    /// # Errors
    ///
    /// If it is neither, is damaged, exceeds a limit or refers to code.
    pub fn open(bytes: &'a [u8]) -> Result<Self, TensorsError> {
        let form = if is_safetensors(bytes) {
            TensorFormat::Safetensors(open_safetensors(bytes, MOST_SAVED)?.0)
        } else {
            let file = PthFile::read(Cursor::new(bytes)).map_err(|error| match error {
                TensorsError::OtherKind { .. } => TensorsError::OtherKind {
                    expected: "safetensors (.safetensors) or PyTorch (.pth, .pt) file",
                },
                error => error,
            })?;
            TensorFormat::PyTorch(file)
        };
        Ok(Self(form))
    }

    /// Every tensor, in the file's order; those of a safetensors file in the order of their names.
    ///
    /// # Errors
    ///
    /// If there is none, or tables are nested too deeply or too many, or hold too many tensors.
    pub fn list(&self) -> Result<Vec<Listed>, TensorsError> {
        let list = match &self.0 {
            TensorFormat::PyTorch(file) => file.list()?,
            TensorFormat::Safetensors(file) => {
                let listed = |(name, shape): (&str, &[usize])| Listed {
                    name: name.to_owned(),
                    shape: Some(shape.to_vec()),
                };
                let mut list: Vec<Listed> =
                    file.iter().map(|(name, view)| listed((name, view.shape()))).collect();
                // They come out of a hash map.
                list.sort_by(|a, b| a.name.cmp(&b.name));
                list
            }
        };
        if list.is_empty() { Err(TensorsError::Empty) } else { Ok(list) }
    }

    /// The names of the top-level tables that hold tensors, in the file's order; none where all tensors stand at the
    /// top, as always in a safetensors file.
    ///
    /// # Errors
    ///
    /// As [`TensorFile::list`].
    pub fn tables(&self) -> Result<Vec<&str>, TensorsError> {
        match &self.0 {
            TensorFormat::PyTorch(file) => file.tables(),
            TensorFormat::Safetensors(_) => Ok(Vec::new()),
        }
    }

    /// The first classes of objects that stand beside the tensors and are of no known kind: they are left out, and
    /// nothing of them was run. None in a safetensors file.
    pub fn left_out(&self) -> &[String] {
        match &self.0 {
            TensorFormat::PyTorch(file) => file.left_out(),
            TensorFormat::Safetensors(_) => &[],
        }
    }

    /// The tensors whose names are `wanted`, as `f32`: halves exactly, doubles and integers rounded, booleans as 0
    /// and 1.
    ///
    /// # Errors
    ///
    /// If a limit is exceeded, a tensor is damaged or has numbers of a kind that is not read.
    pub fn read(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<NamedArrays, TensorsError> {
        match &mut self.0 {
            TensorFormat::PyTorch(file) => file.tensors(wanted),
            TensorFormat::Safetensors(file) => read_safetensors(file, wanted),
        }
    }
}
