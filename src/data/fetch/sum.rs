//! Sums by which a download is known to be what it should be.

use std::fs::File;
use std::io;
use std::path::Path;

use md5::{Digest, Md5};
use sha2::Sha256;

use super::super::DataError;

/// What a publisher says of a file, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublishedSum {
    /// The MD5 sum, which guards against accidents.
    Md5(String),
    /// The SHA-256.
    Sha256(String),
}

impl PublishedSum {
    /// A file's sum.
    pub fn of(&self, path: &Path) -> Result<String, DataError> {
        match self {
            Self::Md5(_) => digest::<Md5>(path),
            Self::Sha256(_) => digest::<Sha256>(path),
        }
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        match self {
            Self::Md5(digits) | Self::Sha256(digits) => digits,
        }
    }

    /// Its kind, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Md5(_) => "MD5 sum",
            Self::Sha256(_) => "SHA-256",
        }
    }

    /// Whether a file has it.
    pub fn fits(&self, path: &Path) -> Result<bool, DataError> {
        Ok(self.of(path)? == self.digits())
    }
}

fn digest<D: Digest + io::Write>(path: &Path) -> Result<String, DataError> {
    let mut file = File::open(path).map_err(|error| DataError::read(path, error))?;
    let mut hasher = D::new();
    io::copy(&mut file, &mut hasher).map_err(|error| DataError::read(path, error))?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        // RFC 1321 and FIPS 180-4.
        assert!(PublishedSum::Md5("900150983cd24fb0d6963f7d28e17f72".into()).fits(&path).unwrap());
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(PublishedSum::Sha256(sum.into()).fits(&path).unwrap());
        // A part of it is not enough: four bytes are found by trying.
        assert!(!PublishedSum::Sha256(sum[..8].into()).fits(&path).unwrap());
    }
}
