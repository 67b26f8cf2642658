//! One image file to pixels.

mod bits;
mod ending;
mod foreign;
mod jpeg;
mod kind;
mod tiff;

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use image::error::ImageFormatHint;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::limits::{HEADER_MEMORY, LARGE_MEMORY, MAX_FILE, MAX_PIXELS, MAX_SIDE, SMALL_MEMORY};
use super::reason::{Cause, Reason};
use crate::input;
use ending::WithEnd;
use jpeg::Walk;
use tiff::Page;

pub use kind::is_of_a_system;
pub(super) use kind::{is_hidden, why_no_picture};

/// So many zeros in a row are no packed pixels: zeros were written over them, as when a disk was full or a transfer
/// stopped.
const ZEROS: usize = 512;

/// How the decoder of GIF files says that a file ends too early.
const GIF_ENDS: [&str; 2] = ["Unexpected End of File", "image truncated"];

/// Held while a large image is decoded, so that as many threads as there are do not take as many times the
/// memory.
static LARGE: Mutex<()> = Mutex::new(());

/// The pixels of an image.
pub(super) struct Decoded {
    /// `[height, width, 3]`.
    pub pixels: Vec<u8>,
    /// Width and height.
    pub size: [u32; 2],
}

/// An image that takes more memory while it is decoded than it may.
#[derive(Debug)]
struct TooMuch {
    size: [u32; 2],
    bytes: u64,
}

/// Decodes one file to its pixels over `background` and has `then` use them; or says why it cannot. Of a file with
/// several frames, the first one. Large images are decoded and used one at a time.
pub(super) fn decode<T>(
    path: &Path,
    background: [u8; 3],
    then: impl FnOnce(Decoded) -> T,
) -> Result<T, Cause> {
    if let Some(small) = decode_small(path, background)? {
        return Ok(then(small));
    }
    let _alone = LARGE.lock().unwrap_or_else(PoisonError::into_inner);
    let large = decode_within(path, background, LARGE_MEMORY)?;
    large.map(then).map_err(|TooMuch { size: [width, height], bytes }| {
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        let (needed, limit) = (mebibytes(bytes), mebibytes(LARGE_MEMORY));
        let detail =
            format!("{width} x {height} pixels take {needed} MiB to decode, and the limit is {limit} MiB");
        Cause::new(Reason::TooMuchMemory, detail)
    })
}

/// Decodes one file as [`decode`] does, unless it is large: then there is nothing yet.
pub(super) fn decode_small(path: &Path, background: [u8; 3]) -> Result<Option<Decoded>, Cause> {
    Ok(decode_within(path, background, SMALL_MEMORY)?.ok())
}

/// Why a file that is called what is not read is not read; none where its content is another than its name says, or
/// its name says no such thing. No more than the beginning of the file is looked at.
pub(super) fn why_foreign(path: &Path) -> Option<Cause> {
    if kind::is_named_foreign(path) { why_unread(path) } else { None }
}

/// Why a file is not read as far as its beginning shows, the only part of it that is looked at.
pub(super) fn why_unread(path: &Path) -> Option<Cause> {
    let look =
        || kind::format(&start(&mut input::open(path).map_err(unreadable)?.0)?, path).map_err(Cause::from);
    look().err()
}

/// How a file's content begins; the next read is at its beginning again.
fn start(file: &mut File) -> Result<Vec<u8>, Cause> {
    let mut start = Vec::new();
    file.take(input::START).read_to_end(&mut start).and_then(|_| file.rewind()).map_err(unreadable)?;
    Ok(start)
}

fn decode_within(path: &Path, background: [u8; 3], memory: u64) -> Result<Result<Decoded, TooMuch>, Cause> {
    let (mut file, length) = input::open(path).map_err(unreadable)?;
    if length > MAX_FILE {
        let detail = format!("its {length} bytes are over the limit of {} MiB", MAX_FILE >> 20);
        return Err(Cause::new(Reason::TooLarge, detail));
    }
    let start = start(&mut file)?;
    let format = kind::format(&start, path)?;
    let over_background = |image| over(image, background);
    match format {
        ImageFormat::Jpeg => {
            // Its decoder holds the file in memory, too.
            if 2 * length > memory {
                return Ok(Err(TooMuch { size: [0; 2], bytes: 2 * length }));
            }
            let mut bytes = Vec::with_capacity(length as usize);
            // It may grow meanwhile.
            file.take(MAX_FILE).read_to_end(&mut bytes).map_err(unreadable)?;
            Ok(decode_jpeg(&bytes, memory)?.map(over_background))
        }
        ImageFormat::Tiff => {
            let mut file = BufReader::new(file);
            let page = Page::read(&mut file, length)?;
            file.rewind().map_err(unreadable)?;
            let file = BufReader::new(page.patched(file.into_inner()));
            let reader = ImageReader::with_format(file, format);
            let image = finish(reader, memory, page.working, |_| Ok(()))?;
            Ok(image.map(|image| match page.colours(&image) {
                Some(pixels) => Decoded { pixels, size: [image.width(), image.height()] },
                None if page.is_premultiplied => over_premultiplied(image, background),
                None => over_background(image),
            }))
        }
        ImageFormat::WebP => {
            // Neither sums nor an end mark its pixels, and its decoder takes zeros for codes.
            let mut file = BufReader::new(file);
            let declared = start.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
            // What follows the declared end is another matter.
            let end = 8 + u64::from(declared.unwrap_or_default());
            let is_zeroed = ends_with_zeros(&mut file, end.min(length)).map_err(unreadable)?;
            file.rewind().map_err(unreadable)?;
            let is_whole = |_| if is_zeroed { Err(Reason::CutOff.into()) } else { Ok(()) };
            let image = finish(ImageReader::with_format(file, format), memory, 0, is_whole);
            let is_cut = |cause: &Cause| cause.reason == Reason::Damaged && end > length;
            let image = image.map_err(|cause| if is_cut(&cause) { Reason::CutOff.into() } else { cause });
            Ok(image?.map(over_background))
        }
        ImageFormat::Png => Ok(decode_png(file, length, memory)?.map(over_background)),
        _ => {
            let reader = ImageReader::with_format(BufReader::new(file), format);
            Ok(finish(reader, memory, 0, |_| Ok(()))?.map(over_background))
        }
    }
}

/// Decodes a PNG file of `length` bytes, be it without the chunk that ends it.
fn decode_png(file: File, length: u64, memory: u64) -> Result<Result<DynamicImage, TooMuch>, Cause> {
    let png = ImageFormat::Png;
    let image = finish(ImageReader::with_format(BufReader::new(&file), png), memory, 0, |_| Ok(()));
    match image {
        Err(cause) if cause.reason == Reason::CutOff => {
            let closed = WithEnd::all(&file, length).map_err(unreadable)?.into_iter().find_map(|file| {
                let reader = ImageReader::with_format(BufReader::new(file), png);
                finish(reader, memory, 0, |_| Ok(())).ok()
            });
            closed.ok_or(cause)
        }
        image => image,
    }
}

/// Whether the bytes before the place `end` of a file are all zeros, and so many that they are no packed pixels.
fn ends_with_zeros(file: &mut (impl Read + Seek), end: u64) -> std::io::Result<bool> {
    file.seek(SeekFrom::Start(end.saturating_sub(ZEROS as u64)))?;
    let mut last = Vec::with_capacity(ZEROS);
    file.take(ZEROS as u64).read_to_end(&mut last)?;
    Ok(last.len() == ZEROS && last.iter().all(|&byte| byte == 0))
}

fn decode_jpeg(bytes: &[u8], memory: u64) -> Result<Result<DynamicImage, TooMuch>, Cause> {
    if jpeg::ends_in_header(bytes) {
        return Err(Reason::CutOff.into());
    }
    let header = jpeg::header(bytes);
    // The file is here and in the decoder.
    let working = 2 * bytes.len() as u64 + header.map_or(0, |header| header.coefficients);
    let is_whole = |(width, height)| match header {
        Some(header) if header.size == [width, height] => match jpeg::walk(bytes) {
            Walk::Whole => Ok(()),
            Walk::EndsEarly => Err(Reason::CutOff.into()),
            Walk::Damaged => Err(Cause::new(Reason::Damaged, "its data is no picture's to the end")),
        },
        _ => Ok(()),
    };
    let reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    finish(reader, memory, working, is_whole).map_err(|cause| match jpeg::unread_kind(bytes) {
        Some(kind) => Cause::new(Reason::UnreadJpeg, kind),
        None => cause,
    })
}

/// Decodes what `reader` reads, where that takes at most `memory`, with the `working` memory of its decoder beside
/// the pixels, and where `is_whole` agrees to width and height.
fn finish<R: BufRead + Seek>(
    mut reader: ImageReader<R>,
    memory: u64,
    working: u64,
    is_whole: impl FnOnce((u32, u32)) -> Result<(), Cause>,
) -> Result<Result<DynamicImage, TooMuch>, Cause> {
    let limits = |bytes| {
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(bytes);
        limits
    };
    // A header's own texts and profiles are small, whatever the pixels are.
    reader.limits(limits(HEADER_MEMORY));
    let format = reader.format();
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let size = decoder.dimensions();
    check_size(size)?;
    let orientation = decoder.orientation().map_err(explain)?;
    let pixels = u64::from(size.0) * u64::from(size.1);
    let working = match format {
        // A frame, and the canvas that it lies on.
        Some(ImageFormat::WebP) => 8 * pixels,
        Some(ImageFormat::Gif) => 4 * pixels,
        _ => working,
    };
    let bytes = needed(&decoder, pixels, orientation, working);
    if bytes > memory {
        return Ok(Err(TooMuch { size: size.into(), bytes }));
    }
    is_whole(size)?;
    decoder.set_limits(limits(memory)).map_err(explain)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(explain)?;
    image.apply_orientation(orientation);
    Ok(Ok(image))
}

/// The image's pixels over `background`.
fn over(image: DynamicImage, background: [u8; 3]) -> Decoded {
    let size = [image.width(), image.height()];
    let pixels = if image.color().has_alpha() {
        flatten(&image.into_rgba8(), background, |value, alpha| value * alpha)
    } else {
        image.into_rgb8().into_raw()
    };
    Decoded { pixels, size }
}

/// The image's pixels over `background`, where they are multiplied by their opacity already.
fn over_premultiplied(image: DynamicImage, background: [u8; 3]) -> Decoded {
    let size = [image.width(), image.height()];
    let pixels = flatten(&image.into_rgba8(), background, |value, alpha| 255 * value.min(alpha));
    Decoded { pixels, size }
}

/// The most memory that an image takes at a time from its decoding to its RGB pixels, in bytes.
fn needed(decoder: &impl ImageDecoder, pixels: u64, orientation: Orientation, working: u64) -> u64 {
    let decoded = decoder.total_bytes();
    let turned = match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => decoded,
        _ => 0,
    };
    let converted = match decoder.color_type() {
        ColorType::Rgb8 => 0,
        ColorType::Rgba8 => 3 * pixels,
        // First four bytes a pixel beside the decoded ones, then three beside those.
        color if color.has_alpha() => 5 * pixels,
        _ => 3 * pixels,
    };
    decoded + working.max(turned).max(converted)
}

/// Whether an image may have these pixels.
fn check_size((width, height): (u32, u32)) -> Result<(), Cause> {
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_SIDE || pixels > MAX_PIXELS {
        let detail =
            format!("{width} x {height} pixels are over the limit of {MAX_SIDE} a side and 200 megapixels");
        return Err(Cause::new(Reason::TooLarge, detail));
    }
    if pixels == 0 {
        return Err(Cause::new(Reason::Damaged, "it has no pixels"));
    }
    Ok(())
}

fn unreadable(error: std::io::Error) -> Cause {
    Cause::new(Reason::Unreadable, error.to_string())
}

fn explain(error: ImageError) -> Cause {
    match error {
        ImageError::Unsupported(error) => match error.format_hint() {
            ImageFormatHint::Exact(ImageFormat::Tiff) => Cause::new(Reason::UnreadTiff, error.to_string()),
            ImageFormatHint::Exact(ImageFormat::Jpeg) => Reason::UnreadJpeg.into(),
            _ => Reason::UnknownFormat.into(),
        },
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Reason::CutOff.into(),
        ImageError::Limits(error) => Cause::new(Reason::TooMuchMemory, error.to_string()),
        error => {
            let text = error.to_string();
            // What is particular follows the format's name.
            let named = text.strip_prefix("Format error decoding ").and_then(|rest| rest.split_once(": "));
            match named.map_or(&*text, |(_, particular)| particular) {
                // The decoder of GIF files has words of its own for this.
                text if GIF_ENDS.iter().any(|end| text.ends_with(*end)) => Reason::CutOff.into(),
                // Values of a program's own are no words for people.
                text if text.contains('{') => Reason::Damaged.into(),
                text => Cause::new(Reason::Damaged, text),
            }
        }
    }
}

/// Lays transparent pixels over `background`. `weigh` says how much of a pixel's value there is at its opacity, times
/// 255.
fn flatten(image: &image::RgbaImage, background: [u8; 3], weigh: impl Fn(u32, u32) -> u32) -> Vec<u8> {
    let blend = |value: u8, behind: u8, alpha: u8| {
        let (value, behind, alpha) = (u32::from(value), u32::from(behind), u32::from(alpha));
        ((weigh(value, alpha) + behind * (255 - alpha) + 127) / 255) as u8
    };
    let mut pixels = Vec::with_capacity(3 * image.len() / 4);
    for &image::Rgba([r, g, b, a]) in image.pixels() {
        pixels.extend([blend(r, background[0], a), blend(g, background[1], a), blend(b, background[2], a)]);
    }
    pixels
}

#[cfg(test)]
mod tests;
