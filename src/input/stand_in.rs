//! What lies in a file's place where the file itself was not brought: known by how it begins, whatever it is called.

use std::io::{self, Read};
use std::path::Path;

/// Bytes by which these are known: a page's must reach its first elements.
pub const START: u64 = 1024;

/// Something else than the file that a person means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// Nothing at all: a download or a copy that did not begin.
    Empty,
    /// What Git leaves in place of a large file that it has not fetched.
    GitLfsPointer,
    /// A web page, as of a download that needs a login.
    WebPage,
}

impl StandIn {
    /// What a content is of which these are the first [`START`] bytes, or all; none where it may be the file itself.
    pub fn of(start: &[u8]) -> Option<Self> {
        let pointer = ["https://git-lfs.github.com/spec/", "https://hawser.github.com/spec/"];
        let address = start.strip_prefix(b"version ");
        if start.is_empty() {
            Some(Self::Empty)
        } else if address
            .is_some_and(|address| pointer.iter().any(|known| address.starts_with(known.as_bytes())))
        {
            Some(Self::GitLfsPointer)
        } else {
            (Markup::of(start) == Some(Markup::Page)).then_some(Self::WebPage)
        }
    }

    /// What the file at `path` is.
    ///
    /// # Errors
    /// If it is no regular file or cannot be read.
    pub fn at(path: &Path) -> io::Result<Option<Self>> {
        let mut start = Vec::new();
        super::open(path)?.0.take(START).read_to_end(&mut start)?;
        Ok(Self::of(&start))
    }

    /// What it is and what to do, as the end of a sentence that begins with the file's name and "is".
    pub fn words(self) -> &'static str {
        match self {
            Self::Empty => "empty; copy it or download it again",
            Self::GitLfsPointer => "a Git LFS pointer, not the file itself; run `git lfs pull` in its folder",
            Self::WebPage => "a web page, not the file itself; download the file itself",
        }
    }
}

/// What a text in angle brackets is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// A web page.
    Page,
    /// A drawing in SVG.
    Drawing,
}

impl Markup {
    /// What a content is that begins so; none where it is neither.
    pub fn of(start: &[u8]) -> Option<Self> {
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
        if !text.starts_with(b"<") {
            return None;
        }
        let text = text.to_ascii_lowercase();
        let place = |element: &[u8]| text.windows(element.len()).position(|window| window == element);
        let first = |elements: &[&[u8]]| elements.iter().filter_map(|element| place(element)).min();
        let page = first(&[b"<!doctype html", b"<html", b"<head", b"<body"]);
        let drawing = first(&[b"<!doctype svg", b"<svg"]);
        // A page may have drawings in it, and a drawing may quote a page.
        match (page, drawing) {
            (Some(page), Some(drawing)) if drawing < page => Some(Self::Drawing),
            (Some(_), _) => Some(Self::Page),
            (None, Some(_)) => Some(Self::Drawing),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_stands_in_a_files_place_is_known_by_how_it_begins() {
        let cases: [(&[u8], Option<StandIn>); 9] = [
            (b"", Some(StandIn::Empty)),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
                Some(StandIn::GitLfsPointer),
            ),
            (b"version https://hawser.github.com/spec/v1\n", Some(StandIn::GitLfsPointer)),
            (b"\xef\xbb\xbf\r\n<HTML lang=en>", Some(StandIn::WebPage)),
            (b"<!DOCTYPE html><html><body><svg>", Some(StandIn::WebPage)),
            (b"<svg><foreignObject><body>", None),
            (b"version https://example.com/spec/", None),
            (b"\x93NUMPY\x01\0", None),
            (b"\0\0\x08\x03", None),
        ];
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.pth");
        for (start, expected) in cases {
            assert_eq!(StandIn::of(start), expected, "{}", start.escape_ascii());
            std::fs::write(&path, start).unwrap();
            assert_eq!(StandIn::at(&path).unwrap(), expected);
        }
        assert_eq!(StandIn::at(dir.path()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
