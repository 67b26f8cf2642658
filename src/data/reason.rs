//! Why something that lies among the images is not used: one list, and one wording for all who say it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use crate::input::shown;

/// The formats of pictures that are read, as a part of a sentence.
macro_rules! formats {
    () => {
        "png, jpeg, gif, bmp, webp, tiff"
    };
}

/// The formats of pictures that are read, as a part of a sentence.
pub(super) const FORMATS: &str = formats!();

/// A kind of reason to leave a file or a folder out. Run folders keep it by its name in JSON, so that one may be
/// added and none renamed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A hidden file or folder, or one that a system or a notebook keeps beside pictures.
    Hidden,
    /// A file that is no picture by its name, nor by its content.
    NoPicture,
    /// A picture by its name whose content is in none of the formats that are read.
    UnknownFormat,
    /// A picture of Apple's phones and others, HEIC or HEIF.
    Heic,
    /// An AVIF picture.
    Avif,
    /// A JPEG XL picture.
    JpegXl,
    /// A JPEG 2000 picture.
    Jpeg2000,
    /// A document of Photoshop.
    Photoshop,
    /// A drawing in SVG.
    Svg,
    /// What a camera keeps before it makes a picture of it: DNG, CR2, NEF and others.
    CameraRaw,
    /// A picture in another format that is known and not read.
    OtherFormat,
    /// A TIFF file of a kind that is not read.
    UnreadTiff,
    /// A file without content.
    Empty,
    /// A JPEG file of a kind that is not read.
    UnreadJpeg,
    /// A video.
    Video,
    /// What Git leaves in place of a large file that it has not fetched.
    GitLfsPointer,
    /// A web page that was saved in place of the picture on it.
    WebPage,
    /// An archive, which may hold pictures.
    Archive,
    /// The folder of a run of this program, with what it generated.
    RunFolder,
    /// A folder in which a program keeps what it installed or what it logged.
    ProgramFolder,
    /// A picture that lies beside the folders that pictures are read from.
    Stray,
    /// The data of the picture ends before the picture does.
    CutOff,
    /// The content contradicts itself.
    Damaged,
    /// It has more bytes or pixels than a picture may.
    TooLarge,
    /// Decoding it takes more memory than a picture may.
    TooMuchMemory,
    /// The operating system refused to read it.
    Unreadable,
    /// A pipe, a device or a socket.
    NotAFile,
    /// A link to a folder that another link has led to before.
    SameFolder,
    /// A link to a folder that it lies in.
    LinkBack,
}

impl Reason {
    /// The reason in words, which follow a path and a colon, or a number of files.
    pub fn words(self) -> &'static str {
        match self {
            Self::Hidden => "hidden, or kept there by a system or a notebook",
            Self::NoPicture => "no picture by name or content",
            Self::UnknownFormat => concat!("not an image in one of the formats ", formats!()),
            Self::Heic => "HEIC, which is not read: convert it to JPEG or PNG",
            Self::Avif => "AVIF, which is not read: convert it to JPEG or PNG",
            Self::JpegXl => "JPEG XL, which is not read: convert it to JPEG or PNG",
            Self::Jpeg2000 => "JPEG 2000, which is not read: convert it to JPEG or PNG",
            Self::Photoshop => "a Photoshop document, which is not read: save it as PNG",
            Self::Svg => "an SVG drawing, which is not read: export it as PNG",
            Self::CameraRaw => "a camera's raw file, which is not read: convert it to JPEG or PNG",
            Self::OtherFormat => "a picture format that is not read: convert it to JPEG or PNG",
            Self::UnreadTiff => {
                "a kind of TIFF that is not read: save it as PNG, or as TIFF without compression"
            }
            Self::UnreadJpeg => "a kind of JPEG that is not read: save it as PNG, or as an ordinary JPEG",
            Self::Empty => "empty",
            Self::Video => "a video, which is not read: save its frames as JPEG or PNG",
            Self::GitLfsPointer => "a Git LFS pointer, not the picture: run `git lfs pull`",
            Self::WebPage => "a web page, not the picture: download the picture itself",
            Self::Archive => "an archive, which is not looked into: unpack it",
            Self::RunFolder => "the folder of a run, whose pictures are generated",
            Self::ProgramFolder => "kept there by a program: installed packages, or the log of a training",
            Self::Stray => "beside the folders that are read",
            Self::CutOff => "cut off: its data ends before the picture does",
            Self::Damaged => "damaged",
            Self::TooLarge => "larger than a picture may be",
            Self::TooMuchMemory => "needs more memory than a picture may",
            Self::Unreadable => "cannot be read",
            Self::NotAFile => "neither a file nor a folder",
            Self::SameFolder => "another link to the same folder",
            Self::LinkBack => "a link back to a folder above it",
        }
    }

    /// Whether a set of images without it is still what its folder's owner takes it for. To leave anything else
    /// out would change what a score measures.
    pub(super) fn is_harmless(self) -> bool {
        matches!(
            self,
            Self::Hidden
                | Self::NoPicture
                | Self::Archive
                | Self::RunFolder
                | Self::ProgramFolder
                | Self::Video
                | Self::Stray
                | Self::NotAFile
                | Self::SameFolder
                | Self::LinkBack
        )
    }
}

/// A reason with what is particular to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    /// The kind of reason.
    pub reason: Reason,
    detail: Option<String>,
}

impl Cause {
    /// A reason with particulars.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: Some(detail.into()) }
    }
}

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: None }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.words())?;
        self.detail.iter().try_for_each(|detail| write!(f, ": {detail}"))
    }
}

/// A file or a folder that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Where it lies. JSON has a mark in it for what is no UTF-8.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// Why, as a kind.
    pub kind: Reason,
    /// Why, in words, with what is particular to it.
    pub reason: String,
}

impl Skipped {
    pub(super) fn new(path: &Path, cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        Self { path: path.to_owned(), kind: cause.reason, reason: cause.to_string() }
    }
}

/// As people read it: `a/b.txt: no picture by name or content`.
impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", shown(&self.path), self.reason)
    }
}

fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}
