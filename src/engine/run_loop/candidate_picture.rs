//! The pictures of candidates, as a run's folder keeps them.

use crate::export::{GAP, Tiles};

/// Pixels to a side of the images at most: there are many pictures, and each is looked at small.
const LARGEST: usize = 64;

/// A candidate's images in a row, as a PNG file.
pub(super) fn strip(images: &Tiles) -> Vec<u8> {
    images.shrunk(LARGEST).grid(images.count(), 1, GAP as u32).png()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_strip_is_read_back_and_large_images_are_shrunk() {
        for (side, kept) in [(8, 8), (64, 64), (128, 64)] {
            let values: Vec<f32> =
                (0..4 * 3 * side * side).map(|value| (value as f32 * 0.01).sin()).collect();
            let images = Tiles::of(&values, side).unwrap();
            let png = strip(&images);
            let read = Tiles::from_strip(&png).unwrap();
            assert_eq!((read.side(), read.count()), (kept, 4));
            assert_eq!(read == images, side == kept, "{side}");
            assert!(png.len() < 60_000, "{} bytes", png.len());
        }
    }
}
