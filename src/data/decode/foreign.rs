//! Formats that are not read, and files that stand in a picture's place: what each is.

use std::path::Path;

use crate::data::reason::Reason;
use crate::input::{Markup, StandIn};

/// How the names of files end that are not read.
const ENDINGS: [(Reason, &[&str]); 9] = [
    (Reason::Heic, &["heic", "heif", "hif", "heics", "heifs"]),
    (Reason::Avif, &["avif", "avifs"]),
    (Reason::JpegXl, &["jxl"]),
    (Reason::Jpeg2000, &["jp2", "j2k", "j2c", "jpx", "jpf"]),
    (Reason::Photoshop, &["psd", "psb"]),
    (Reason::Svg, &["svg", "svgz"]),
    (
        Reason::CameraRaw,
        &[
            "dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "sr2", "orf", "raf", "rw2", "pef", "srw", "x3f",
            "3fr", "dcr", "erf", "fff", "gpr", "iiq", "kdc", "mef", "mos", "mrw", "rwl", "srf",
        ],
    ),
    (
        Reason::OtherFormat,
        &[
            "ico", "icns", "tga", "pbm", "pgm", "ppm", "pnm", "pfm", "qoi", "exr", "hdr", "dds", "pcx",
            "xcf", "jxr", "sgi", "eps",
        ],
    ),
    (
        Reason::Video,
        &["mp4", "mov", "m4v", "avi", "mkv", "webm", "wmv", "mpg", "mpeg", "3gp", "mts", "m2ts", "flv"],
    ),
];

/// How contents begin of files that are not read.
const STARTS: [(&[u8], Reason); 21] = [
    (b"\0\0\0\x0cJXL \r\n\x87\n", Reason::JpegXl),
    (b"\xff\x0a", Reason::JpegXl),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Reason::Jpeg2000),
    (b"\xff\x4f\xff\x51", Reason::Jpeg2000),
    (b"8BPS", Reason::Photoshop),
    (b"FUJIFILMCCD-RAW", Reason::CameraRaw),
    (b"IIRO", Reason::CameraRaw),
    (b"IIRS", Reason::CameraRaw),
    (b"MMOR", Reason::CameraRaw),
    (b"IIU\0", Reason::CameraRaw),
    (b"II\x1a\0\0\0HEAPCCDR", Reason::CameraRaw),
    (b"FOVb", Reason::CameraRaw),
    // TIFF files of more than four gigabytes, or of programs that prefer their form.
    (b"II+\0", Reason::UnreadTiff),
    (b"MM\0+", Reason::UnreadTiff),
    (b"\x1a\x45\xdf\xa3", Reason::Video),
    (b"FLV\x01", Reason::Video),
    (b"\0\0\x01\xba", Reason::Video),
    (b"\0\0\x01\xb3", Reason::Video),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Reason::Video),
    (b"gimp xcf", Reason::OtherFormat),
    (b"II\xbc\0", Reason::OtherFormat),
];

/// What a file is whose name ends as those of files do that are not read.
pub fn by_name(path: &Path) -> Option<Reason> {
    ENDINGS.iter().find(|(_, endings)| has_ending(path, endings)).map(|(reason, _)| *reason)
}

/// What a file is whose content begins so, where that is known and not read.
pub fn by_content(start: &[u8]) -> Option<Reason> {
    if let Some((_, reason)) = STARTS.iter().find(|(known, _)| start.starts_with(known)) {
        return Some(*reason);
    }
    // A Canon file is a TIFF file with a mark of its own.
    if start.starts_with(b"II*\0") && start.get(8..10) == Some(b"CR") {
        return Some(Reason::CameraRaw);
    }
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"AVI ") {
        return Some(Reason::Video);
    }
    let stand_in = StandIn::of(start).map(|stand_in| match stand_in {
        StandIn::Empty => Reason::Empty,
        StandIn::GitLfsPointer => Reason::GitLfsPointer,
        StandIn::WebPage => Reason::WebPage,
    });
    let is_drawing = || Markup::of(start) == Some(Markup::Drawing);
    boxed(start).or(stand_in).or_else(|| is_drawing().then_some(Reason::Svg))
}

/// Whether a content that was taken for this makes a file a picture, whatever it is called: not a text, nor what a
/// few bytes may begin by chance.
pub fn is_certain(reason: Reason) -> bool {
    use Reason::{Avif, CameraRaw, Heic, Jpeg2000, Photoshop, UnreadTiff};
    matches!(reason, Heic | Avif | Jpeg2000 | Photoshop | CameraRaw | UnreadTiff)
}

/// What a file is that is made of boxes (ISO/IEC 14496-12): their first one lists the brands.
fn boxed(start: &[u8]) -> Option<Reason> {
    let kind = start.get(4..8)?;
    if kind != b"ftyp" {
        // Old files of QuickTime have no brand.
        let size = u32::from_be_bytes(start.first_chunk().copied()?);
        return (size >= 8 && [b"moov", b"mdat", b"wide"].contains(&kind.first_chunk()?))
            .then_some(Reason::Video);
    }
    let length = u32::from_be_bytes(start.first_chunk().copied()?) as usize;
    let listed = start.get(8..length.min(start.len())).unwrap_or_else(|| &start[8..]);
    // The first is the major brand, then follow a version and the compatible ones.
    let mut brands = listed.chunks_exact(4);
    let major = brands.next()?;
    let is_still = |brand: &[u8]| match brand {
        b"avif" | b"avis" => Some(Reason::Avif),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => Some(Reason::Heic),
        b"crx " => Some(Reason::CameraRaw),
        _ => None,
    };
    match major {
        // Any picture in boxes: the compatible brands say which.
        b"mif1" | b"mif2" | b"msf1" | b"miaf" => Some(brands.find_map(is_still).unwrap_or(Reason::Heic)),
        b"M4A " | b"M4B " | b"M4P " => None,
        _ => Some(is_still(major).unwrap_or(Reason::Video)),
    }
}

/// Whether the name ends with one of these, in any case.
pub fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_how_they_begin() {
        let brands = |brands: &str| [&b"\0\0\0\x1cftyp"[..], brands.as_bytes()].concat();
        let cases: [(&[u8], Reason); 22] = [
            (&brands("heic\0\0\0\0mif1heicmiaf"), Reason::Heic),
            (&brands("mif1\0\0\0\0mif1heicmiaf"), Reason::Heic),
            (&brands("mif1\0\0\0\0mif1avifmiaf"), Reason::Avif),
            (&brands("avif\0\0\0\0mif1miafMA1B"), Reason::Avif),
            (&brands("crx \0\0\0\x01crx isom"), Reason::CameraRaw),
            (&brands("qt  \0\0\0\0qt  "), Reason::Video),
            (&brands("mp42\0\0\0\0isommp42"), Reason::Video),
            (b"\0\0\0\x08wide\0\0\0\0mdat", Reason::Video),
            (b"RIFF\x10\0\0\0AVI LIST", Reason::Video),
            (b"\x1a\x45\xdf\xa3\x01", Reason::Video),
            (b"\xff\x0a\xfa\x1f", Reason::JpegXl),
            (b"\0\0\0\x0cjP  \r\n\x87\n\0", Reason::Jpeg2000),
            (b"8BPS\0\x01", Reason::Photoshop),
            (b"II*\0\x10\0\0\0CR\x02\0", Reason::CameraRaw),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
                Reason::GitLfsPointer,
            ),
            (b"<!DOCTYPE html><html><body><svg>", Reason::WebPage),
            (b"\xef\xbb\xbf\r\n<HTML lang=en>", Reason::WebPage),
            (b"<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"\">", Reason::WebPage),
            (b"<?xml version=\"1.0\"?>\n<!-- made by a program -->\n<svg xmlns=\"x\">", Reason::Svg),
            (b"<svg><foreignObject><body>", Reason::Svg),
            (b"II+\0\x08\0\0\0", Reason::UnreadTiff),
            (b"", Reason::Empty),
        ];
        for (start, reason) in cases {
            assert_eq!(by_content(start), Some(reason), "{}", start.escape_ascii());
        }
    }

    #[test]
    fn what_may_be_anything_is_not_taken_for_something() {
        let starts: [&[u8]; 12] = [
            b"\0\0\0",
            b"\0\0\0\x08ftyp",
            b"\0\0\0\0wide",
            b"\0\0\0\x18ftypM4A ",
            b"II*\0\x10\0\0\0\0\0",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff\xe0",
            b"RIFF\x10\0\0\0WEBPVP8 ",
            b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
            b"an <html> element",
            b"version 2",
            b"version https://example.com/spec/",
        ];
        for start in starts {
            assert_eq!(by_content(start), None, "{}", start.escape_ascii());
        }
    }
}
