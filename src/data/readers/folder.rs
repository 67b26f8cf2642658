//! A folder of image files.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::walk::walk;
use crate::data::decode::{Decoded, decode};
use crate::data::limits::MAX_CLASSES;
use crate::data::options::{LoadOptions, Loaded};
use crate::data::reader::{Reader, SourceKind, SourcePlace};
use crate::data::reason::{Cause, Skipped};
use crate::data::report::Sizes;
use crate::data::resize::Fit;
use crate::data::{DataError, ImageCounts, ImageSet, Report, Split, Stream};

/// Files that are decoded before their pixels are put together: a bound on memory.
const AT_ONCE: usize = 256;

/// Reads every image in a folder and its sub-folders, in the order of their paths. The first-level
/// sub-folders are the classes when there are at least two and every image lies in one.
pub(super) struct Folder;

impl Reader for Folder {
    fn kind(&self) -> SourceKind {
        SourceKind {
            prefix: "",
            label: "Folder",
            about: "A folder of images in any sizes; its sub-folders are classes",
            place: SourcePlace::Folder,
        }
    }

    fn stream(&self, name: String, path: &Path, split: Split) -> Result<Stream, DataError> {
        if split == Split::Test {
            return Err(DataError::NoTestSplit(name));
        }
        let (files, skipped) = walk(path, &|| false)?;
        if let Some(file) = skipped.iter().find(|file| !file.kind.is_harmless()) {
            return Err(DataError::NotAnImage { path: (&file.path).into(), why: file.reason.clone() });
        }
        let counts = ImageCounts::new(&name, files.len() + skipped.len(), files.len(), &skipped);
        if files.is_empty() {
            return Err(no_images(path, &counts));
        }
        Ok(Stream::of_files(counts, files))
    }

    fn load(&self, name: String, path: &Path, options: &LoadOptions) -> Result<Loaded, DataError> {
        if options.split == Split::Test {
            return Err(DataError::NoTestSplit(name));
        }
        let (files, mut skipped) = walk(path, options.stop)?;
        let found = files.len() + skipped.len();
        let chosen = options.choose(files.len());
        let done = AtomicUsize::new(0);
        let mut used = Vec::new();
        let mut sizes = Vec::new();
        let mut pixels = Vec::new();
        for part in chosen.chunks(AT_ONCE) {
            options.go_on()?;
            let results: Vec<Result<DecodedImage, Cause>> = part
                .par_iter()
                .map(|&i| {
                    let picture = read(&files[i], options);
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if done.is_multiple_of(100) || done == chosen.len() {
                        (options.progress)(done, chosen.len());
                    }
                    picture
                })
                .collect();
            for (&i, result) in part.iter().zip(results) {
                match result {
                    Ok(picture) => {
                        pixels.extend(picture.pixels);
                        sizes.push(picture.size);
                        used.push(files[i].as_path());
                    }
                    Err(cause) => skipped.push(Skipped::new(&files[i], cause)),
                }
            }
            options.fits_memory(used.len())?;
        }
        if used.is_empty() {
            return Err(no_images(path, &ImageCounts::new(&name, found, 0, &skipped)));
        }
        let mut notes = Vec::new();
        let (labels, classes) = match classes(path, &used) {
            Some((_, classes)) if classes.len() > MAX_CLASSES => {
                notes.push(format!("{} sub-folders are too many to be classes", classes.len()));
                (None, Vec::new())
            }
            Some((labels, classes)) => (Some(labels), classes),
            None => (None, Vec::new()),
        };
        let set = ImageSet::new(name, options.side, pixels, labels, classes)?;
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        let report = Report {
            skipped,
            sizes: Sizes::of(sizes),
            notes,
            ..Report::of(&set, options.split, found, [0; 2])
        };
        Ok(Loaded { set, report })
    }
}

fn no_images(path: &Path, counts: &ImageCounts) -> DataError {
    let why = if counts.found == 0 { "the folder is empty".into() } else { counts.to_string() };
    DataError::NoImages { path: path.into(), why }
}

/// The label of each used image and the classes' names, where sub-folders make classes.
fn classes(dir: &Path, used: &[&Path]) -> Option<(Vec<u16>, Vec<String>)> {
    let folder_of = |path: &&Path| {
        let mut parts = path.strip_prefix(dir).ok()?.components();
        let first = parts.next()?.as_os_str().to_string_lossy().into_owned();
        parts.next().map(|_| first)
    };
    let folders = used.iter().map(folder_of).collect::<Option<Vec<String>>>()?;
    let classes: Vec<String> = BTreeSet::from_iter(&folders).into_iter().cloned().collect();
    if classes.len() < 2 {
        return None;
    }
    let label = |folder: &String| classes.binary_search(folder).unwrap_or(0) as u16;
    Some((folders.iter().map(label).collect(), classes))
}

/// A decoded image, brought to the target side.
struct DecodedImage {
    /// `[side, side, 3]`.
    pixels: Vec<u8>,
    /// Width and height before.
    size: [u32; 2],
}

/// Decodes one file and brings it to the target side, or says why not.
fn read(path: &Path, options: &LoadOptions) -> Result<DecodedImage, Cause> {
    decode(path, options.background, |Decoded { pixels, size: [width, height] }| {
        let fit = Fit::new(width as usize, height as usize, options.side);
        DecodedImage { pixels: fit.apply(&pixels), size: [width, height] }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{ClassCount, DataConfig, Source, load};
    use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
    use std::fs;

    fn get(dir: &Path) -> Result<Loaded, DataError> {
        get_with(dir, DataConfig::default())
    }

    fn get_with(dir: &Path, config: DataConfig) -> Result<Loaded, DataError> {
        load(&Source::folder(dir), &config.options(16, Split::Train))
    }

    fn colour(colour: [u8; 3], width: u32, height: u32) -> DynamicImage {
        RgbImage::from_pixel(width, height, Rgb(colour)).into()
    }

    fn near(image: &[u8], colour: [u8; 3]) -> bool {
        image.chunks(3).all(|pixel| pixel.iter().zip(colour).all(|(&a, b)| a.abs_diff(b) <= 4))
    }

    #[test]
    fn every_format_is_known_by_its_content_in_the_order_of_paths() {
        let dir = tempfile::tempdir().unwrap();
        let formats =
            [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP];
        for (i, format) in formats.into_iter().enumerate() {
            // The extension lies or is missing.
            let name = ["0.jpg", "1.PNG", "sub/2.gif", "sub/3", "sub/4.txt"][i];
            fs::create_dir_all(dir.path().join("sub")).unwrap();
            colour([200, 100, 40 * i as u8], 20, 30).save_with_format(dir.path().join(name), format).unwrap();
        }
        let Loaded { set, report } = get(dir.path()).unwrap();
        assert_eq!((set.len(), report.found, report.skipped.len()), (5, 5, 0));
        for i in 0..5 {
            assert!(near(set.image(i), [200, 100, 40 * i as u8]), "image {i}");
        }
        assert_eq!(set.labels(), None, "images outside sub-folders: no classes");
        assert_eq!(report.sizes.unwrap().most_common, [20, 30]);
    }

    #[test]
    fn transparent_pixels_lie_on_the_background_and_grey_becomes_colour() {
        let dir = tempfile::tempdir().unwrap();
        RgbaImage::from_pixel(16, 16, Rgba([255, 0, 0, 128])).save(dir.path().join("a.png")).unwrap();
        GrayImage::from_pixel(16, 16, image::Luma([77])).save(dir.path().join("b.png")).unwrap();
        let white = get(dir.path()).unwrap().set;
        assert_eq!(white.image(0)[..3], [255, 127, 127]);
        assert_eq!(white.image(1)[..3], [77, 77, 77]);
        let config = DataConfig { background: [0, 0, 100], ..DataConfig::default() };
        assert_eq!(get_with(dir.path(), config).unwrap().set.image(0)[..3], [128, 0, 50]);
    }

    #[test]
    fn the_middle_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let image = RgbImage::from_fn(96, 32, |x, _| {
            if (32..64).contains(&x) { Rgb([0, 255, 0]) } else { Rgb([255, 0, 0]) }
        });
        image.save(dir.path().join("a.png")).unwrap();
        assert!(near(get(dir.path()).unwrap().set.image(0), [0, 255, 0]));
    }

    #[test]
    fn first_level_folders_are_the_classes() {
        let dir = tempfile::tempdir().unwrap();
        for (name, red) in [("dogs/deep/x.png", 1), ("cats/a.png", 2), ("cats/b.png", 3)] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            colour([red, 0, 0], 16, 16).save(path).unwrap();
        }
        let Loaded { set, report } = get(dir.path()).unwrap();
        assert_eq!(set.classes(), ["cats", "dogs"]);
        assert_eq!(set.labels().unwrap(), [0, 0, 1]);
        assert_eq!(set.image(2)[0], 1);
        assert_eq!(report.classes[0], ClassCount { name: "cats".into(), count: 2 });
        // One folder alone is no class.
        let one = get(&dir.path().join("dogs")).unwrap().set;
        assert_eq!((one.labels(), one.classes().len()), (None, 0));
    }

    #[test]
    fn what_is_not_used_is_listed_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        colour([9, 9, 9], 16, 16).save(path("good.png")).unwrap();
        fs::write(path("notes.txt"), "hello").unwrap();
        fs::write(path("empty.png"), "").unwrap();
        let png = fs::read(path("good.png")).unwrap();
        fs::write(path("cut.png"), &png[..png.len() - 30]).unwrap();
        let Loaded { set, report } = get(dir.path()).unwrap();
        assert_eq!((set.len(), report.found, report.used), (1, 4, 1));
        let reason = |name: &str| {
            let path = path(name).display().to_string();
            report.skipped.iter().find(|s| s.path == path).unwrap().reason.clone()
        };
        assert_eq!(reason("notes.txt"), "no picture by name or content");
        assert!(reason("empty.png").contains("png, jpeg, gif, bmp, webp"));
        let cut = reason("cut.png");
        assert!(cut.contains("cut off") || cut.contains("damaged"), "{cut}");
    }

    /// A BMP header that declares `width` x `height` and holds no pixels.
    fn bomb(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"BM".to_vec();
        for word in [54u32, 0, 54, 40, width, height] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend([1, 0, 24, 0]);
        bytes.extend([0; 24]);
        bytes
    }

    #[test]
    fn huge_images_are_refused_by_their_header() {
        let dir = tempfile::tempdir().unwrap();
        colour([9, 9, 9], 16, 16).save(dir.path().join("good.png")).unwrap();
        fs::write(dir.path().join("a.bmp"), bomb(65_535, 4_000)).unwrap();
        fs::write(dir.path().join("b.bmp"), bomb(16_384, 12_289)).unwrap();
        fs::write(dir.path().join("c.bmp"), bomb(60_000, 60_000)).unwrap();
        let report = get(dir.path()).unwrap().report;
        assert_eq!(report.skipped.len(), 3);
        for skipped in report.skipped {
            assert!(skipped.reason.contains("200 megapixels"), "{skipped:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_never_in_circles() {
        let dir = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        colour([9, 9, 9], 16, 16).save(other.path().join("a.png")).unwrap();
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, dir.path().join(name)).unwrap();
        link(other.path(), "elsewhere");
        link(dir.path(), "loop");
        link(Path::new("/nowhere/at/all"), "broken");
        let Loaded { set, report } = get(dir.path()).unwrap();
        assert_eq!(set.len(), 1);
        let reasons: Vec<&str> = report.skipped.iter().map(|s| s.reason.as_str()).collect();
        assert!(
            reasons[0].contains("cannot be read") && reasons[1].contains("a link back to"),
            "{reasons:?}"
        );
    }

    #[test]
    fn folders_without_images_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let message = |path: &Path| get(path).unwrap_err().to_string();
        assert!(message(dir.path()).contains("the folder is empty"));
        assert!(message(&dir.path().join("gone")).contains("there is no"));
        let file = dir.path().join("a.txt");
        fs::write(&file, "x").unwrap();
        assert!(message(&file).contains("not a folder"));
        let left_out = "0 of 1 found are used, 1 is left out: 1 no picture by name or content (";
        assert!(message(dir.path()).contains(left_out));
        let test = load(&Source::folder(dir.path()), &DataConfig::default().options(16, Split::Test));
        assert!(matches!(test, Err(DataError::NoTestSplit(_))));
    }

    #[test]
    fn a_limit_is_drawn_from_the_whole_folder() {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..40u8 {
            colour([i, 0, 0], 16, 16).save(dir.path().join(format!("{i:02}.png"))).unwrap();
        }
        let config = DataConfig { limit: Some(10), ..DataConfig::default() };
        let Loaded { set, report } = get_with(dir.path(), config).unwrap();
        let reds: Vec<u8> = (0..10).map(|i| set.image(i)[0]).collect();
        assert!(reds.windows(2).all(|pair| pair[0] < pair[1]) && reds[9] > 20, "{reds:?}");
        assert_eq!((report.found, report.used), (40, 10));
    }
}
