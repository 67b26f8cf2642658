//! The first page of a TIFF file (TIFF 6.0): whether its decoder may be given it.
//!
//! The decoder takes memory for whatever its tags declare, mixes up the channels of some rare layouts and knows no
//! palettes. So the tags that it reads are checked here before it sees the file, and a palette is applied to what
//! it reads as grey.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use image::DynamicImage;

use super::{ZEROS, check_size, ends_with_zeros};
use crate::data::limits::MAX_SIDE;
use crate::data::reason::{Cause, Reason};

/// Tags in a page's directory, of which usual ones have 20.
const MAX_TAGS: u16 = 4_096;
/// Channels of a pixel.
const MAX_SAMPLES: u16 = 16;
/// Strips or tiles of a page: as many as a page of single rows has in five planes.
const MAX_CHUNKS: u64 = 5 * MAX_SIDE as u64;

const SUBFILE: u16 = 254;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIP_OFFSETS: u16 = 273;
const ORIENTATION: u16 = 274;
const SAMPLES: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_BYTES: u16 = 279;
const PLANAR: u16 = 284;
const PREDICTOR: u16 = 317;
const PALETTE: u16 = 320;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;
const EXTRA_SAMPLES: u16 = 338;
const SAMPLE_FORMAT: u16 = 339;
const SUBSAMPLING: u16 = 530;
const DNG_VERSION: u16 = 50_706;

/// A page that the decoder may be given.
pub struct Page {
    /// Bytes of memory that the decoder takes for the pixels as the file has them.
    pub working: u64,
    /// Colours are stored multiplied by their opacity.
    pub is_premultiplied: bool,
    palette: Option<TiffPalette>,
}

/// Colours of which the pixels are numbers.
struct TiffPalette {
    /// `[2 ^ bits, 3]`.
    colours: Vec<[u8; 3]>,
    /// Where the file says that it has a palette, and what it would say there of grey pixels.
    patch: (u64, [u8; 2]),
}

impl Page {
    /// Checks the first page of a file of `length` bytes.
    ///
    /// # Errors
    /// If it is cut off, contradicts itself, or is of a kind that is not read.
    pub fn read(file: &mut (impl Read + Seek), length: u64) -> Result<Self, Cause> {
        let tags = Tags::read(file).map_err(|error| explain(&error))??;
        tags.page(file, length)
    }

    /// The file as the decoder reads it.
    pub fn patched<F>(&self, file: F) -> Patched<F> {
        Patched { file, position: 0, patch: self.palette.as_ref().map(|palette| palette.patch) }
    }

    /// The colours of pixels that were read as grey, `[height, width, 3]`; none where they are colours.
    pub fn colours(&self, image: &DynamicImage) -> Option<Vec<u8>> {
        let TiffPalette { colours, .. } = self.palette.as_ref()?;
        // The decoder makes the two values of a bit black and white.
        let number = |value: u8| if colours.len() == 2 { usize::from(value > 0) } else { value.into() };
        let numbers = image.as_luma8()?.as_raw();
        let mut pixels = Vec::with_capacity(3 * numbers.len());
        numbers.iter().for_each(|&value| pixels.extend(colours[number(value)]));
        Some(pixels)
    }
}

/// The value of a tag, or where it is.
#[derive(Clone, Copy)]
struct Entry {
    kind: u16,
    count: u32,
    value: [u8; 4],
    /// Where `value` stands in the file.
    at: u64,
}

impl Entry {
    /// Bytes of one of its numbers, where it has whole ones without a sign.
    fn width(&self) -> Option<u32> {
        match self.kind {
            1 => Some(1),
            3 => Some(2),
            4 => Some(4),
            _ => None,
        }
    }
}

/// The directory of a page.
struct Tags {
    is_little: bool,
    entries: BTreeMap<u16, Entry>,
}

impl Tags {
    fn read(file: &mut (impl Read + Seek)) -> io::Result<Result<Self, Cause>> {
        let mut header = [0; 8];
        file.rewind()?;
        file.read_exact(&mut header)?;
        let is_little = header[0] == b'I';
        let mut tags = Self { is_little, entries: BTreeMap::new() };
        let mut at = tags.number(&header[4..]);
        file.seek(SeekFrom::Start(at))?;
        let mut count = [0; 2];
        file.read_exact(&mut count)?;
        let count = tags.number(&count) as u16;
        if count > MAX_TAGS {
            return Ok(Err(damaged(&format!("its first page has {count} tags"))));
        }
        at += 2;
        for _ in 0..count {
            let mut entry = [0; 12];
            file.read_exact(&mut entry)?;
            let [tag, kind] = [0, 2].map(|from| tags.number(&entry[from..from + 2]) as u16);
            let count = tags.number(&entry[4..8]) as u32;
            let value = [entry[8], entry[9], entry[10], entry[11]];
            // The decoder, too, takes the last of several.
            tags.entries.insert(tag, Entry { kind, count, value, at: at + 8 });
            at += 12;
        }
        Ok(Ok(tags))
    }

    /// A number of at most four bytes in the file's order.
    fn number(&self, bytes: &[u8]) -> u64 {
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if self.is_little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
    }

    /// The number of a tag that has one.
    fn one(&self, tag: u16) -> Result<Option<u64>, Cause> {
        let Some(entry) = self.entries.get(&tag) else { return Ok(None) };
        match entry.width() {
            Some(width) if entry.count == 1 => Ok(Some(self.number(&entry.value[..width as usize]))),
            _ => Err(damaged(&format!("what it says of its {} is not one number", name_of(tag)))),
        }
    }

    fn required(&self, tag: u16) -> Result<u64, Cause> {
        self.one(tag)?.ok_or_else(|| damaged(&format!("it says nothing of its {}", name_of(tag))))
    }

    /// Calls `each` with the numbers of a tag, which has at most `most`; says how many there were.
    fn numbers(
        &self,
        file: &mut (impl Read + Seek),
        tag: u16,
        most: u64,
        mut each: impl FnMut(u64),
    ) -> Result<u64, Cause> {
        let Some(entry) = self.entries.get(&tag) else { return Ok(0) };
        let count = u64::from(entry.count);
        let (Some(width), true) = (entry.width(), (1..=most).contains(&count)) else {
            let name = name_of(tag);
            return Err(damaged(&format!("what it says of its {name} is no list of at most {most} numbers")));
        };
        let bytes = count * u64::from(width);
        let mut read = |source: &mut dyn Read| -> io::Result<()> {
            let mut number = [0; 4];
            let number = &mut number[..width as usize];
            for _ in 0..count {
                source.read_exact(number)?;
                each(self.number(number));
            }
            Ok(())
        };
        let result = if bytes <= 4 {
            read(&mut &entry.value[..])
        } else {
            file.seek(SeekFrom::Start(self.number(&entry.value))).and_then(|_| read(file))
        };
        result.map_err(|error| explain(&error))?;
        Ok(count)
    }

    fn page(&self, file: &mut (impl Read + Seek), length: u64) -> Result<Page, Cause> {
        if self.entries.contains_key(&DNG_VERSION) {
            return Err(Reason::CameraRaw.into());
        }
        let (width, height) = (self.required(WIDTH)?, self.required(HEIGHT)?);
        // They have four bytes at most.
        check_size((width as u32, height as u32))?;
        if self.one(SUBFILE)?.unwrap_or(0) & 1 == 1 {
            return Err(unread("its first page is a small preview of another"));
        }
        let samples = self.one(SAMPLES)?.unwrap_or(1);
        if !(1..=MAX_SAMPLES.into()).contains(&samples) {
            return Err(unread(&format!("its pixels have {samples} channels")));
        }
        let bits = self.same(file, BITS, samples)?.unwrap_or(1);
        match self.same(file, SAMPLE_FORMAT, samples)?.unwrap_or(1) {
            1 => {}
            3 => return Err(unread("its pixels are floating-point numbers")),
            _ => return Err(unread("its pixels are not whole numbers without a sign")),
        }
        self.one(ORIENTATION)?;
        self.numbers(file, SUBSAMPLING, 2, |_| {})?;
        let mut first_extra = None;
        let extra = self.numbers(file, EXTRA_SAMPLES, samples, |kind| _ = first_extra.get_or_insert(kind))?;
        let colour = self.colour(samples, extra, bits, first_extra)?;
        self.layout(colour, samples, bits)?;
        self.chunks(file, length, [width, height], samples)?;
        let palette = match colour {
            TiffColour::Palette => Some(self.palette(file, bits)?),
            _ => None,
        };
        Ok(Page {
            working: height * (width * samples * bits).div_ceil(8),
            is_premultiplied: first_extra == Some(1),
            palette,
        })
    }

    /// The number that a tag has for every channel.
    fn same(&self, file: &mut (impl Read + Seek), tag: u16, samples: u64) -> Result<Option<u64>, Cause> {
        let (mut first, mut are_same) = (None, true);
        self.numbers(file, tag, samples, |number| are_same &= *first.get_or_insert(number) == number)?;
        if are_same { Ok(first) } else { Err(unread("its channels differ in their numbers")) }
    }

    fn colour(
        &self,
        samples: u64,
        extra: u64,
        bits: u64,
        first_extra: Option<u64>,
    ) -> Result<TiffColour, Cause> {
        let has_alpha = matches!(first_extra, Some(1 | 2));
        let (colour, depths): (_, &[u64]) = match (self.required(PHOTOMETRIC)?, samples - extra) {
            (0 | 1, 1) if extra == 0 => (TiffColour::Grey, &[1, 8, 16]),
            (0 | 1, _) => return Err(unread("its grey has other channels beside it")),
            (2, 3 | 4) => (TiffColour::Rgb, &[8, 16]),
            (5, 4) if extra == 0 => (TiffColour::Cmyk, &[8, 16]),
            (3, 1) if extra == 0 => (TiffColour::Palette, &[1, 8]),
            _ => return Err(unread("its colours are not grey, RGB, CMYK or a palette")),
        };
        // The decoder mixes up what lies behind channels that it leaves out.
        let is_plain = self.one(PREDICTOR)?.unwrap_or(1) == 1
            && self.one(PLANAR)?.unwrap_or(1) == 1
            && !self.entries.contains_key(&TILE_OFFSETS);
        if extra > u64::from(has_alpha) && !is_plain {
            return Err(unread("it has channels that are no colours"));
        }
        if !depths.contains(&bits) {
            return Err(unread(&format!("it has {bits} bits a channel")));
        }
        Ok(colour)
    }

    /// Makes sure of how the channels are packed.
    fn layout(&self, colour: TiffColour, samples: u64, bits: u64) -> Result<(), Cause> {
        match self.one(COMPRESSION)?.unwrap_or(1) {
            1 | 5 | 8 | 32_773 | 32_946 => {}
            4 if bits == 1 => {}
            6 | 7 => return Err(unread("its pixels are packed as JPEG")),
            other => return Err(unread(&format!("its pixels are packed by the method {other}"))),
        }
        if self.one(FILL_ORDER)?.unwrap_or(1) != 1 {
            return Err(unread("its bits are stored in reverse"));
        }
        if self.one(PREDICTOR)?.unwrap_or(1) > 2 {
            return Err(unread("its pixels are packed for floating-point numbers"));
        }
        match self.one(PLANAR)?.unwrap_or(1) {
            1 => Ok(()),
            2 if samples == 1 => Ok(()),
            2 if colour == TiffColour::Rgb && !self.entries.contains_key(&TILE_OFFSETS) => Ok(()),
            _ => Err(unread("its channels lie apart")),
        }
    }

    /// Makes sure that the strips or tiles are in the file.
    fn chunks(
        &self,
        file: &mut (impl Read + Seek),
        length: u64,
        [width, height]: [u64; 2],
        samples: u64,
    ) -> Result<(), Cause> {
        let is_tiled = self.entries.contains_key(&TILE_OFFSETS);
        let (offsets, bytes, [across, down]) = if is_tiled {
            (TILE_OFFSETS, TILE_BYTES, [self.required(TILE_WIDTH)?, self.required(TILE_HEIGHT)?])
        } else {
            (STRIP_OFFSETS, STRIP_BYTES, [width, self.one(ROWS_PER_STRIP)?.unwrap_or(height)])
        };
        // One strip may declare more rows than there are.
        if across * down == 0 || (is_tiled && across.max(down) > MAX_SIDE.into()) {
            return Err(damaged(&format!("its parts have {across} x {down} pixels")));
        }
        let planes = if self.one(PLANAR)? == Some(2) { samples } else { 1 };
        let expected = width.div_ceil(across) * height.div_ceil(down) * planes;
        if expected > MAX_CHUNKS {
            return Err(unread(&format!("it is cut into {expected} parts")));
        }
        let mut starts = Vec::new();
        self.numbers(file, offsets, expected, |start| starts.push(start))?;
        // The part that ends last.
        let (mut number, mut last, mut is_empty) = (0, (0, 0), false);
        let counted = self.numbers(file, bytes, expected, |bytes| {
            last = last.max(starts.get(number).map_or((0, 0), |start| (start + bytes, bytes)));
            is_empty |= bytes == 0;
            number += 1;
        })?;
        if starts.len() as u64 != expected || counted != expected {
            return Err(damaged(&format!("its pixels have {expected} parts, and it does not list as many")));
        }
        if is_empty {
            return Err(damaged("parts of its pixels are empty"));
        }
        let (end, bytes) = last;
        if end > length {
            return Err(Reason::CutOff.into());
        }
        // Two of the methods take zeros for black pixels.
        let is_packed = self.one(COMPRESSION)?.unwrap_or(1) != 1 && bytes >= ZEROS as u64;
        if is_packed && ends_with_zeros(file, end).map_err(|error| explain(&error))? {
            return Err(Reason::CutOff.into());
        }
        Ok(())
    }

    fn palette(&self, file: &mut (impl Read + Seek), bits: u64) -> Result<TiffPalette, Cause> {
        let size = 1usize << bits;
        let mut numbers = Vec::with_capacity(3 * size);
        self.numbers(file, PALETTE, 3 * size as u64, |number| numbers.push(number as u32))?;
        if numbers.len() != 3 * size {
            return Err(damaged(&format!("its palette has not {size} colours")));
        }
        // Numbers of 16 bits; some programs write 8 bits in them.
        let is_deep = numbers.iter().any(|&number| number > 255);
        let byte = |number: u32| if is_deep { ((number + 128) / 257) as u8 } else { number as u8 };
        let colour = |i: usize| [0, 1, 2].map(|channel| byte(numbers[channel * size + i]));
        match self.entries.get(&PHOTOMETRIC) {
            Some(&Entry { kind: 3, at, .. }) => Ok(TiffPalette {
                colours: (0..size).map(colour).collect(),
                patch: (at, if self.is_little { [1, 0] } else { [0, 1] }),
            }),
            _ => Err(damaged("its kind of colours is not a short number")),
        }
    }
}

/// What the channels of a pixel are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TiffColour {
    Grey,
    Rgb,
    Cmyk,
    Palette,
}

/// A file with two bytes changed.
pub struct Patched<F> {
    file: F,
    position: u64,
    patch: Option<(u64, [u8; 2])>,
}

impl<F: Read> Read for Patched<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if let Some((at, bytes)) = self.patch {
            for (place, byte) in (at..).zip(bytes) {
                let known = place.checked_sub(self.position).and_then(|place| usize::try_from(place).ok());
                if let Some(changed) = known.and_then(|place| buffer[..count].get_mut(place)) {
                    *changed = byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl<F: Seek> Seek for Patched<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.file.seek(to)?;
        Ok(self.position)
    }
}

fn damaged(detail: &str) -> Cause {
    Cause::new(Reason::Damaged, detail)
}

/// What a tag is on, in words.
fn name_of(tag: u16) -> &'static str {
    match tag {
        SUBFILE => "kind of page",
        WIDTH => "width",
        HEIGHT => "height",
        BITS => "bits per channel",
        COMPRESSION => "compression",
        PHOTOMETRIC => "kind of colours",
        FILL_ORDER => "order of bits",
        STRIP_OFFSETS | TILE_OFFSETS => "pixels' places",
        STRIP_BYTES | TILE_BYTES => "pixels' sizes in bytes",
        ORIENTATION => "orientation",
        SAMPLES => "number of channels",
        ROWS_PER_STRIP => "rows in a strip",
        PLANAR => "order of channels",
        PREDICTOR => "predictor",
        PALETTE => "palette",
        TILE_WIDTH => "tiles' width",
        TILE_HEIGHT => "tiles' height",
        EXTRA_SAMPLES => "channels beside colours",
        SAMPLE_FORMAT => "kind of numbers",
        SUBSAMPLING => "subsampling",
        _ => "kind",
    }
}

fn unread(detail: &str) -> Cause {
    Cause::new(Reason::UnreadTiff, detail)
}

fn explain(error: &io::Error) -> Cause {
    if error.kind() == ErrorKind::UnexpectedEof {
        return Reason::CutOff.into();
    }
    Cause::new(Reason::Unreadable, error.to_string())
}

#[cfg(test)]
mod tests;
