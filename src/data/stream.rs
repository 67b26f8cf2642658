//! Images in their own size, a few at a time: for measuring, where resizing or holding all would be wrong.

mod check;

use std::collections::VecDeque;
use std::path::Path;

use rayon::prelude::*;

use super::decode::Decoded;
use super::limits::STREAM_MEMORY;
use super::reader::{FoundImages, OwnImages, UndecodedImage, not_an_image};
use super::{DataError, ImageCounts};

pub(super) use check::{check_files, check_known};

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

/// A source that is read some images at a time, in an order that depends on nothing but the source. No more of it
/// is held.
pub struct Stream {
    counts: ImageCounts,
    /// Those that come next, before all others.
    ahead: VecDeque<UndecodedImage>,
    images: Box<dyn OwnImages>,
}

impl Stream {
    /// The images that were found at `path`.
    pub(super) fn new(name: String, path: &Path, images: FoundImages) -> Result<Self, DataError> {
        let FoundImages { found, count, skipped, notes, images, .. } = images;
        let counts = ImageCounts { notes, ..ImageCounts::new(&name, found, count, &skipped) };
        if count == 0 {
            return Err(counts.no_images(path));
        }
        Ok(Self { counts, ahead: VecDeque::new(), images })
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

    /// Looks for files that cannot be read, as far as that is found in a short time; there are none in a data set.
    ///
    /// # Errors
    /// If there are some, with their number and the first of them.
    pub fn check(&self) -> Result<(), DataError> {
        self.images.check()
    }

    /// The next images, those of one size that follow each other together; none at the end. Of images that take much
    /// memory fewer than the `most` that were asked for: at least one, and a large one alone.
    ///
    /// # Errors
    /// If a file that is a picture by its name or content cannot be read, with its name: to leave it out would
    /// change what is measured. If the source is damaged.
    pub fn read(&mut self, most: usize) -> Result<Vec<Pictures>, DataError> {
        let mut groups = Vec::new();
        let (mut count, mut bytes) = (0, 0);
        while count < most && bytes <= STREAM_MEMORY {
            let mut part = self.next_part(rayon::current_num_threads().clamp(1, most - count))?;
            if part.is_empty() {
                break;
            }
            let small: Vec<_> = part.par_iter().map(|image| image.decode_small(BACKGROUND)).collect();
            for (place, image) in small.into_iter().enumerate() {
                // The first that cannot be read is named, however many there are.
                let Some(image) = image? else {
                    let alone = count == 0;
                    let rest = part.split_off(place + usize::from(alone));
                    rest.into_iter().rev().for_each(|image| self.ahead.push_front(image));
                    if let Some(large) = part.get(place) {
                        let large = large.decode(BACKGROUND, |image| image)?;
                        add(&mut groups, large.map_err(not_an_image)?);
                    }
                    return Ok(groups);
                };
                bytes += image.pixels.len();
                add(&mut groups, image);
                count += 1;
            }
        }
        Ok(groups)
    }

    /// At most `most` of the images that come next; none at the end.
    fn next_part(&mut self, most: usize) -> Result<Vec<UndecodedImage>, DataError> {
        let ahead = self.ahead.drain(..most.min(self.ahead.len())).map(Ok);
        ahead.chain(&mut self.images).take(most).collect()
    }
}

/// Adds an image to the last group, or to a new one where it has another size.
fn add(groups: &mut Vec<Pictures>, Decoded { pixels, size }: Decoded) {
    let [width, height] = size.map(|extent| extent as usize);
    match groups.last_mut().filter(|group| [group.width, group.height] == [width, height]) {
        Some(group) => group.pixels.extend(pixels),
        None => groups.push(Pictures { width, height, pixels }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::Cell;
    use std::fs;
    use std::io::Write;
    use std::rc::Rc;

    use super::*;
    use crate::data::reader::ImageLabels;
    use crate::data::{DataConfig, Source, Split, load};
    use crate::input::measure::{in_process, process};

    /// Images of a pixel that count how many were asked for.
    struct Counted(Rc<Cell<usize>>);

    impl Iterator for Counted {
        type Item = Result<UndecodedImage, DataError>;

        fn next(&mut self) -> Option<Self::Item> {
            self.0.set(self.0.get() + 1);
            let decode = Box::new(|| Ok(Decoded { pixels: vec![7; 3], size: [1; 2] }));
            Some(Ok(UndecodedImage::Data { bytes: 3, decode }))
        }
    }

    impl OwnImages for Counted {
        fn labels(self: Box<Self>, _: &[usize]) -> ImageLabels {
            ImageLabels::default()
        }
    }

    #[test]
    fn no_more_images_are_read_than_are_asked_for() {
        let asked = Rc::new(Cell::new(0));
        let images = Box::new(Counted(Rc::clone(&asked)));
        let (skipped, notes) = (Vec::new(), Vec::new());
        let found = FoundImages { found: 90, count: 90, all_usable: true, skipped, notes, images };
        let mut stream = Stream::new("x".to_owned(), Path::new("x"), found).unwrap();
        assert_eq!((stream.len(), asked.get()), (90, 0));
        for (most, all) in [(1, 1), (50, 51), (0, 51), (7, 58)] {
            let read: usize = stream.read(most).unwrap().iter().map(Pictures::len).sum();
            assert_eq!((read, asked.get()), (most, all));
        }
    }

    /// Not a test but the process of the next one.
    #[test]
    fn reading_process() {
        in_process(|source| {
            let source: Source = source.parse().unwrap();
            let mut stream = source.stream(Split::Train).unwrap();
            let mut sum = 0;
            for number in 0..stream.len() {
                let groups = stream.read(1).unwrap();
                assert_eq!((groups.len(), groups[0].pixels.len()), (1, 3 << 20), "image {number}");
                sum += u32::from(groups[0].pixels[3 * number]);
            }
            let set = load(&source, &DataConfig::default().options(8, Split::Train)).unwrap().set;
            format!("{} images, {sum}, {}", set.len(), set.pixels().len())
        });
    }

    #[test]
    fn files_larger_than_memory_may_be_are_streamed_for_scores_and_sets() {
        // 64 images of a megapixel that hardly pack.
        let (side, count) = (1_024, 64);
        let noise = |place: u32| {
            (place.wrapping_mul(0x9e37_79b1) >> 13 ^ place.wrapping_mul(0x85eb_ca77) >> 24) as u8
        };
        let pixels: Vec<u8> = (0..count * side * side).map(noise).collect();
        let sum: u32 = (0..count).map(|image| u32::from(noise(image * side * side + image))).sum();
        let idx = [&[0, 0, 8, 3][..], &[count, side, side].map(u32::to_be_bytes).concat(), &pixels].concat();
        let text =
            format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({count}, {side}, {side}), }}\n");
        let npy =
            [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), &pixels].concat();
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["plain", "packed"] {
            fs::create_dir(at(folder)).unwrap();
        }
        fs::write(at("plain/train-images-idx3-ubyte"), &idx).unwrap();
        let file = fs::File::create(at("packed/train-images-idx3-ubyte.gz")).unwrap();
        let mut packer = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packer.write_all(&idx).unwrap();
        packer.finish().unwrap();
        fs::write(at("a.npy"), &npy).unwrap();
        let mut archive = zip::ZipWriter::new(fs::File::create(at("a.npz")).unwrap());
        archive.start_file("images.npy", zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&npy).unwrap();
        archive.finish().unwrap();
        for source in ["idx:plain", "idx:packed", "numpy:a.npy", "numpy:a.npz"] {
            let (prefix, name) = source.split_once(':').unwrap();
            let process =
                process("data::stream::tests::reading_process", &format!("{prefix}:{}", at(name).display()));
            assert_eq!(process.outcome, format!("64 images, {sum}, {}", 64 * 192), "{source}");
            process.within(40);
        }
    }

    #[test]
    fn damage_behind_the_last_image_is_found_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer
            .write_all(&[&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1][..], &[5, 6, 7]].concat())
            .unwrap();
        fs::write(dir.path().join("train-images-idx3-ubyte.gz"), packer.finish().unwrap()).unwrap();
        let source: Source = format!("idx:{}", dir.path().display()).parse().unwrap();
        let mut stream = source.stream(Split::Train).unwrap();
        assert_eq!(stream.read(1).unwrap(), [Pictures { width: 1, height: 1, pixels: vec![5; 3] }]);
        let error = stream.read(1).unwrap_err().to_string();
        assert!(error.contains("is damaged: bytes follow after its declared end"), "{error}");
        assert_eq!(
            load(&source, &DataConfig::default().options(8, Split::Train)).unwrap_err().to_string(),
            error
        );
    }

    #[test]
    fn a_folder_is_read_in_order_and_in_its_own_sizes() {
        let dir = tempfile::tempdir().unwrap();
        for (name, [width, height], red) in
            [("a.png", [5, 3], 10), ("b.png", [5, 3], 20), ("c.png", [2, 2], 30), ("d.png", [5, 3], 40)]
        {
            let image = image::RgbImage::from_pixel(width, height, image::Rgb([red, 0, 255]));
            image.save(dir.path().join(name)).unwrap();
        }
        let open = || Source::folder(dir.path()).stream(Split::Train).unwrap();
        let mut stream = open();
        assert_eq!(stream.len(), 4);
        let groups = stream.read(4).unwrap();
        assert_eq!(stream.read(1).unwrap(), []);
        let sizes: Vec<[usize; 3]> =
            groups.iter().map(|group| [group.len(), group.width, group.height]).collect();
        assert_eq!(sizes, [[2, 5, 3], [1, 2, 2], [1, 5, 3]]);
        let values = groups[0].values();
        assert_eq!(values.len(), 2 * 3 * 15);
        assert_eq!([values[0], values[15], values[30]], [10.0 / 127.5 - 1.0, -1.0, 1.0]);
        assert_eq!(values[45], 20.0 / 127.5 - 1.0);
        for name in [".DS_Store", "dataset.json"] {
            fs::write(dir.path().join(name), "no image").unwrap();
        }
        let mut stream = open();
        assert_eq!((stream.len(), stream.counts().found, stream.counts().left_out()), (4, 6, 2));
        assert_eq!(stream.read(4).unwrap(), groups);
        fs::write(dir.path().join("e.png"), "no image").unwrap();
        let mut stream = open();
        assert_eq!(stream.read(3).unwrap(), groups[..2]);
        let error = stream.read(2).unwrap_err().to_string();
        assert!(error.contains("e.png") && error.contains("leave"), "{error}");
    }

    #[test]
    fn toys_come_in_their_own_size() {
        let mut stream = Source::toys().stream(Split::Test).unwrap();
        assert_eq!(stream.len(), super::super::toys::TEST);
        stream.read(7).unwrap();
        let groups = stream.read(3).unwrap();
        assert_eq!((groups.len(), groups[0].len(), groups[0].width), (1, 3, 32));
        let set = super::super::toys::toys(Split::Test, 10, 32, 0, &|_, _| {}).unwrap();
        assert_eq!(groups[0].pixels, set.pixels()[7 * 3_072..]);
    }

    #[test]
    fn data_sets_of_any_size_keep_it() {
        let dir = tempfile::tempdir().unwrap();
        // Larger than what is trained on, smaller, and not square.
        for [height, width] in [[300, 20], [3, 5], [28, 28], [300, 300]] {
            let pixels: Vec<u8> = (0..2 * height * width).map(|place| (place % 251) as u8).collect();
            let dims = [2, height, width].map(|dim| (dim as u32).to_be_bytes()).concat();
            fs::write(
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
            fs::write(&file, [&head.concat()[..], &pixels].concat()).unwrap();
            for source in [format!("idx:{}", dir.path().display()), format!("numpy:{}", file.display())] {
                let open = || source.parse::<Source>().unwrap().stream(Split::Train).unwrap();
                let mut stream = open();
                assert_eq!((stream.len(), stream.counts().found), (2, 2));
                let groups = stream.read(2).unwrap();
                let coloured: Vec<u8> = pixels.iter().flat_map(|&value| [value; 3]).collect();
                let own = Pictures { width, height, pixels: coloured };
                assert_eq!(groups, std::slice::from_ref(&own), "{source}");
                assert_eq!(stream.read(1).unwrap(), []);
                let mut stream = open();
                for number in 0..2 {
                    let one = &own.pixels[number * 3 * height * width..][..3 * height * width];
                    assert_eq!(stream.read(1).unwrap()[0].pixels, one);
                }
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
        let mut stream = Source::folder(dir.path()).stream(Split::Train).unwrap();
        for size in [[1, 3, 3], [1, 6_000, 4_000], [1, 3, 3]] {
            let groups = stream.read(3).unwrap();
            let sizes: Vec<_> = groups.iter().map(|group| [group.len(), group.width, group.height]).collect();
            assert_eq!(sizes, [size]);
        }
        assert_eq!(stream.read(3).unwrap(), []);
    }
}
