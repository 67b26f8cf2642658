//! NumPy's archives (`.npz`) with the mean and the covariance of a feature extractor's answers, as the
//! programs that compute Fréchet distances exchange them: `mu` `[d]` and `sigma` `[d, d]`.

mod array;

use std::io::{Read, Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub(crate) use self::array::NpyHeader;
use self::array::Numbers;
use super::archive::Archive;
use super::{TensorsError, damaged, other_kind, shown, within};
use crate::input::START;

/// Widest features. The Inception network has 2,048; a covariance of 4,096 takes 128 MiB,
/// and three times that while it is read.
pub const WIDEST: usize = 4096;
/// How far the two halves of a covariance may differ, relative to the deviations of the two features.
const SYMMETRY: f64 = 1e-6;
/// How far below zero rounding may bring the variance of a feature that hardly changes, relative to its squared
/// mean or to the largest variance.
const ROUNDING: f64 = 1e-10;
/// Largest file, in bytes: a covariance of [`WIDEST`] and as much of something else.
const LARGEST: u64 = 1 << 28;
/// Room for the description in front of an array's numbers.
const HEADER: u64 = 1 << 17;

/// Mean and covariance of features.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Mean, `[d]`.
    pub mean: Vec<f64>,
    /// Covariance, `[d, d]`, row-major, symmetric to the last bit.
    pub covariance: Vec<f64>,
}

impl Moments {
    /// Whether a file is an archive with such an array as `mu`, so that it is one of statistics. Leaves the reader
    /// anywhere.
    ///
    /// # Errors
    ///
    /// If it is no NumPy archive, or is damaged.
    pub fn are_in<R: Read + Seek>(reader: R) -> Result<bool, TensorsError> {
        Ok(open(reader, u64::MAX)?.size("mu.npy").is_some())
    }

    /// Reads `mu` and `sigma`, in `f64` or `f32` of either byte order, row by row or column by column, packed or
    /// not. Other arrays in the file are not looked at. A variance that rounding brought below zero is zero.
    ///
    /// # Errors
    ///
    /// If it is no such file, is damaged, or its features are wider than [`WIDEST`]; if the shapes do not
    /// fit each other, a number is NaN or infinite, a variance is negative, or the covariance is not
    /// symmetric (up to a millionth of the two features' deviations, which is then evened out).
    pub fn read<R: Read + Seek>(reader: R) -> Result<Self, TensorsError> {
        let mut archive = open(reader, LARGEST)?;
        let mean = numbers(&mut archive, "mu", WIDEST)?;
        let [width] = mean.shape[..] else {
            return Err(statistics(format!("mu has the shape {:?} instead of one dimension", mean.shape)));
        };
        if width == 0 {
            return Err(statistics("mu has no numbers"));
        }
        let covariance = numbers(&mut archive, "sigma", width * width)?;
        if covariance.shape != [width, width] {
            let found = &covariance.shape;
            return Err(statistics(format!("mu has {width} numbers, but sigma has the shape {found:?}")));
        }
        let mut moments = Self { mean: mean.values, covariance: covariance.values };
        moments.even_out()?;
        Ok(moments)
    }

    /// Writes a file that [`Moments::read`] and NumPy read: `f64`, row by row, not packed. The same moments
    /// give the same bytes.
    ///
    /// # Errors
    ///
    /// If the covariance has not the square of the mean's length, or the writer fails.
    pub fn write<W: Write + Seek>(&self, writer: W) -> Result<(), TensorsError> {
        let width = self.mean.len();
        if width.checked_mul(width) != Some(self.covariance.len()) {
            let found = self.covariance.len();
            return Err(statistics(format!("the mean has {width} numbers and the covariance {found}")));
        }
        let mut archive = ZipWriter::new(writer);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(self.covariance.len() >= 1 << 28);
        let failed = |problem: zip::result::ZipError| TensorsError::Io(problem.into());
        for (name, shape, values) in
            [("mu.npy", &[width][..], &self.mean), ("sigma.npy", &[width, width][..], &self.covariance)]
        {
            archive.start_file(name, options).map_err(failed)?;
            archive.write_all(&array::header(shape))?;
            for part in values.chunks(1 << 13) {
                let bytes: Vec<u8> = part.iter().flat_map(|value| value.to_le_bytes()).collect();
                archive.write_all(&bytes)?;
            }
        }
        archive.finish().map_err(failed)?.flush()?;
        Ok(())
    }

    /// Refuses what is no covariance, and makes both halves of one equal.
    fn even_out(&mut self) -> Result<(), TensorsError> {
        let width = self.mean.len();
        let largest = (0..width).map(|i| self.covariance[i * width + i]).fold(0.0, f64::max);
        for (i, mean) in self.mean.iter().enumerate() {
            let variance = &mut self.covariance[i * width + i];
            if *variance < 0.0 && -*variance <= ROUNDING * largest.max(mean * mean) {
                *variance = 0.0;
            }
        }
        let deviations: Vec<f64> = (0..width).map(|i| self.covariance[i * width + i].sqrt()).collect();
        if let Some(at) = deviations.iter().position(|deviation| deviation.is_nan()) {
            let variance = self.covariance[at * width + at];
            return Err(statistics(format!("the variance of feature {at} is {variance}")));
        }
        for row in 0..width {
            for column in 0..row {
                let (low, high) = (row * width + column, column * width + row);
                let (a, b) = (self.covariance[low], self.covariance[high]);
                let scale = (deviations[row] * deviations[column]).max(a.abs()).max(b.abs());
                if (a - b).abs() > SYMMETRY * scale {
                    return Err(statistics(format!(
                        "sigma is not symmetric at ({row}, {column}): {a} and {b}"
                    )));
                }
                // No overflow, and nothing changes where both are equal.
                let mean = a + (b - a) / 2.0;
                (self.covariance[low], self.covariance[high]) = (mean, mean);
            }
        }
        Ok(())
    }
}

/// Opens an archive of at most `limit` bytes.
fn open<R: Read + Seek>(mut reader: R, limit: u64) -> Result<Archive<R>, TensorsError> {
    let mut start = Vec::new();
    reader.by_ref().take(START).read_to_end(&mut start)?;
    if !start.starts_with(b"PK\x03\x04") {
        return Err(other_kind(&start, "NumPy archive (.npz)"));
    }
    Archive::open(reader, limit)
}

/// An array of the archive, with at most `limit` numbers, all of them finite.
fn numbers<R: Read + Seek>(
    archive: &mut Archive<R>,
    name: &str,
    limit: usize,
) -> Result<Numbers, TensorsError> {
    let entry = format!("{name}.npy");
    if archive.size(&entry).is_none() {
        let there: Vec<String> = archive.names().iter().take(10).map(|name| shown(name)).collect();
        let there = if there.is_empty() { "nothing".into() } else { there.join(", ") };
        return Err(statistics(format!("there is no array {name}; the archive has {there}")));
    }
    let bytes = archive.read(&entry, 8 * limit as u64 + HEADER)?;
    let numbers = Numbers::parse(&bytes).map_err(|problem| match problem {
        TensorsError::Damaged(what) => damaged(format!("array {name}: {what}")),
        TensorsError::Unsupported(what) => TensorsError::Unsupported(format!("array {name} {what}")),
        other => other,
    })?;
    within("numbers in one array", numbers.values.len() as u64, limit as u64)?;
    match numbers.values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(statistics(format!("number {at} of {name} is {}", numbers.values[at]))),
        None => Ok(numbers),
    }
}

fn statistics(what: impl Into<String>) -> TensorsError {
    TensorsError::Statistics(what.into())
}

#[cfg(test)]
mod tests;
