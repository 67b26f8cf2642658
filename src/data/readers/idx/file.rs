//! One file in the IDX format.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::super::records::{RecordLayout, end};
use crate::data::DataError;
use crate::data::limits::most_unpacked;
use crate::input;

/// Unsigned bytes, and big-endian 32-bit integers, as the format numbers kinds of values.
const BYTE: u8 = 0x08;
const INTEGER: u8 = 0x0c;
/// Most columns of a table of labels; QMNIST has eight.
const MOST_COLUMNS: usize = 64;

/// An opened file after its header.
pub(super) struct IdxFile {
    path: PathBuf,
    /// Extents, outermost first.
    pub dims: Vec<usize>,
    /// Bytes of a value.
    size: usize,
    /// The values.
    pub reader: Box<dyn Read>,
}

impl IdxFile {
    /// Opens a plain or gzipped file and checks that it can hold what it declares.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let damaged = |why: &str| DataError::damaged(path, why);
        let (file, length) = input::open(path).map_err(|error| DataError::read(path, error))?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let start = file.fill_buf().map_err(|error| DataError::read(path, error))?;
        let zipped = start.starts_with(&[0x1f, 0x8b]);
        let mut reader: Box<dyn Read> =
            if zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let mut magic = [0; 4];
        reader.read_exact(&mut magic).map_err(|_| damaged("it ends within its header"))?;
        let [0, 0, kind, rank] = magic else {
            return Err(damaged("it does not start as an IDX file does"));
        };
        let size = match kind {
            BYTE => 1,
            INTEGER => 4,
            _ => {
                let why = format!(
                    "its values have type {kind:#04x}, and images are unsigned bytes (0x08); save it as such"
                );
                return Err(DataError::unread(path, why));
            }
        };
        let mut dims = Vec::new();
        for _ in 0..rank {
            let mut dim = [0; 4];
            reader.read_exact(&mut dim).map_err(|_| damaged("it ends within its header"))?;
            dims.push(u32::from_be_bytes(dim) as usize);
        }
        let values = dims.iter().try_fold(size as u64, |product, &dim| product.checked_mul(dim as u64));
        let header = 4 + 4 * u64::from(rank);
        let Some(declared) = values.and_then(|values| values.checked_add(header)) else {
            return Err(damaged(&format!("its declared dimensions {dims:?} are impossible")));
        };
        if rank == 0 || declared == header {
            return Err(damaged("it holds no values"));
        }
        let most = if zipped { most_unpacked(length) } else { length };
        if declared > most {
            let why = if zipped {
                format!("and at most {most} bytes may come out of its {length}")
            } else {
                "but ends before them".into()
            };
            return Err(damaged(&format!("it declares the dimensions {dims:?}, {why}")));
        }
        if !zipped && declared < length {
            let surplus = length - declared;
            return Err(damaged(&format!("{surplus} bytes follow after its declared end")));
        }
        Ok(Self { path: path.into(), dims, size, reader })
    }

    /// How the images lie in it.
    pub fn layout(&self) -> Result<RecordLayout, DataError> {
        if self.size != 1 {
            let why = "its values are 32-bit integers, and images are unsigned bytes; save it as such";
            return Err(DataError::unread(&self.path, why));
        }
        RecordLayout::of(&self.dims).map_err(|why| DataError::unread(&self.path, why))
    }

    /// Its values as labels of so many images: one for each, or the first column of a table.
    pub fn labels(mut self, images: usize) -> Result<Vec<u16>, DataError> {
        let columns = match self.dims[..] {
            [count] if count == images => 1,
            [count, columns @ 1..=MOST_COLUMNS] if count == images => columns,
            _ => {
                let why = format!("its dimensions are {:?} where [{images}] labels belong", self.dims);
                return Err(DataError::damaged(&self.path, why));
            }
        };
        let mut labels = Vec::new();
        let mut row = vec![0; columns * self.size];
        while labels.len() < images {
            self.reader.read_exact(&mut row).map_err(|error| {
                let why = match error.kind() {
                    ErrorKind::UnexpectedEof => format!("it ends after {} of {images} labels", labels.len()),
                    _ => error.to_string(),
                };
                DataError::damaged(&self.path, why)
            })?;
            let label = row[..self.size].iter().fold(0, |value, byte| value << 8 | u32::from(*byte));
            labels.push(u16::try_from(label).map_err(|_| {
                let why = format!("its label {} is not from 0 to {}", label.cast_signed(), u16::MAX);
                DataError::damaged(&self.path, why)
            })?);
        }
        end(&self.path, &mut self.reader)?;
        Ok(labels)
    }
}
