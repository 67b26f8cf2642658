//! What a file is by how its content begins, or else by its name: a picture that is read, one that is not, or
//! something else.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;

use image::ImageFormat;

use super::foreign::{self, has_ending};
use crate::data::reason::Reason;
use crate::input::{self, START};

/// How names of pictures end that are read.
const ENDINGS: &[&str] =
    &["png", "apng", "jpg", "jpeg", "jpe", "jfif", "jif", "gif", "bmp", "dib", "webp", "tif", "tiff"];
/// Folders that systems keep beside pictures, with copies of them or what was deleted, and whose names do not
/// begin with a dot.
const SYSTEM: &[&str] = &["__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"];
/// Sizes of the header that follows the first 14 bytes of a BMP file.
const BMP_HEADERS: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];
/// Files that systems put into folders that somebody has looked into, and that are not hidden.
const SYSTEM_FILES: &[&str] = &["Thumbs.db", "desktop.ini"];

/// Whether a file or folder of this name is hidden, or one that a system keeps for itself.
pub fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || SYSTEM.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a file of this name was put there by a system, hidden or not.
pub fn is_of_a_system(name: &OsStr) -> bool {
    is_hidden(name) || SYSTEM_FILES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Why a file is no picture by its name nor by how its content begins; none where it is one, be it one that is not
/// read: that such a one is left out matters.
///
/// # Errors
/// If the name is no picture's and the content cannot be read.
pub fn why_no_picture(path: &Path) -> io::Result<Option<Reason>> {
    let named = foreign::by_name(path);
    if has_ending(path, ENDINGS) || named.is_some_and(|reason| reason != Reason::Video) {
        return Ok(None);
    }
    let mut start = Vec::new();
    input::open(path)?.0.take(START).read_to_end(&mut start)?;
    let picture = match by_content(&start) {
        // Its own mark is two letters, with which a text may begin as well.
        Some(Ok(ImageFormat::Bmp)) => {
            let size = start.get(14..18).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
            size.is_some_and(|size| BMP_HEADERS.contains(&size))
        }
        Some(Ok(_)) => true,
        Some(Err(Reason::Video)) => return Ok(Some(Reason::Video)),
        Some(Err(reason)) => foreign::is_certain(reason),
        None => false,
    };
    Ok(if picture { None } else { Some(named.unwrap_or(Reason::NoPicture)) })
}

/// Whether the name is one of a picture that is not read, whatever the content may be.
pub fn is_named_foreign(path: &Path) -> bool {
    foreign::by_name(path).is_some()
}

/// The format of a picture whose content begins with `start`, at least [`START`] bytes where there are as many, or
/// why it is not read.
pub fn format(start: &[u8], path: &Path) -> Result<ImageFormat, Reason> {
    let named = foreign::by_name(path);
    match by_content(start) {
        // Most raw files are TIFF files, whose first page is a small preview.
        Some(Ok(ImageFormat::Tiff)) if named == Some(Reason::CameraRaw) => Err(Reason::CameraRaw),
        Some(known) => known,
        // The clipboard's form of a bitmap, without the header of a file.
        None if has_ending(path, &["dib"]) => Err(Reason::OtherFormat),
        None => Err(named.unwrap_or(Reason::UnknownFormat)),
    }
}

fn by_content(start: &[u8]) -> Option<Result<ImageFormat, Reason>> {
    if let Some(reason) = foreign::by_content(start) {
        return Some(Err(reason));
    }
    let format = image::guess_format(start).ok()?;
    let is_read = matches!(
        format,
        ImageFormat::Png
            | ImageFormat::Jpeg
            | ImageFormat::Gif
            | ImageFormat::Bmp
            | ImageFormat::WebP
            | ImageFormat::Tiff
    );
    Some(if is_read { Ok(format) } else { Err(Reason::OtherFormat) })
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
        let why = |name: &str, content: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, content).unwrap();
            why_no_picture(&path).unwrap()
        };
        for name in ["a.png", "a.JPG", "a.b.Heic", "a.tiff", "a.NEF", "a.erf", "a.svg", "a.ico", "a.xcf"] {
            assert_eq!(why(name, b""), None, "{name}");
        }
        for name in ["Thumbs.db", "desktop.ini", "dataset.json", "README", "png", "a.png.txt"] {
            for content in
                [&b"BMW, Audi and others are the classes"[..], b"", b"P1 is a race", b"<html>", b"\0\0\x01\0"]
            {
                assert_eq!(why(name, content), Some(Reason::NoPicture), "{name}");
            }
        }
        let video = b"\0\0\0\x18ftypmp42";
        for (name, content) in [("a.MOV", &b""[..]), ("a.mp4", video), ("a", video)] {
            assert_eq!(why(name, content), Some(Reason::Video), "{name}");
        }
        let bmp = [b"BM".as_slice(), &[0; 12], &[40, 0, 0, 0]].concat();
        let starts = [
            b"\x89PNG\r\n\x1a\n".as_slice(),
            b"\xff\xd8\xff",
            b"GIF89a",
            b"RIFF\0\0\0\0WEBP",
            &bmp,
            b"II*\0",
            b"\0\0\0\x18ftypheic",
            b"8BPS\0\x01",
        ];
        for start in starts {
            for name in ["0123456789abcdef", "a.mp4"] {
                assert_eq!(why(name, start), None, "{start:?}");
            }
        }
        assert!(why_no_picture(&dir.path().join("nothing")).is_err());
    }

    #[test]
    fn a_content_that_is_known_decides_and_else_the_name() {
        let format = |name: &str, start: &[u8]| format(start, Path::new(name));
        let jpeg = b"\xff\xd8\xff\xe0";
        assert_eq!(format("a.HEIC", jpeg), Ok(ImageFormat::Jpeg));
        assert_eq!(format("a.nef", jpeg), Ok(ImageFormat::Jpeg));
        assert_eq!(format("a.nef", b"MM\0*"), Err(Reason::CameraRaw));
        assert_eq!(format("a.psd", b"MM\0*"), Ok(ImageFormat::Tiff));
        assert_eq!(format("a.heic", b"\0"), Err(Reason::Heic));
        assert_eq!(format("a.heic", b""), Err(Reason::Empty));
        assert_eq!(format("a.dib", b"\x28\0\0\0"), Err(Reason::OtherFormat));
        for name in ["a.kdc", "a.DCR", "a.gpr", "a.iiq"] {
            assert_eq!(format(name, b"II*\0"), Err(Reason::CameraRaw), "{name}");
        }
        assert_eq!(format("a.heic", b"<!DOCTYPE html>"), Err(Reason::WebPage));
        assert_eq!(format("a.png", b"qoif"), Err(Reason::OtherFormat));
        assert_eq!(format("a.png", b"anything"), Err(Reason::UnknownFormat));
        assert_eq!(format("a.gif", b"\0\0\0\x18ftypisom"), Err(Reason::Video));
    }
}
