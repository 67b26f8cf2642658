//! What a source of images may hold at most. Everything here is checked before memory is taken for it.

use std::ops::RangeInclusive;

/// The sides in pixels that images can be brought to.
pub const SIDES: RangeInclusive<usize> = 8..=256;
/// The largest side of an image, in pixels: that of a JPEG file.
pub(super) const MAX_SIDE: u32 = 65_535;
/// The most pixels of an image: 16,384 x 12,288, the largest of phones.
pub(super) const MAX_PIXELS: u64 = 192 << 20;
/// The largest image file, in bytes.
pub(super) const MAX_FILE: u64 = 1 << 30;
/// Memory that an image's texts and colour profile may take, in bytes.
pub(super) const HEADER_MEMORY: u64 = 16 << 20;
/// Memory that an image of usual size may take while it is decoded, in bytes. Larger ones are decoded one at a
/// time.
pub(super) const SMALL_MEMORY: u64 = 64 << 20;
/// Memory that an image may take while it is decoded, in bytes.
pub(super) const LARGE_MEMORY: u64 = 2 << 30;
/// Pixels, in bytes, after which no more images are read at a time to be scored, each at its own size.
pub(super) const STREAM_MEMORY: usize = 512 << 20;
/// How many bytes one byte of an archive of images may become, where more than [`LARGE_MEMORY`] come out.
const MAX_RATIO: u64 = 100;
/// The most files and folders below a folder of images; ImageNet has 1.3 million.
pub(super) const MAX_ENTRIES: usize = 2_000_000;
/// Labels are 16-bit.
pub(super) const MAX_CLASSES: usize = 1 << 16;
/// The most images of an IDX file.
pub(super) const MAX_RECORDS: usize = 10_000_000;
/// The most pixels of one image in an IDX file, where thousands follow each other.
pub(super) const MAX_RECORD_PIXELS: usize = 4 << 20;
/// The most bytes of an array whose first index runs fastest, which is held whole while it is brought into rows.
pub(super) const MAX_BY_COLUMNS: usize = 1 << 30;
/// The most toys that can be drawn.
pub const MAX_TOYS: usize = 1_000_000;

/// How many bytes may come out of an archive of `packed` bytes. Flat icons and sorted labels pack hundreds to one; what
/// fits in memory is no bomb, however well it is packed.
pub(super) fn most_unpacked(packed: u64) -> u64 {
    packed.saturating_mul(MAX_RATIO).max(LARGE_MEMORY)
}
