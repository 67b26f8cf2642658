//! Images of any source brought to one side and put together into a set.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::decode::Decoded;
use super::reader::{FoundImages, ImageLabels, OwnImages, UndecodedImage};
use super::resize::Fit;
use super::{DataError, ImageCounts, ImageSet, LoadOptions, Loaded, Report};

/// Images that are decoded before their pixels are put together: a bound on memory.
const AT_ONCE: usize = 256;
/// What is said of images such as masks and binary data sets.
const FAINT: &str =
    "no value of a pixel is above 1, where 255 is white: multiply them by 255, or they are learned as black";
/// Bytes of undecoded images, after which no more are read before these are decoded.
const MOST_UNDECODED: usize = 8 << 20;

/// Reads the images that were found at `path` into a set of `options.side`.
///
/// # Errors
/// If none can be used, they do not fit in memory, the source is damaged, or the caller gave up.
pub(super) fn load_set(
    name: String,
    path: &Path,
    images: FoundImages,
    options: &LoadOptions,
) -> Result<Loaded, DataError> {
    let FoundImages { found, count, all_usable, mut skipped, mut notes, mut images } = images;
    if all_usable {
        options.fits_memory(count)?;
    }
    let (mut pixels, mut sizes, mut used) = (Vec::new(), Vec::new(), Vec::new());
    let (mut read, done) = (0, AtomicUsize::new(0));
    loop {
        let part = next_part(&mut *images, options)?;
        if part.is_empty() {
            if images.hand_out_more(&used) {
                continue;
            }
            break;
        }
        let decode = |kept: &mut Option<Fit>, image: &UndecodedImage| {
            // A large one takes a second.
            options.go_on()?;
            let image =
                image.decode(options.background, |image| (image.size, square(image, options.side, kept)));
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(100) || done == count {
                // Those in place of others were not counted.
                (options.progress)(done.min(count), count);
            }
            image
        };
        let decoded: Vec<_> = part.par_iter().map_init(|| None, decode).collect();
        for (number, image) in (read..).zip(decoded) {
            match image? {
                Ok((size, square)) => {
                    pixels.extend(square);
                    sizes.push(size);
                    used.push(number);
                }
                Err(file) => skipped.push(file),
            }
        }
        read += part.len();
        options.fits_memory(used.len())?;
    }
    if used.is_empty() {
        return Err(ImageCounts::new(&name, found, 0, &skipped).no_images(path));
    }
    let ImageLabels { labels, classes, notes: of_labels, skipped: of_classes } = images.labels(&used);
    notes.extend(of_labels);
    skipped.extend(of_classes);
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    if pixels.iter().all(|&value| value <= 1) && pixels.contains(&1) {
        notes.push(FAINT.to_owned());
    }
    let set = ImageSet::new(name, options.side, pixels, labels, classes)?;
    let report = Report { skipped, notes, ..Report::of(&set, options.split, found, sizes) };
    Ok(Loaded { set, report })
}

/// The next images, as many as are decoded together; none at the end.
fn next_part(images: &mut dyn OwnImages, options: &LoadOptions) -> Result<Vec<UndecodedImage>, DataError> {
    let (mut part, mut bytes) = (Vec::new(), 0);
    while part.len() < AT_ONCE && bytes < MOST_UNDECODED {
        options.go_on()?;
        let Some(image) = images.next().transpose()? else { break };
        if let UndecodedImage::Data { bytes: more, .. } = &image {
            bytes += more;
        }
        part.push(image);
    }
    Ok(part)
}

/// An image's middle square at `side`, `[side, side, 3]`. What brought the last image there is kept for others of its
/// size.
fn square(Decoded { pixels, size }: Decoded, side: usize, kept: &mut Option<Fit>) -> Vec<u8> {
    let [width, height] = size.map(|extent| extent as usize);
    if [width, height] == [side; 2] {
        return pixels;
    }
    let fit = kept.take().filter(|fit| fit.is_from(width, height));
    kept.insert(fit.unwrap_or_else(|| Fit::new(width, height, side))).apply(&pixels)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::data::{DataConfig, Source, Split, load, toys};

    /// Bytes that repeat after a prime number.
    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|place| (place * 7 % 251) as u8).collect()
    }

    /// A folder with pictures of several sizes, and data sets of all kinds of which each has three images or more.
    fn sources(dir: &Path) -> Vec<String> {
        let at = |name: &str| dir.join(name).display().to_string();
        for name in ["pictures/cat", "pictures/dog", "cifar", "stl"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for (number, (width, height)) in [(9, 5), (9, 5), (16, 16), (3, 40)].into_iter().enumerate() {
            let image =
                image::RgbImage::from_raw(width, height, bytes((3 * width * height) as usize)).unwrap();
            let class = ["cat", "dog"][number % 2];
            image.save(dir.join("pictures").join(class).join(format!("{number}.png"))).unwrap();
        }
        for number in 1..=5u8 {
            let record = [&[number], &bytes(3_072 + usize::from(number))[usize::from(number)..]].concat();
            fs::write(at(&format!("cifar/data_batch_{number}.bin")), record).unwrap();
        }
        fs::write(at("stl/train_X.bin"), bytes(2 * 27_648)).unwrap();
        fs::write(at("stl/unlabeled_X.bin"), bytes(27_648)).unwrap();
        let header = |kind: u8, dims: &[u32]| {
            let dims: Vec<u8> = dims.iter().flat_map(|dim| dim.to_be_bytes()).collect();
            [&[0, 0, kind, dims.len() as u8 / 4][..], &dims].concat()
        };
        let images = [header(8, &[5, 30, 20]), bytes(3_000)].concat();
        fs::write(at("emnist-letters-train-images-idx3-ubyte"), images).unwrap();
        let text = "{'descr': '<u2', 'fortran_order': True, 'shape': (4, 3, 6, 11), }\n";
        let numbers: Vec<u8> = bytes(792).into_iter().flat_map(|value| [value, 0]).collect();
        let array = [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), &numbers];
        fs::write(at("a.npy"), array.concat()).unwrap();
        ["pictures", "cifar10:cifar", "stl10:stl", "idx:", "numpy:a.npy"]
            .map(|source| match source.split_once(':') {
                Some((prefix, name)) => format!("{prefix}:{}", at(name)),
                None => at(source),
            })
            .to_vec()
    }

    #[test]
    fn a_set_has_the_images_of_the_stream_brought_to_its_side() {
        let dir = tempfile::tempdir().unwrap();
        for source in sources(dir.path()) {
            let source: Source = source.parse().unwrap();
            let mut stream = source.stream(Split::Train).unwrap();
            let mut own = Vec::new();
            loop {
                let groups = stream.read(2).unwrap();
                if groups.is_empty() {
                    break;
                }
                for group in groups {
                    let fit = Fit::new(group.width, group.height, 16);
                    let images = group.pixels.chunks_exact(3 * group.width * group.height);
                    own.extend(images.map(|image| fit.apply(image)));
                }
            }
            let config = DataConfig::default();
            let Loaded { set, report } = load(&source, &config.options(16, Split::Train)).unwrap();
            assert_eq!((own.len(), own.concat().as_slice()), (stream.len(), set.pixels()), "{source}");
            // In scoring nothing is said of labels.
            let of_labels = |note: &String| note.ends_with("the images have no labels");
            let mut counts = report.counts();
            counts.notes.retain(|note| !of_labels(note));
            assert_eq!(stream.counts(), &counts);
            // A limit takes some of them, with the labels that they had.
            let options = DataConfig { limit: Some(2), ..config }.options(16, Split::Train);
            let some = load(&source, &options).unwrap().set;
            let chosen: Vec<u32> =
                options.choose(own.len()).into_iter().map(|number| number as u32).collect();
            let pixels: Vec<u8> = chosen.iter().flat_map(|&number| own[number as usize].clone()).collect();
            assert_eq!(some.pixels(), pixels, "{source}");
            if let (Some(labels), Some(all)) = (some.labels(), set.labels_of(&chosen)) {
                let class = |labels: &[u16], of: &ImageSet| -> Vec<String> {
                    labels.iter().map(|&label| of.classes()[usize::from(label)].clone()).collect()
                };
                assert_eq!(class(labels, &some), class(&all, &set), "{source}");
            }
        }
        let set = load(
            &Source::toys(),
            &DataConfig { toys_count: 12, ..DataConfig::default() }.options(16, Split::Train),
        );
        let drawn = toys::toys(Split::Train, 12, 16, 0, &|_, _| {}).unwrap();
        assert_eq!(set.unwrap().set.hash(), drawn.hash());
    }

    #[test]
    fn a_load_is_given_up_between_two_images_that_are_decoded_together() {
        let dir = tempfile::tempdir().unwrap();
        let picture = dir.path().join("000.png");
        image::RgbImage::new(1, 1).save(&picture).unwrap();
        for number in 1..AT_ONCE {
            fs::copy(&picture, dir.path().join(format!("{number:03}.png"))).unwrap();
        }
        let (seen, stopped) = (Mutex::new(Vec::new()), AtomicBool::new(false));
        let progress = |done: usize, _: usize| {
            seen.lock().unwrap().push(done);
            stopped.store(true, Ordering::Relaxed);
        };
        let stop = || stopped.load(Ordering::Relaxed);
        let config = DataConfig::default();
        let options = LoadOptions { progress: &progress, stop: &stop, ..config.options(8, Split::Train) };
        assert!(matches!(load(&Source::folder(dir.path()), &options), Err(DataError::Stopped)));
        assert_eq!(*seen.lock().unwrap(), [100]);
    }

    #[test]
    fn progress_counts_the_images_up_to_the_last() {
        let most = AtomicUsize::new(0);
        let progress = |done: usize, total: usize| {
            assert!(done <= total && total == 250);
            most.fetch_max(done, Ordering::Relaxed);
        };
        let config = DataConfig { toys_count: 300, limit: Some(250), ..DataConfig::default() };
        let options = LoadOptions { progress: &progress, ..config.options(8, Split::Train) };
        assert_eq!(load(&Source::toys(), &options).unwrap().set.len(), 250);
        assert_eq!(most.into_inner(), 250);
    }
}
