//! TIFF files made to hurt. Their numbers lie apart from the pixels, and each may promise anything.

use super::*;

/// A tag with the numbers that it has, or says that it has: its number, kind, count and value.
type Tag = (u16, u16, u32, u32);

const WIDTH: u16 = 256;
const COMPRESSION: u16 = 259;
const STRIP_OFFSETS: u16 = 273;
const STRIP_BYTES: u16 = 279;

/// The tags of a grey page of `width` x `height` whose `bytes` bytes of pixels follow the header.
fn grey(width: u32, height: u32, bytes: usize) -> Vec<Tag> {
    vec![
        (WIDTH, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (262, 3, 1, 1),
        (STRIP_OFFSETS, 4, 1, 8),
        (STRIP_BYTES, 4, 1, bytes as u32),
    ]
}

/// A file with these tags behind `pixels`, the later ones in place of earlier ones.
fn file(pixels: &[u8], tags: &[Tag]) -> Vec<u8> {
    let directory = (8 + pixels.len() as u32).to_le_bytes();
    let mut file = [b"II*\0", &directory[..], pixels, &(tags.len() as u16).to_le_bytes()].concat();
    for (tag, kind, count, value) in tags {
        let numbers = [count.to_le_bytes(), value.to_le_bytes()].concat();
        file.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &numbers].concat());
    }
    file.extend([0; 4]);
    file
}

fn page(pixels: &[u8], [width, height]: [u32; 2], more: &[Tag]) -> Vec<u8> {
    file(pixels, &[grey(width, height, pixels.len()), more.to_vec()].concat())
}

#[test]
fn pages_that_promise_what_they_have_not_cost_nothing() {
    let [pixel, size] = [&[9][..], &[7; 256]];
    let text = |tag: u16| (tag, 2, 250 << 20, 8);
    let cases = [
        ("sides.tif", page(pixel, [50_000, 50_000], &[]), "over the limit"),
        ("wide.tif", page(pixel, [u32::MAX, 1], &[]), "over the limit"),
        ("rows.tif", page(pixel, [16_000, 12_000], &[]), "cut off"),
        ("text.tif", page(size, [16, 16], &[text(WIDTH)]), "what it says of its width is not one number"),
        (
            "turned.tif",
            page(size, [16, 16], &[text(274)]),
            "what it says of its orientation is not one number",
        ),
        (
            "bits.tif",
            page(size, [16, 16], &[(258, 1, u32::MAX, 8)]),
            "what it says of its bits per channel is no list",
        ),
        (
            "list.tif",
            page(size, [16, 16], &[(STRIP_OFFSETS, 4, 1 << 28, 8)]),
            "what it says of its pixels' places is no list",
        ),
        (
            "extra.tif",
            page(size, [16, 16], &[(338, 3, 1 << 28, 8)]),
            "what it says of its channels beside colours is no list",
        ),
        ("far.tif", page(size, [16, 16], &[(STRIP_OFFSETS, 4, 1, u32::MAX)]), "cut off"),
        ("long.tif", page(size, [16, 16], &[(STRIP_BYTES, 4, 1, u32::MAX)]), "cut off"),
        ("samples.tif", page(size, [16, 16], &[(277, 3, 1, 65_535)]), "65535 channels"),
        (
            "tiles.tif",
            page(size, [16, 16], &[(322, 4, 1, u32::MAX), (323, 4, 1, 1), (324, 4, 1, 8), (325, 4, 1, 1)]),
            "its parts have 4294967295 x 1 pixels",
        ),
        (
            "dust.tif",
            page(size, [8_000, 8_000], &[(322, 4, 1, 1), (323, 4, 1, 1), (324, 4, 1, 8), (325, 4, 1, 1)]),
            "cut into 64000000 parts",
        ),
    ];
    for (name, bytes, reason) in cases {
        skipped(name, &bytes, reason);
    }
    let many = file(size, &vec![(1, 3, 1, 1); 65_535]);
    skipped("many.tif", &many, "its first page has 65535 tags");
    // A directory that points to itself, and one that lies behind the end.
    skipped("self.tif", b"II*\0\0\0\0\0", "");
    skipped("behind.tif", b"II*\0\xff\xff\xff\xff", "cut off");
}

/// Pixels packed a thousand to one are read where they fit; what follows them is not looked at.
#[test]
fn packed_pages_take_what_the_limit_allows() {
    let deflated = (COMPRESSION, 3, 1, 8);
    let zeros = zlib_zeros(((7_900 * 7_900) >> 20) + 1);
    let process = beside_a_good_one("a.tif", &page(&zeros, [7_900, 7_900], &[deflated]));
    assert_eq!(process.outcome, "found 2, used 2, skipped 0: ", "{process:?}");
    // Grey bytes twice, then three for each beside one.
    process.within(MOST + 240);
    used("more.tif", &page(&zlib_zeros(4_096), [16, 16], &[deflated]));
    let deep = [(258, 3, 1, 16), (262, 3, 1, 2), (277, 3, 1, 4), deflated];
    skipped(
        "deep.tif",
        &page(&zlib_zeros(1), [12_000, 12_000], &deep),
        "12000 x 12000 pixels take 2198 MiB to decode, and the limit is 2048 MiB",
    );
}
