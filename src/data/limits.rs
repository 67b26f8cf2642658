//! What a source of images may hold at most. Everything here is checked before memory is taken for it.

use std::ops::RangeInclusive;

/// The sides in pixels that images can be brought to.
pub const SIDES: RangeInclusive<usize> = 8..=256;
/// The largest side of an image, in pixels.
pub(super) const MAX_SIDE: u32 = 8_192;
/// The most pixels of an image.
pub(super) const MAX_PIXELS: u64 = 64_000_000;
/// The largest image file, in bytes.
pub(super) const MAX_FILE: u64 = 64 << 20;
/// Memory that a decoder may take for an image of usual size, in bytes.
pub(super) const SMALL_MEMORY: u64 = 64 << 20;
/// The most pixels of an image of usual size: 16 bytes a pixel, for the decoder's own tables and for turning
/// colours and sides, are [`SMALL_MEMORY`]. Larger ones are decoded one at a time.
pub(super) const SMALL_PIXELS: u64 = 4 << 20;
/// Memory that a decoder may take for a large image: twice [`MAX_PIXELS`] of four 16-bit channels.
pub(super) const LARGE_MEMORY: u64 = 1 << 30;
/// How many bytes one byte of a file may become where that is more than [`SMALL_MEMORY`]. A photo becomes
/// ten times as large, a drawing thirty times; a file made to fill memory a thousand times.
pub(super) const MAX_RATIO: u64 = 100;
/// The most files and folders below a folder of images; ImageNet has 1.3 million.
pub(super) const MAX_ENTRIES: usize = 2_000_000;
/// Labels are 16-bit.
pub(super) const MAX_CLASSES: usize = 1 << 16;
/// The most images of an IDX file.
pub(super) const MAX_RECORDS: usize = 10_000_000;
/// The most pixels of one image in an IDX file, where thousands follow each other.
pub(super) const MAX_RECORD_PIXELS: usize = 4 << 20;
/// The most toys that can be drawn.
pub const MAX_TOYS: usize = 1_000_000;
