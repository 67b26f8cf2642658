//! A folder of image files.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::layout::FolderLayout;
use super::walk::walk;
use crate::data::decode::why_foreign;
use crate::data::limits::MAX_CLASSES;
use crate::data::reader::{
    FoundImages, ImageLabels, OwnImages, Reader, SourceKind, SourcePlace, UndecodedImage,
};
use crate::data::stream::{check_files, check_known};
use crate::data::{DataError, LoadOptions, Reason, Skipped};
use crate::input::shown;

/// Reads every image in a folder and its sub-folders, in the order of their paths. Where [`FolderLayout`] finds parts for
/// training and for tests, the split's own. The first-level sub-folders are the classes when there are at least two
/// and every image lies in one, but for fewer than any of them has.
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

    fn open(&self, name: &str, path: &Path, options: &LoadOptions) -> Result<FoundImages, DataError> {
        let (files, skipped) = walk(path, options.stop)?;
        let none = || DataError::NoTestSplit(name.to_owned());
        let mut layout = FolderLayout::of(path, options.split, &files).ok_or_else(none)?;
        let (files, mut skipped) = layout.split(files, skipped);
        let found = files.len() + skipped.len();
        let [files, strays] = if options.is_scored {
            check_known(&files, &skipped)?;
            [files, Vec::new()]
        } else {
            // A picture that is known not to be read takes no place of one that is.
            let read = files.into_iter().filter(|path| match why_foreign(path) {
                Some(cause) => {
                    skipped.push(Skipped::new(path, cause));
                    false
                }
                None => true,
            });
            layout.classified(read.collect())
        };
        let notes = layout.split_note().into_iter().collect();
        let [chosen, rest] = options.draw(files.len()).map(|numbers| {
            let file = |number: usize| files[number].clone();
            numbers.into_iter().map(file).collect::<Vec<PathBuf>>()
        });
        let count = chosen.len();
        let rest = rest.into_iter();
        let images =
            Box::new(ImageFiles { layout, files: chosen, next: 0, rest, strays, limit: options.limit });
        Ok(FoundImages { found, count, all_usable: false, skipped, notes, images })
    }
}

/// The chosen files of a folder.
struct ImageFiles {
    layout: FolderLayout,
    files: Vec<PathBuf>,
    next: usize,
    /// Those beyond the limit, in the order in which they take the place of chosen ones that cannot be used.
    rest: std::vec::IntoIter<PathBuf>,
    /// Pictures beside the classes' folders, which are used where there turn out to be no classes.
    strays: Vec<PathBuf>,
    limit: Option<usize>,
}

impl ImageFiles {
    /// The folder of each used picture's class, and the classes in order; none where not each lies in such a folder,
    /// or all in one.
    fn classes(&self, used: &[usize]) -> Option<[Vec<&OsStr>; 2]> {
        let folders = used.iter().map(|&number| self.layout.class(&self.files[number]));
        let folders: Vec<&OsStr> = folders.collect::<Option<_>>()?;
        let classes: Vec<&OsStr> = BTreeSet::from_iter(folders.iter().copied()).into_iter().collect();
        (classes.len() > 1).then_some([folders, classes])
    }
}

impl Iterator for ImageFiles {
    type Item = Result<UndecodedImage, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let file = self.files.get(self.next)?;
        self.next += 1;
        Some(Ok(UndecodedImage::File(file.clone())))
    }
}

impl OwnImages for ImageFiles {
    /// Another picture for each of the chosen ones that cannot be used; at last those beside the folders.
    fn hand_out_more(&mut self, used: &[usize]) -> bool {
        let before = self.files.len();
        let lacking = self.limit.map_or(usize::MAX, |limit| limit.saturating_sub(used.len()));
        self.files.extend(self.rest.by_ref().take(lacking));
        if self.files.len() == before && lacking > 0 && self.classes(used).is_none() {
            self.files.extend(self.strays.drain(..).take(lacking));
        }
        self.files.len() > before
    }

    fn check(&self) -> Result<(), DataError> {
        check_files(&self.files)
    }

    /// Sub-folders make classes where each of the used images lies in one.
    fn labels(self: Box<Self>, used: &[usize]) -> ImageLabels {
        let (mut of_images, mut many) = (ImageLabels::default(), None);
        match self.classes(used) {
            Some([_, classes]) if classes.len() > MAX_CLASSES => {
                many = Some(format!("{} sub-folders are too many to be classes", classes.len()));
            }
            Some([folders, classes]) => {
                let label = |folder: &OsStr| classes.binary_search(&folder).unwrap_or(0) as u16;
                of_images.labels = Some(folders.into_iter().map(label).collect());
                of_images.classes = classes.iter().map(shown).collect();
            }
            None => {}
        }
        let notes = self.layout.class_notes(of_images.labels.is_some()).into_iter().chain(many);
        let skipped = self.strays.iter().map(|path| Skipped::new(path, Reason::Stray));
        ImageLabels { notes: notes.collect(), skipped: skipped.collect(), ..of_images }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::reason::FORMATS;
    use crate::data::{ClassCount, DataConfig, ImageCounts, ImageSet, Loaded, Source, Split, load};
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
        let formats = [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::Bmp,
            ImageFormat::WebP,
            ImageFormat::Tiff,
        ];
        for (i, format) in formats.into_iter().enumerate() {
            // The extension lies or is missing.
            let name = ["0.jpg", "1.PNG", "sub/2.gif", "sub/3", "sub/4.txt", "sub/5.heic"][i];
            fs::create_dir_all(dir.path().join("sub")).unwrap();
            colour([200, 100, 40 * i as u8], 20, 30).save_with_format(dir.path().join(name), format).unwrap();
        }
        let Loaded { set, report } = get(dir.path()).unwrap();
        assert_eq!((set.len(), report.found, report.skipped.len()), (6, 6, 0));
        for i in 0..6 {
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

    /// A folder with a picture at each of these paths, whose red value is its place in the list.
    fn pictures(paths: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (red, path) in paths.iter().enumerate() {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            colour([red as u8, 0, 0], 16, 16).save(path).unwrap();
        }
        dir
    }

    /// The red value of each image.
    fn reds(set: &ImageSet) -> Vec<u8> {
        (0..set.len()).map(|i| set.image(i)[0]).collect()
    }

    #[test]
    fn parts_for_training_and_tests_are_read_apart_in_training_and_scoring() {
        let names =
            ["train/cat/0.png", "train/cat/1.png", "train/dog/0.png", "val/cat/0.png", "val/dog/0.png"];
        let dir = pictures(&names);
        fs::create_dir(dir.path().join(".ipynb_checkpoints")).unwrap();
        fs::write(dir.path().join("README.md"), "x").unwrap();
        fs::write(dir.path().join("val/notes.txt"), "x").unwrap();
        let source = Source::folder(dir.path());
        let at = |name: &str| dir.path().join(name).display().to_string();
        for (split, place, labels, first) in
            [(Split::Train, ["train", "val"], &[0, 0, 1][..], 0), (Split::Test, ["val", "train"], &[0, 1], 3)]
        {
            let Loaded { set, report } = load(&source, &DataConfig::default().options(16, split)).unwrap();
            assert_eq!((set.labels().unwrap(), set.classes()), (labels, &["cat".into(), "dog".into()][..]));
            let expected: Vec<u8> = (first..).take(labels.len()).collect();
            assert_eq!(reds(&set), expected);
            let note = format!("{} is read; {} is another part", at(place[0]), at(place[1]));
            assert_eq!(report.notes, [&*note]);
            let mut stream = source.stream(split).unwrap();
            let read = stream.read(stream.len()).unwrap();
            assert_eq!(read[0].pixels.chunks(768).map(|image| image[0]).collect::<Vec<_>>(), expected);
            assert_eq!(stream.counts(), &ImageCounts { source: source.to_string(), ..report.counts() });
            // The page beside the parts and the hidden folder belong to both; what lies in the other part to none.
            let others = if split == Split::Train { 2 } else { 3 };
            assert_eq!((report.found, report.skipped.len()), (labels.len() + others, others));
        }
    }

    #[test]
    fn a_stray_picture_is_left_out_of_training_and_counts_in_scoring() {
        let dir = pictures(&["0.png", "cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png"]);
        let Loaded { set, report } = get(dir.path()).unwrap();
        assert_eq!((reds(&set), set.labels().unwrap()), (vec![1, 2, 3, 4], &[0, 0, 1, 1][..]));
        assert_eq!(report.notes, ["1 picture beside the classes' folders is left out"]);
        let stray = dir.path().join("0.png");
        let counts = report.counts().to_string();
        let sentence = "4 of 5 found are used, 1 is left out: 1 beside the folders that are read";
        assert_eq!(counts, format!("{sentence} ({})", stray.display()));
        let stream = Source::folder(dir.path()).stream(Split::Train).unwrap();
        assert_eq!((stream.len(), stream.counts().to_string().as_str()), (5, "5 of 5 found are used"));
        assert!(stream.counts().notes.is_empty());
        // As many as a class has are no mistake.
        fs::copy(&stray, dir.path().join("1.png")).unwrap();
        let Loaded { set, report } = get(dir.path()).unwrap();
        assert_eq!((set.len(), set.labels()), (6, None));
        assert!(report.notes[0].starts_with("there are no classes: 2 pictures lie beside"), "{report:?}");
    }

    #[test]
    fn classes_are_found_in_folders_in_folders() {
        let dir = pictures(&["a/pets/cats/0.png", "a/pets/dogs/0.png", "a/pets/dogs/1.png"]);
        let Loaded { set, report } = get(dir.path()).unwrap();
        assert_eq!((set.labels().unwrap(), set.classes().len()), (&[0, 1, 1][..], 2));
        let place = dir.path().join("a").join("pets");
        assert_eq!(report.notes, [format!("the classes are the folders in {}", place.display())]);
    }

    #[test]
    fn what_is_not_read_is_named_for_what_it_is() {
        let dir = pictures(&["good.png"]);
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        let cases: [(&str, &[u8], Reason, bool); 8] = [
            ("IMG_1.HEIC", heic, Reason::Heic, true),
            ("IMG_2.jpg", heic, Reason::Heic, true),
            ("IMG_3", heic, Reason::Heic, true),
            ("damaged.psd", b"\0", Reason::Photoshop, true),
            ("pointer.jpg", pointer, Reason::GitLfsPointer, true),
            ("page.jpg", b"<!DOCTYPE html>\n<html><body>404</body></html>", Reason::WebPage, true),
            ("index.html", b"<!DOCTYPE html>", Reason::NoPicture, false),
            ("IMG_1.MOV", b"", Reason::Video, false),
        ];
        for (name, content, kind, is_refused) in cases {
            let path = dir.path().join(name);
            fs::write(&path, content).unwrap();
            let report = get(dir.path()).unwrap().report;
            let sentence =
                format!("1 of 2 found is used, 1 is left out: 1 {} ({})", kind.words(), path.display());
            assert_eq!(report.counts().to_string(), sentence);
            let stream = Source::folder(dir.path()).stream(Split::Train);
            let refused = stream.and_then(|mut stream| stream.read(stream.len())).err();
            let refusal = format!("{} cannot be read as an image ({}); ", path.display(), kind.words());
            assert_eq!(
                refused.is_some_and(|error| error.to_string().starts_with(&refusal)),
                is_refused,
                "{name}"
            );
            fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn what_is_not_used_is_listed_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        colour([9, 9, 9], 16, 16).save(path("good.png")).unwrap();
        fs::write(path("notes.txt"), "hello").unwrap();
        fs::write(path("empty.png"), "").unwrap();
        fs::write(path("other.png"), "other").unwrap();
        let png = fs::read(path("good.png")).unwrap();
        fs::write(path("cut.png"), &png[..png.len() - 30]).unwrap();
        let Loaded { set, report } = get(dir.path()).unwrap();
        assert_eq!((set.len(), report.found, report.used), (1, 5, 1));
        let reason = |name: &str| {
            let path = path(name).display().to_string();
            report.skipped.iter().find(|s| s.path == path).unwrap().reason.clone()
        };
        assert_eq!(reason("notes.txt"), "no picture by name or content");
        assert_eq!(reason("empty.png"), "empty");
        assert_eq!(reason("other.png"), format!("not an image in one of the formats {FORMATS}"));
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

    /// A class is what has pictures that can be read.
    #[test]
    fn a_stray_picture_is_used_where_there_are_no_classes_without_it() {
        let dir = pictures(&["0.png", "cat/0.png", "cat/1.png"]);
        let with = |dogs: &[(&str, &[u8])]| {
            let _ = fs::remove_dir_all(dir.path().join("dog"));
            fs::create_dir(dir.path().join("dog")).unwrap();
            dogs.iter()
                .for_each(|(name, content)| fs::write(dir.path().join("dog").join(name), content).unwrap());
            let Loaded { set, report } = get(dir.path()).unwrap();
            assert_eq!((report.found, set.labels()), (3 + dogs.len(), None));
            let kinds: Vec<Reason> = report.skipped.iter().map(|file| file.kind).collect();
            (reds(&set), report.notes, kinds)
        };
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        // By their names.
        let (images, notes, kinds) = with(&[("0.heic", heic), ("1.heic", heic)]);
        assert_eq!((images, notes.len(), kinds), (vec![0, 1, 2], 0, vec![Reason::Heic; 2]));
        // By their content, which is looked at when they are read.
        let (images, notes, kinds) = with(&[("0.png", heic), ("1.png", b"\x89PNG\r\n\x1a\n")]);
        assert_eq!((images, kinds), (vec![1, 2, 0], vec![Reason::Heic, Reason::CutOff]));
        let place = dir.path().display();
        assert_eq!(
            notes,
            [format!("there are no classes: not two of the folders in {place} have usable pictures")]
        );
    }

    #[test]
    fn a_limit_is_filled_where_there_are_enough_pictures() {
        let names: Vec<String> = (0..40).map(|number| format!("{number:02}.png")).collect();
        let dir = pictures(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let limited = |limit: usize| {
            let config = DataConfig { limit: Some(limit), ..DataConfig::default() };
            let Loaded { set, report } = get_with(dir.path(), config).unwrap();
            (reds(&set), report.counts().to_string())
        };
        let whole = limited(20).0;
        // What is known not to be read by its name is no part of the draw.
        for name in ["a.heic", "b.heic", "c.heic"] {
            fs::write(dir.path().join(name), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap();
        }
        let (same, said) = limited(20);
        assert_eq!(same, whole);
        assert!(
            said.starts_with("20 of 43 found are used, 20 are beyond data.limit, 3 are left out: 3 HEIC"),
            "{said}"
        );
        // What turns out not to be readable is replaced.
        let broken = dir.path().join(format!("{:02}.png", whole[7]));
        fs::write(&broken, b"\x89PNG\r\n\x1a\n").unwrap();
        let (replaced, said) = limited(20);
        let kept: Vec<u8> = whole.iter().copied().filter(|red| *red != whole[7]).collect();
        assert_eq!(&replaced[..19], kept);
        assert!(!whole.contains(&replaced[19]), "{replaced:?}");
        assert!(
            said.starts_with("20 of 43 found are used, 19 are beyond data.limit, 4 are left out"),
            "{said}"
        );
        for limit in [39, 40] {
            let said = limited(limit).1;
            assert!(said.starts_with("39 of 43 found are used, 4 are left out"), "{said}");
        }
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
