//! One array in NumPy's own format (NEP 1): a description in Python's notation, then the numbers.

use std::io::{ErrorKind, Read};

use crate::tensors::limits::MOST_DIMENSIONS;
use crate::tensors::{TensorsError, damaged, shown, within};

const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest description, in bytes.
const LONGEST: u64 = 1 << 16;
/// NumPy starts the numbers at a multiple of this.
const ALIGNMENT: usize = 64;

/// An array as `f64`, row-major.
#[derive(Debug, PartialEq)]
pub(super) struct Numbers {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f64>,
}

/// What stands in front of the numbers.
#[derive(Debug)]
pub(crate) struct NpyHeader {
    /// The kind of the numbers in NumPy's notation, such as `<f8`.
    pub kind: String,
    /// Whether the first index runs fastest.
    pub by_columns: bool,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// Bytes of all of it.
    pub length: u64,
}

impl NpyHeader {
    /// What it says that the numbers are, in words: `32-bit floating-point numbers`.
    pub(crate) fn kind_in_words(&self) -> String {
        in_words(&self.kind)
    }

    /// Reads it, so that `reader` stands before the first number.
    ///
    /// # Errors
    ///
    /// If it is none, or the array holds no plain numbers.
    pub(crate) fn read(reader: &mut impl Read) -> Result<Self, TensorsError> {
        let mut start = Vec::new();
        reader.take(MAGIC.len() as u64).read_to_end(&mut start)?;
        if start != MAGIC {
            return Err(damaged("it does not begin like one of NumPy's"));
        }
        let [version, _] = next(reader)?;
        let (length, before) = match version {
            1 => (u64::from(u16::from_le_bytes(next(reader)?)), 10),
            2 | 3 => (u64::from(u32::from_le_bytes(next(reader)?)), 12),
            _ => return Err(TensorsError::Unsupported(format!("is of version {version} of NumPy's format"))),
        };
        let mut description = Vec::new();
        reader.take(length.min(LONGEST)).read_to_end(&mut description)?;
        if (description.len() as u64) < length.min(LONGEST) {
            return Err(damaged("it ends too early"));
        }
        within("bytes that describe an array", length, LONGEST)?;
        let description =
            std::str::from_utf8(&description).map_err(|_| damaged("its description is no text"))?;
        let (kind, by_columns, shape) = describe(description)?;
        Ok(Self { kind: kind.to_owned(), by_columns, shape, length: before + length })
    }
}

/// A kind of numbers in NumPy's notation, such as `<f4`, in words.
fn in_words(kind: &str) -> String {
    let mut letters = kind.trim_start_matches(['<', '>', '|', '=']).chars();
    let letter = letters.next();
    let bits = letters.as_str().parse::<u32>().ok().and_then(|bytes| bytes.checked_mul(8));
    match (letter, bits) {
        (Some('b' | '?'), _) => "booleans".to_owned(),
        (Some('i' | 'u'), Some(bits)) => format!("{bits}-bit whole numbers"),
        (Some('f'), Some(bits)) => format!("{bits}-bit floating-point numbers"),
        (Some('c'), _) => "complex numbers".to_owned(),
        (Some('U' | 'S'), _) => "texts".to_owned(),
        (Some('M' | 'm'), _) => "dates or times".to_owned(),
        _ => format!("numbers of the kind {}", shown(kind)),
    }
}

/// The next bytes.
fn next<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], TensorsError> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).map_err(|problem| match problem.kind() {
        ErrorKind::UnexpectedEof => damaged("it ends too early"),
        _ => problem.into(),
    })?;
    Ok(bytes)
}

impl Numbers {
    /// Reads an array of `f32` or `f64` of either byte order.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, TensorsError> {
        let mut data = bytes;
        let NpyHeader { kind, by_columns, shape, .. } = NpyHeader::read(&mut data)?;
        let swapped = kind.starts_with('>');
        let double =
            |word: &[u8; 8]| if swapped { f64::from_be_bytes(*word) } else { f64::from_le_bytes(*word) };
        let single =
            |word: &[u8; 4]| if swapped { f32::from_be_bytes(*word) } else { f32::from_le_bytes(*word) };
        let size: usize = match kind.as_str() {
            "<f8" | ">f8" => 8,
            "<f4" | ">f4" => 4,
            kind => {
                return Err(TensorsError::Unsupported(format!(
                    "holds {} instead of floating-point numbers of 32 or 64 bits",
                    in_words(kind)
                )));
            }
        };
        let expected = shape.iter().try_fold(size, |product, extent| product.checked_mul(*extent));
        if expected != Some(data.len()) {
            let there = data.len();
            return Err(damaged(format!("its shape {shape:?} does not fit its {there} bytes of numbers")));
        }
        let mut values: Vec<f64> = if size == 8 {
            data.as_chunks::<8>().0.iter().map(double).collect()
        } else {
            data.as_chunks::<4>().0.iter().map(|word| f64::from(single(word))).collect()
        };
        let values = match shape[..] {
            [rows, columns] if by_columns && rows == columns => {
                for row in 0..rows {
                    (0..row).for_each(|column| values.swap(row * columns + column, column * columns + row));
                }
                values
            }
            [rows, columns] if by_columns => {
                (0..rows * columns).map(|at| values[at % columns * rows + at / columns]).collect()
            }
            [_, _, _, ..] if by_columns => {
                return Err(TensorsError::Unsupported("has more than two dimensions".into()));
            }
            _ => values,
        };
        Ok(Self { shape, values })
    }
}

/// Kind, order and shape out of `{'descr': '<f8', 'fortran_order': False, 'shape': (2048, 2048), }`, in any
/// order.
fn describe(text: &str) -> Result<(&str, bool, Vec<usize>), TensorsError> {
    let strange = || damaged("its description is not NumPy's");
    let kind = match quoted(field(text, "descr").ok_or_else(strange)?) {
        Some(kind) if kind.contains('O') => {
            return Err(TensorsError::Unsupported(
                "holds pickled Python objects, which are never read".into(),
            ));
        }
        // Only a short one is worth showing.
        Some(kind) if kind.len() < 20 => kind,
        _ => return Err(TensorsError::Unsupported("does not hold plain numbers".into())),
    };
    let order = field(text, "fortran_order").ok_or_else(strange)?;
    let by_columns = match order.split([',', '}']).next().map(str::trim) {
        Some("True") => true,
        Some("False") => false,
        _ => return Err(strange()),
    };
    let shape = field(text, "shape").and_then(|rest| rest.strip_prefix('(')).ok_or_else(strange)?;
    let (shape, _) = shape.split_once(')').ok_or_else(strange)?;
    let extents = shape.split(',').map(str::trim).filter(|extent| !extent.is_empty());
    within("dimensions in an array", extents.clone().count() as u64, MOST_DIMENSIONS)?;
    let shape: Vec<usize> = extents.map(str::parse).collect::<Result<_, _>>().map_err(|_| strange())?;
    Ok((kind, by_columns, shape))
}

/// What follows a key of the description.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// The text between the quotation marks that the given text begins with.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.split_once('\'').map(|(inside, _)| inside)
}

/// What stands in front of an `f64` array's numbers, row by row, as NumPy writes it.
pub(super) fn header(shape: &[usize]) -> Vec<u8> {
    let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
    // A tuple of one has a comma.
    let comma = if let [_] = shape { "," } else { "" };
    let shape = extents.join(", ");
    let mut description = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}{comma}), }}");
    let before = MAGIC.len() + 4;
    let end = (before + description.len() + 1).next_multiple_of(ALIGNMENT);
    description.extend(std::iter::repeat_n(' ', end - before - description.len() - 1));
    description.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    // Two extents never fill 64 KiB.
    bytes.extend((description.len() as u16).to_le_bytes());
    bytes.extend(description.into_bytes());
    bytes
}
