//! Whether files of images can be read, before anything is computed of them.

use std::fs;
use std::path::PathBuf;

use rayon::prelude::*;

use crate::data::decode::{decode, why_foreign, why_unread};
use crate::data::{DataError, Skipped};

/// Bytes of files that are decoded only to see whether they can be: some seconds' work.
const DECODED: u64 = 256 << 20;

/// Looks at files that are about to be read one by one: as many as have [`DECODED`] bytes together are decoded, and of
/// the others the beginnings are looked at.
///
/// # Errors
/// If some cannot be read, with their number and the first of them.
pub(in crate::data) fn check_files(files: &[PathBuf]) -> Result<(), DataError> {
    check(&files.iter().collect::<Vec<_>>(), Vec::new())
}

/// Looks for pictures among `files` and those that are `skipped` which are known not to be read by their names or
/// beginnings; where there are some, at all files, as [`check_files`] does.
///
/// # Errors
/// As [`check_files`].
pub(in crate::data) fn check_known(files: &[PathBuf], skipped: &[Skipped]) -> Result<(), DataError> {
    let mut unread: Vec<Skipped> = skipped.iter().filter(|file| !file.kind.is_harmless()).cloned().collect();
    let mut others = Vec::new();
    for path in files {
        match why_foreign(path) {
            Some(cause) => unread.push(Skipped::new(path, cause)),
            None => others.push(path),
        }
    }
    if unread.is_empty() { Ok(()) } else { check(&others, unread) }
}

/// Checks `files`, beside which those in `unread` cannot be read.
fn check(files: &[&PathBuf], unread: Vec<Skipped>) -> Result<(), DataError> {
    let mut bytes = 0;
    let decoded = files.iter().take_while(|path| {
        bytes += fs::metadata(path).map_or(0, |file| file.len());
        bytes <= DECODED
    });
    let (decoded, begun) = files.split_at(decoded.count());
    let count = files.len() + unread.len();
    let mut wrong: Vec<(PathBuf, String)> = decoded
        .par_iter()
        .map(|&path| (path, decode(path, [0; 3], |_| ()).err()))
        .chain(begun.par_iter().map(|&path| (path, why_unread(path))))
        .filter_map(|(path, cause)| Some((path.clone(), cause?.to_string())))
        .collect();
    wrong.extend(unread.into_iter().map(|file| (file.path, file.reason)));
    wrong.sort();
    DataError::not_images(count, wrong).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_that_cannot_be_read_are_counted_and_large_ones_by_how_they_begin() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        let files = ["a.png", "b.png", "c.png", "d.png"].map(file);
        image::RgbImage::new(9, 9).save(&files[0]).unwrap();
        let whole = fs::read(&files[0]).unwrap();
        files[1..].iter().for_each(|path| fs::write(path, &whole).unwrap());
        assert!(check_files(&files).is_ok());
        fs::write(&files[2], &whole[..whole.len() - 20]).unwrap();
        let one = check_files(&files).unwrap_err().to_string();
        assert!(one.contains("c.png cannot be read as an image (cut off"), "{one}");
        fs::write(&files[1], "<!doctype html>").unwrap();
        let two = check_files(&files).unwrap_err().to_string();
        assert!(two.starts_with("2 of 4 files cannot be read as images, the first of them "), "{two}");
        assert!(two.contains("b.png (a web page, not the picture"), "{two}");
        // A file beyond what is decoded, which takes no space: then the cut one behind it is not found.
        let large = fs::File::options().write(true).open(&files[0]).unwrap();
        large.set_len(DECODED + 1).unwrap();
        let first = check_files(&files).unwrap_err().to_string();
        assert!(first.contains("b.png cannot be read as an image (a web page"), "{first}");
    }
}
