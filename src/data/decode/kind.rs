//! What is a picture by its name or by how its content begins, and what is hidden.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;

use image::ImageFormat;

use crate::input;

/// How names of pictures end, whether they are read or not: one that is not read is a picture all the same, and
/// that it is left out matters.
const ENDINGS: &[&str] = &[
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "jif", "gif", "bmp", "dib", "webp", "heic", "heif", "hif",
    "avif", "tif", "tiff", "jxl", "jp2", "j2k", "jpx", "psd", "ico", "tga", "pbm", "pgm", "ppm", "pnm",
    "qoi", "exr", "svg", "dng", "cr2", "cr3", "nef", "arw", "orf", "raf", "rw2",
];
/// Folders that systems keep beside pictures, with copies of them or what was deleted, and whose names do not
/// begin with a dot.
const SYSTEM: &[&str] = &["__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"];
/// Sizes of the header that follows the first 14 bytes of a BMP file.
const BMP_HEADERS: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];
/// Bytes by which all formats are known.
const START: usize = 18;

/// Whether a file or folder of this name is hidden, or one that a system keeps for itself.
pub fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || SYSTEM.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a file is a picture by its name, or else by how its content begins.
///
/// # Errors
/// If the name is no picture's and the content cannot be read.
pub fn is_picture(path: &Path) -> io::Result<bool> {
    let named = |ending: &OsStr| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known));
    if path.extension().is_some_and(named) {
        return Ok(true);
    }
    let mut start = Vec::with_capacity(START);
    input::open(path)?.0.take(START as u64).read_to_end(&mut start)?;
    Ok(match image::guess_format(&start) {
        Ok(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP) => true,
        // Its own mark is two letters, with which a text may begin as well.
        Ok(ImageFormat::Bmp) => {
            let size = start.get(14..18).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
            size.is_some_and(|size| BMP_HEADERS.contains(&size))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_that_begin_with_a_dot_and_folders_of_systems_are_hidden() {
        for name in [".DS_Store", ".ipynb_checkpoints", "._a.jpg", "__MACOSX", "@EADIR", "$Recycle.Bin"] {
            assert!(is_hidden(OsStr::new(name)), "{name}");
        }
        for name in ["a.png", "MACOSX", "a.", "_a.jpg", "Thumbs.db"] {
            assert!(!is_hidden(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_picture_is_one_by_its_name_or_by_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let is = |name: &str, content: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, content).unwrap();
            is_picture(&path).unwrap()
        };
        for name in ["a.png", "a.JPG", "a.b.Heic", "a.tiff"] {
            assert!(is(name, b""), "{name}");
        }
        for name in ["Thumbs.db", "desktop.ini", "dataset.json", "README", "png", "a.png.txt"] {
            assert!(!is(name, b"BMW, Audi and others are the classes"), "{name}");
            assert!(!is(name, b""), "{name}");
        }
        let bmp = [b"BM".as_slice(), &[0; 12], &[40, 0, 0, 0]].concat();
        let starts = [b"\x89PNG\r\n\x1a\n".as_slice(), b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBP", &bmp];
        for start in starts {
            assert!(is("0123456789abcdef", start), "{start:?}");
        }
        assert!(is_picture(&dir.path().join("nothing")).is_err());
    }
}
