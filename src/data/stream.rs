//! Images in their own size, a few at a time: for measuring, where resizing or holding all would be wrong.

mod check;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::decode::{Decoded, decode, decode_small};
use super::limits::STREAM_MEMORY;
use super::reason::Cause;
use super::{DataError, ImageCounts};

use check::check_files;

/// Transparent pixels lie on white.
const BACKGROUND: [u8; 3] = [u8::MAX; 3];

/// Images of one size, as 8-bit RGB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `[len, height, width, 3]`.
    pub pixels: Vec<u8>,
}

impl Pictures {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.pixels.len() / (3 * self.width * self.height).max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// `[len, 3, height, width]`, scaled by `x / 127.5 - 1` to `[-1, 1]`.
    pub fn values(&self) -> Vec<f32> {
        let plane = self.width * self.height;
        let mut values = vec![0.0; self.pixels.len()];
        let images = values.chunks_exact_mut(3 * plane).zip(self.pixels.chunks_exact(3 * plane));
        for (out, image) in images {
            for (position, pixel) in image.chunks_exact(3).enumerate() {
                for (channel, &value) in pixel.iter().enumerate() {
                    out[channel * plane + position] = f32::from(value) / 127.5 - 1.0;
                }
            }
        }
        values
    }
}

/// A source that is read some images at a time, in an order that depends on nothing but the source.
pub struct Stream {
    counts: ImageCounts,
    from: From,
}

enum From {
    /// Files that are decoded when they are read. Transparent pixels lie on white.
    Files(Vec<PathBuf>),
    /// Images of a public data set.
    Images(Pictures),
}

/// Takes images of one size while they are loaded.
#[derive(Debug, Default)]
pub(super) struct OwnSizes(Mutex<Option<Pictures>>);

impl OwnSizes {
    /// Adds images of this width and height, `[n, height, width, 3]`.
    pub fn push(&self, [width, height]: [usize; 2], pixels: &[u8]) {
        let mut images = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let none = || Pictures { width, height, pixels: Vec::new() };
        images.get_or_insert_with(none).pixels.extend(pixels);
    }
}

impl Stream {
    /// Files that are decoded when they are read.
    pub(super) fn of_files(counts: ImageCounts, files: Vec<PathBuf>) -> Self {
        Self { counts, from: From::Files(files) }
    }

    /// Images that are held in memory.
    pub(super) fn of_images(counts: ImageCounts, images: OwnSizes) -> Self {
        let images = images.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let images = images.unwrap_or(Pictures { width: 1, height: 1, pixels: Vec::new() });
        Self { counts, from: From::Images(images) }
    }

    /// The source as the user wrote it.
    pub fn name(&self) -> &str {
        &self.counts.source
    }

    /// How many images there are, and what was left out.
    pub fn counts(&self) -> &ImageCounts {
        &self.counts
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.counts.used
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks for files that cannot be read, as [`check_files`] does; there are none in a data set.
    ///
    /// # Errors
    /// If there are some, with their number and the first of them.
    pub fn check(&self) -> Result<(), DataError> {
        match &self.from {
            From::Files(files) => check_files(files),
            From::Images(_) => Ok(()),
        }
    }

    /// The images of these numbers, in their order, those of one size that follow each other together. Of images
    /// that take much memory fewer than were asked for, from the first on: at least one, and a large one alone.
    ///
    /// # Errors
    /// If a file that is a picture by its name or content cannot be read, with its name: to leave it out would
    /// change what is measured.
    pub fn read(&self, numbers: std::ops::Range<usize>) -> Result<Vec<Pictures>, DataError> {
        let images: Vec<Decoded> = match &self.from {
            From::Images(Pictures { width, height, pixels }) => {
                if numbers.is_empty() {
                    return Ok(Vec::new());
                }
                let bytes = 3 * width * height;
                let pixels = pixels[numbers.start * bytes..numbers.end * bytes].to_vec();
                return Ok(vec![Pictures { width: *width, height: *height, pixels }]);
            }
            From::Files(files) => read_files(&files[numbers])?,
        };
        let mut groups: Vec<Pictures> = Vec::new();
        for Decoded { pixels, size } in images {
            let [width, height] = size.map(|extent| extent as usize);
            match groups.last_mut().filter(|group| [group.width, group.height] == [width, height]) {
                Some(group) => group.pixels.extend(pixels),
                None => groups.push(Pictures { width, height, pixels }),
            }
        }
        Ok(groups)
    }
}

/// The first of these images, as many as fit in [`STREAM_MEMORY`]; at least one, where there is one.
fn read_files(files: &[PathBuf]) -> Result<Vec<Decoded>, DataError> {
    let (mut images, mut bytes) = (Vec::new(), 0);
    for part in files.chunks(rayon::current_num_threads().max(1)) {
        let small: Vec<_> = part.par_iter().map(|path| decode_small(path, BACKGROUND)).collect();
        for (path, image) in part.iter().zip(small) {
            // The first that cannot be read is named, however many there are.
            match image.map_err(|cause| not_an_image(path, &cause))? {
                Some(image) => {
                    bytes += image.pixels.len();
                    images.push(image);
                }
                None if images.is_empty() => {
                    let large = decode(path, BACKGROUND, |image| image);
                    return large.map(|image| vec![image]).map_err(|cause| not_an_image(path, &cause));
                }
                None => return Ok(images),
            }
        }
        if bytes > STREAM_MEMORY {
            break;
        }
    }
    Ok(images)
}

fn not_an_image(path: &Path, cause: &Cause) -> DataError {
    DataError::NotAnImage { path: path.to_owned(), why: cause.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::data::{Source, Split};

    #[test]
    fn a_folder_is_read_in_order_and_in_its_own_sizes() {
        let dir = tempfile::tempdir().unwrap();
        for (name, [width, height], red) in
            [("a.png", [5, 3], 10), ("b.png", [5, 3], 20), ("c.png", [2, 2], 30), ("d.png", [5, 3], 40)]
        {
            let image = image::RgbImage::from_pixel(width, height, image::Rgb([red, 0, 255]));
            image.save(dir.path().join(name)).unwrap();
        }
        let stream = Source::folder(dir.path()).stream(Split::Train).unwrap();
        assert_eq!(stream.len(), 4);
        let groups = stream.read(0..4).unwrap();
        let sizes: Vec<[usize; 3]> =
            groups.iter().map(|group| [group.len(), group.width, group.height]).collect();
        assert_eq!(sizes, [[2, 5, 3], [1, 2, 2], [1, 5, 3]]);
        let values = groups[0].values();
        assert_eq!(values.len(), 2 * 3 * 15);
        assert_eq!([values[0], values[15], values[30]], [10.0 / 127.5 - 1.0, -1.0, 1.0]);
        assert_eq!(values[45], 20.0 / 127.5 - 1.0);
        for name in [".DS_Store", "dataset.json"] {
            std::fs::write(dir.path().join(name), "no image").unwrap();
        }
        let stream = Source::folder(dir.path()).stream(Split::Train).unwrap();
        assert_eq!((stream.len(), stream.counts().found, stream.counts().left_out()), (4, 6, 2));
        assert_eq!(stream.read(0..4).unwrap(), groups);
        std::fs::write(dir.path().join("e.png"), "no image").unwrap();
        let stream = Source::folder(dir.path()).stream(Split::Train).unwrap();
        let error = stream.read(3..5).unwrap_err().to_string();
        assert!(error.contains("e.png") && error.contains("leave"), "{error}");
    }

    #[test]
    fn toys_come_in_their_own_size() {
        let stream = Source::toys().stream(Split::Test).unwrap();
        assert_eq!(stream.len(), super::super::toys::TEST);
        let groups = stream.read(7..10).unwrap();
        assert_eq!((groups.len(), groups[0].len(), groups[0].width), (1, 3, 32));
    }

    #[test]
    fn data_sets_of_any_size_keep_it() {
        let dir = tempfile::tempdir().unwrap();
        // Larger than what is trained on, smaller, and not square.
        for [height, width] in [[300, 20], [3, 5], [28, 28], [300, 300]] {
            let pixels: Vec<u8> = (0..2 * height * width).map(|place| (place % 251) as u8).collect();
            let dims = [2, height, width].map(|dim| (dim as u32).to_be_bytes()).concat();
            std::fs::write(
                dir.path().join("train-images-idx3-ubyte"),
                [&[0, 0, 8, 3][..], &dims, &pixels].concat(),
            )
            .unwrap();
            let text = format!(
                "{{'descr': '|u1', 'fortran_order': False, 'shape': (2, {height}, {width}), }}{}\n",
                " ".repeat(30)
            );
            let file = dir.path().join("images.npy");
            let head = [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()];
            std::fs::write(&file, [&head.concat()[..], &pixels].concat()).unwrap();
            for source in [format!("idx:{}", dir.path().display()), format!("numpy:{}", file.display())] {
                let stream = source.parse::<Source>().unwrap().stream(Split::Train).unwrap();
                assert_eq!((stream.len(), stream.counts().found), (2, 2));
                let groups = stream.read(0..2).unwrap();
                let coloured: Vec<u8> = pixels.iter().flat_map(|&value| [value; 3]).collect();
                let own = super::Pictures { width, height, pixels: coloured };
                assert_eq!(groups, std::slice::from_ref(&own), "{source}");
                assert_eq!(stream.read(1..2).unwrap()[0].pixels, own.pixels[3 * height * width..]);
                assert_eq!(stream.read(1..1).unwrap(), []);
            }
        }
    }

    #[test]
    fn a_large_image_is_read_alone() {
        let dir = tempfile::tempdir().unwrap();
        for (name, [width, height]) in [("a.png", [3, 3]), ("b.png", [6_000, 4_000]), ("c.png", [3, 3])] {
            let image = image::RgbImage::from_pixel(width, height, image::Rgb([7, 8, 9]));
            image.save(dir.path().join(name)).unwrap();
        }
        let stream = Source::folder(dir.path()).stream(Split::Train).unwrap();
        let sizes = |first: usize| -> Vec<[usize; 3]> {
            let groups = stream.read(first..3).unwrap();
            groups.iter().map(|group| [group.len(), group.width, group.height]).collect()
        };
        assert_eq!(sizes(0), [[1, 3, 3]]);
        assert_eq!(sizes(1), [[1, 6_000, 4_000]]);
        assert_eq!(sizes(2), [[1, 3, 3]]);
    }
}
