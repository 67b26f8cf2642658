//! Files made to hurt: each is skipped or refused with its reason, in bounded memory and time.
#![allow(clippy::unwrap_used)]

mod sets;

use std::fs::{self, File};
use std::path::Path;

use flate2::{Compress, Compression, Crc, FlushCompress};

use super::limits::MAX_FILE;
use super::{DataConfig, DataError, LoadOptions, Loaded, Source, Split, load};
use crate::input::measure::{Process, in_process, process};

mod tiff;

/// Memory that any of these files may cost, in MiB, with what the threads and the list of files take.
const MOST: u64 = 64;

/// Not a test but the process that the others load a source in.
#[test]
fn loading_process() {
    in_process(|source| match load(&source.parse().unwrap(), &options()) {
        Ok(Loaded { report, .. }) => {
            let reasons: Vec<&str> = report.skipped.iter().take(3).map(|file| file.reason.as_str()).collect();
            format!(
                "found {}, used {}, skipped {}: {}",
                report.found,
                report.used,
                report.skipped.len(),
                reasons.join(" | ")
            )
        }
        Err(error) => error.to_string(),
    });
}

fn options() -> LoadOptions<'static> {
    DataConfig::default().options(16, Split::Train)
}

fn loaded(source: &str) -> Process {
    process("data::hostile::loading_process", source)
}

/// A folder with a good image and the given file, loaded.
fn beside_a_good_one(name: &str, bytes: &[u8]) -> Process {
    let dir = folder();
    fs::write(dir.path().join(name), bytes).unwrap();
    loaded(dir.path().to_str().unwrap())
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    image::RgbImage::new(16, 16).save(dir.path().join("good.png")).unwrap();
    dir
}

fn skipped(name: &str, bytes: &[u8], reason: &str) {
    let process = beside_a_good_one(name, bytes);
    assert!(process.outcome.starts_with("found 2, used 1, skipped 1: "), "{name}: {process:?}");
    assert!(process.outcome.contains(reason), "{name}: {process:?}");
    process.within(MOST);
}

fn used(name: &str, bytes: &[u8]) {
    let process = beside_a_good_one(name, bytes);
    assert_eq!(process.outcome, "found 2, used 2, skipped 0: ", "{name}: {process:?}");
    process.within(MOST);
}

/// A deflate stream of so many MiB of zeros, made at once: its blocks repeat.
fn deflated_zeros(mebibytes: usize) -> Vec<u8> {
    let mut block = Vec::with_capacity(1 << 16);
    let mut packer = Compress::new(Compression::best(), false);
    packer.compress_vec(&vec![0; 1 << 20], &mut block, FlushCompress::Full).unwrap();
    let mut stream = block.repeat(mebibytes);
    // A last block without compression and without bytes.
    stream.extend([1, 0, 0, 0xff, 0xff]);
    stream
}

/// The same as zlib, with its sum.
fn zlib_zeros(mebibytes: usize) -> Vec<u8> {
    let count = (mebibytes << 20) as u32 % 65_521;
    [&[0x78, 0xda][..], &deflated_zeros(mebibytes), &(count << 16 | 1).to_be_bytes()].concat()
}

fn gzip_zeros(start: &[u8], mebibytes: usize) -> Vec<u8> {
    let mut head = Vec::with_capacity(1 << 10);
    let mut packer = Compress::new(Compression::best(), false);
    packer.compress_vec(start, &mut head, FlushCompress::Full).unwrap();
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &head, &deflated_zeros(mebibytes), &[0; 8]].concat()
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind[..], data].concat();
    let mut crc = Crc::new();
    crc.update(&body);
    [&(data.len() as u32).to_be_bytes()[..], &body, &crc.sum().to_be_bytes()].concat()
}

/// A PNG file of 8-bit grey (0), RGB (2) or RGBA (6), with chunks behind its header.
fn png(width: u32, height: u32, colour: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, colour, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunks.concat(), chunk(b"IEND", &[])].concat()
}

fn riff(chunks: &[u8]) -> Vec<u8> {
    [b"RIFF".to_vec(), (chunks.len() as u32 + 4).to_le_bytes().to_vec(), b"WEBP".to_vec(), chunks.into()]
        .concat()
}

fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let padding = vec![0; data.len() % 2];
    [&kind[..], &(data.len() as u32).to_le_bytes(), data, &padding].concat()
}

/// The header of an extended WebP file.
fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let [width, height] = [width, height].map(|side| (side - 1).to_le_bytes());
    riff_chunk(b"VP8X", &[&[flags, 0, 0, 0][..], &width[..3], &height[..3]].concat())
}

/// The `VP8L` chunk of a white image.
fn vp8l(side: u32) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let image = image::DynamicImage::from(image::RgbImage::from_pixel(side, side, image::Rgb([255; 3])));
    image.write_to(&mut file, image::ImageFormat::WebP).unwrap();
    let file = file.into_inner();
    let at = file.windows(4).position(|word| word == b"VP8L").unwrap();
    file[at..].to_vec()
}

fn bmp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    [54, 0, 54, 40, width, height].iter().for_each(|word: &u32| bytes.extend(word.to_le_bytes()));
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 24]);
    bytes
}

fn gif(width: u16, height: u16, frame: &[u8], frames: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    bytes.extend(frame.repeat(frames));
    bytes.push(0x3b);
    bytes
}

/// A frame of a pixel.
const FRAME: [u8; 15] = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0];

#[test]
fn headers_of_50_000_pixels_a_side_cost_nothing() {
    let jpeg = {
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xc0, 0, 17, 8];
        jpeg.extend([50_000u16.to_be_bytes(), 50_000u16.to_be_bytes()].concat());
        jpeg.extend([
            3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0xff,
            0xd9,
        ]);
        jpeg
    };
    let cases = [
        ("a.png", png(50_000, 50_000, 6, &[chunk(b"IDAT", &zlib_zeros(1))])),
        ("a.bmp", bmp(50_000, 50_000)),
        ("a.gif", gif(50_000, 50_000, &FRAME, 1)),
        ("a.webp", riff(&[vp8x(0, 50_000, 50_000), vp8l(1)].concat())),
        ("a.jpg", jpeg),
    ];
    for (name, bytes) in cases {
        let process = beside_a_good_one(name, &bytes);
        assert!(process.outcome.starts_with("found 2, used 1, skipped 1: "), "{name}: {process:?}");
        process.within(MOST);
    }
}

/// What packs a thousand to one may be a drawing or a scan. It is read where it fits, in no more memory than that
/// takes, and else refused before memory is taken.
#[test]
fn pixels_packed_a_thousand_to_one_take_what_the_limit_allows_or_nothing() {
    let used = |name: &str, bytes: &[u8], most: u64| {
        let process = beside_a_good_one(name, bytes);
        assert_eq!(process.outcome, "found 2, used 2, skipped 0: ", "{name}: {process:?}");
        process.within(most);
    };
    let rows = chunk(b"IDAT", &zlib_zeros(((7_900 * 7_901) >> 20) + 1));
    // Grey bytes, then three for each; four bytes, then three for each.
    used("a.png", &png(7_900, 7_900, 0, &[rows]), MOST + 240);
    used("a.gif", &gif(8_000, 8_000, &FRAME, 1), MOST + 430);
    let mut side = vp8l(1);
    // 14 bits each of width and height less one.
    side[9..13].copy_from_slice(&(14_099u32 | 14_099 << 14).to_le_bytes());
    skipped(
        "a.webp",
        &riff(&side),
        "14100 x 14100 pixels take 2086 MiB to decode, and the limit is 2048 MiB",
    );
}

/// A pixel stream, a colour profile or a text that inflates to gigabytes.
#[test]
fn chunks_that_inflate_to_gigabytes_cost_little() {
    let rows = || chunk(b"IDAT", &zlib_zeros(1));
    let bomb = zlib_zeros(4_096);
    assert!(bomb.len() < 5 << 20);
    let named = |prefix: &[u8]| [prefix, &bomb].concat();
    let cases = [
        ("more.png", vec![chunk(b"IDAT", &bomb)]),
        ("profile.png", vec![chunk(b"iCCP", &named(b"x\0\0")), rows()]),
        ("text.png", vec![chunk(b"zTXt", &named(b"x\0\0")), rows()]),
        ("international.png", vec![chunk(b"iTXt", &named(b"x\0\x01\0\0\0")), rows()]),
    ];
    for (name, chunks) in cases {
        let process = beside_a_good_one(name, &png(16, 16, 0, &chunks));
        assert!(process.outcome.starts_with("found 2, used "), "{name}: {process:?}");
        process.within(MOST);
    }
}

#[test]
fn of_a_million_frames_the_first_is_taken() {
    used("a.gif", &gif(1, 1, &FRAME, 1_000_000));
    let frame_at = |number: u32| {
        let mut control = number.to_be_bytes().to_vec();
        [1u32, 1, 0, 0].iter().for_each(|word| control.extend(word.to_be_bytes()));
        control.extend([0, 1, 0, 1, 0, 0]);
        chunk(b"fcTL", &control)
    };
    let frames = (1..1_000_000).map(frame_at);
    let count = chunk(b"acTL", &[1_000_000u32.to_be_bytes(), [0; 4]].concat());
    let still = [count, frame_at(0), chunk(b"IDAT", &zlib_zeros(1))];
    used("a.png", &png(1, 1, 0, &still.into_iter().chain(frames).collect::<Vec<_>>()));
    let frame = riff_chunk(b"ANMF", &[vec![0; 16], vp8l(1)].concat());
    let animation = [vp8x(2, 1, 1), riff_chunk(b"ANIM", &[0; 6]), frame.repeat(1_000_000)].concat();
    used("a.webp", &riff(&animation));
}

#[test]
fn what_is_no_image_is_skipped_whatever_it_is_called() {
    let formats = super::reason::FORMATS;
    skipped("empty.png", b"", "empty");
    skipped("page.png", b"<!DOCTYPE html><html></html>", "a web page, not the picture");
    skipped(
        "drawing.png",
        b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        "an SVG drawing",
    );
    skipped("archive.png", b"PK\x03\x04anything", formats);
    skipped("none.gif", &gif(0, 0, &[], 0), "");
    // A file of a terabyte that takes no space.
    let dir = folder();
    File::create(dir.path().join("huge.png")).unwrap().set_len(1 << 40).unwrap();
    let process = loaded(dir.path().to_str().unwrap());
    assert!(process.outcome.contains(&format!("over the limit of {} MiB", MAX_FILE >> 20)), "{process:?}");
}

#[cfg(unix)]
#[test]
fn odd_files_are_skipped_and_nothing_waits() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    assert!(std::process::Command::new("mkfifo").arg(at("pipe.png")).status().unwrap().success());
    symlink("/dev/zero", at("zeros.png")).unwrap();
    symlink("/dev/urandom", at("noise.png")).unwrap();
    symlink(at("pipe.png"), at("link to a pipe.png")).unwrap();
    symlink("nowhere", at("dangling.png")).unwrap();
    symlink(at("circle.png"), at("circle.png")).unwrap();
    symlink(dir.path(), at("above")).unwrap();
    // A regular file that not even root can read.
    symlink("/proc/self/clear_refs", at("unreadable.png")).unwrap();
    std::os::unix::net::UnixListener::bind(at("socket.png")).unwrap();
    fs::create_dir(at("folder.png")).unwrap();
    // These are images.
    let good = at("good.png");
    fs::copy(&good, dir.path().join(std::ffi::OsStr::from_bytes(b"\xff\xfe.png"))).unwrap();
    fs::copy(&good, at(&"x".repeat(255))).unwrap();
    let process = loaded(dir.path().to_str().unwrap());
    assert!(process.outcome.starts_with("found 12, used 3, skipped 9: "), "{process:?}");
    process.within(MOST);
    let report = load(&Source::folder(dir.path()), &options()).unwrap().report;
    let reason = |name: &str| {
        let path = at(name).display().to_string();
        report.skipped.iter().find(|file| file.path == path).unwrap().reason.as_str()
    };
    for name in ["pipe.png", "zeros.png", "noise.png", "link to a pipe.png", "socket.png"] {
        assert_eq!(reason(name), "neither a file nor a folder", "{name}");
    }
    for name in ["dangling.png", "circle.png", "unreadable.png"] {
        assert!(reason(name).starts_with("cannot be read: "), "{name}: {}", reason(name));
    }
    assert!(reason("above").starts_with("a link back to"));
}

/// Links that lead to the next of forty folders twice: a million million paths, and no circle.
#[cfg(unix)]
#[test]
fn a_web_of_links_is_walked_once() {
    let dir = folder();
    for number in 0..40 {
        let folder = dir.path().join(format!("{number:02}"));
        fs::create_dir(&folder).unwrap();
        for name in ["a", "b"] {
            std::os::unix::fs::symlink(dir.path().join(format!("{:02}", number + 1)), folder.join(name))
                .unwrap();
        }
    }
    let process = loaded(dir.path().to_str().unwrap());
    assert!(process.outcome.contains("used 1"), "{process:?}");
    assert!(process.outcome.contains("another link to the same folder"), "{process:?}");
    assert!(process.seconds < 30.0, "{process:?}");
}

#[test]
fn a_hundred_thousand_files_are_read_in_bounded_memory_and_can_be_stopped() {
    let dir = folder();
    let good = fs::read(dir.path().join("good.png")).unwrap();
    for number in 1..100_000 {
        let content = if number % 1000 == 0 { &good[..] } else { b"not an image" };
        fs::write(dir.path().join(format!("{number}.png")), content).unwrap();
    }
    let process = loaded(dir.path().to_str().unwrap());
    assert!(process.outcome.starts_with("found 100000, used 100, skipped 99900: "), "{process:?}");
    process.within(MOST);
    assert!(process.seconds < 60.0, "{process:?}");
    // Stopped at the thousandth file, and after the first images.
    let asked = std::sync::atomic::AtomicUsize::new(0);
    for last in [1_000, 100_100] {
        asked.store(0, std::sync::atomic::Ordering::Relaxed);
        let stop = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= last;
        let stopped = load(&Source::folder(dir.path()), &LoadOptions { stop: &stop, ..options() });
        assert!(matches!(stopped, Err(DataError::Stopped)));
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), last + 1);
    }
}

/// Each file of a set and what is said of it.
fn refused(source: &str, file: &str, make: impl Fn(&Path), reason: &str) {
    let dir = tempfile::tempdir().unwrap();
    let labels = [(1, "train"), (1, "test")];
    for (label, split) in labels {
        fs::write(dir.path().join(format!("{split}_y.bin")), [label]).unwrap();
        fs::write(dir.path().join(format!("{split}_X.bin")), [9; 27_648]).unwrap();
    }
    for batch in 1..=5 {
        fs::write(dir.path().join(format!("data_batch_{batch}.bin")), [0; 3_073]).unwrap();
    }
    make(&dir.path().join(file));
    let process = loaded(&format!("{source}:{}", dir.path().display()));
    assert!(
        process.outcome.contains(file) && process.outcome.contains(reason),
        "{source} {file}: {process:?}"
    );
    process.within(MOST);
}

#[test]
fn data_sets_that_promise_terabytes_or_are_no_files_are_refused() {
    let sparse = |bytes: u64| move |path: &Path| File::create(path).unwrap().set_len(bytes).unwrap();
    let folder = |path: &Path| {
        let _ = fs::remove_file(path);
        fs::create_dir(path).unwrap();
    };
    let header = |dims: &'static [u32], bytes: u64| {
        move |path: &Path| {
            let mut content = vec![0, 0, 8, dims.len() as u8];
            dims.iter().for_each(|dim| content.extend(dim.to_be_bytes()));
            fs::write(path, content).unwrap();
            fs::OpenOptions::new().write(true).open(path).unwrap().set_len(bytes).unwrap();
        }
    };
    let terabyte = 1 << 40;
    refused("cifar10", "data_batch_2.bin", sparse(3_073 << 28), "at most 10000 belong");
    refused("cifar10", "data_batch_2.bin", sparse(terabyte), "not whole records");
    refused("cifar10", "data_batch_2.bin", sparse(0), "data_batch_2.bin is empty; copy it");
    refused("cifar10", "data_batch_2.bin", folder, "a folder");
    refused("stl10", "unlabeled_X.bin", sparse(27_648 << 28), "at most 100000 belong");
    refused("stl10", "train_y.bin", sparse(terabyte), "at most 100000 belong");
    let images = "train-images-idx3-ubyte";
    refused("idx", images, header(&[u32::MAX, 28, 28], 1 << 20), "ends before them");
    refused("idx", images, header(&[u32::MAX; 3], 1 << 20), "impossible");
    refused("idx", images, header(&[u32::MAX; 200], 1 << 20), "impossible");
    refused("idx", images, header(&[2, 8_192, 8_192], 16 + (2 << 26)), "larger than the limit");
    refused("idx", images, folder, "a folder");
    refused(
        "idx",
        images,
        header(&[u32::MAX, 1, 1], 16 + u64::from(u32::MAX)),
        "at most 10000000 are accepted",
    );
}

#[test]
fn gzips_that_inflate_to_gigabytes_are_refused_by_what_they_declare() {
    let start = |dims: [u32; 3]| [&[0, 0, 8, 3][..], &dims.map(u32::to_be_bytes).concat()].concat();
    let images = "train-images-idx3-ubyte.gz";
    let declared = gzip_zeros(&start([4 << 20, 32, 32]), 4_096);
    assert!(declared.len() < 5 << 20);
    refused("idx", images, |path| fs::write(path, &declared).unwrap(), "bytes may come out of its");
    // Or behind what they declare.
    let hidden = gzip_zeros(&[start([1, 32, 32]), vec![7; 1024]].concat(), 4_096);
    refused("idx", images, |path| fs::write(path, &hidden).unwrap(), "bytes follow");
}

#[test]
fn an_array_that_promises_a_terabyte_is_refused() {
    let text = "{'descr': '|u1', 'fortran_order': False, 'shape': (268435456, 64, 64), }\n";
    let header = [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &header).unwrap();
    file.as_file().set_len((1 << 40) + header.len() as u64).unwrap();
    let process = loaded(&format!("numpy:{}", file.path().display()));
    assert!(process.outcome.contains("at most 10000000 are accepted"), "{process:?}");
    process.within(MOST);
}

/// Images that a camera or a painter makes are read, the usual ones in bounded memory.
#[test]
fn honest_images_are_read_up_to_the_limit() {
    use image::{DynamicImage, ImageBuffer, ImageFormat, Rgb, Rgba};
    // What no packer makes small.
    let noise = |x: u32, y: u32, c: u32| {
        x.wrapping_mul(0x9e37_79b1).wrapping_add(y.wrapping_mul(0x85eb_ca77)).wrapping_mul(2 * c + 1) >> 9
    };
    let colours = |side: u32| {
        DynamicImage::from(ImageBuffer::from_fn(side, side, |x, y| {
            Rgb([0, 1, 2].map(|c| noise(x, y, c) as u8))
        }))
    };
    let deep = ImageBuffer::from_fn(2_048, 2_048, |x, y| Rgba([0, 1, 2, 3].map(|c| noise(x, y, c) as u16)));
    let usual = colours(2_048);
    let cases = [
        ("usual.png", &usual, ImageFormat::Png, MOST),
        ("deep.png", &deep.into(), ImageFormat::Png, MOST),
        ("usual.jpg", &usual, ImageFormat::Jpeg, MOST),
        ("usual.bmp", &usual, ImageFormat::Bmp, MOST),
        ("usual.webp", &usual, ImageFormat::WebP, MOST),
        // 16 megapixels.
        ("large.png", &colours(4_000), ImageFormat::Png, 256),
        ("large.jpg", &colours(4_000), ImageFormat::Jpeg, 256),
    ];
    for (name, image, format, most) in cases {
        let dir = folder();
        image.save_with_format(dir.path().join(name), format).unwrap();
        let process = loaded(dir.path().to_str().unwrap());
        assert_eq!(process.outcome, "found 2, used 2, skipped 0: ", "{name}: {process:?}");
        process.within(most);
    }
}
