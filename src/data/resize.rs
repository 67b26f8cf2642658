//! Antialiased resizing, bit for bit as Pillow's `Image.resize(..., BILINEAR)`.
//!
//! AutoGAN trains its growing stages on images resized by torchvision, which is Pillow's bilinear
//! filter: a triangle as wide as the larger of source and target pixel, so that shrinking averages
//! instead of skipping. Horizontal before vertical, 8-bit in between, 22-bit fixed-point weights.

/// Fractional bits of a weight (Pillow's `PRECISION_BITS`, `Resample.c`).
const BITS: u32 = 22;

/// Which source samples make one target sample, and with which weights.
struct Tap {
    first: usize,
    weights: Vec<i32>,
}

/// Resizes RGB images of one size to another.
pub struct Resizer {
    width: usize,
    horizontal: Vec<Tap>,
    vertical: Vec<Tap>,
}

impl Resizer {
    /// A resizer from `width` x `height` to `out_width` x `out_height` pixels; all at least 1.
    pub fn new(width: usize, height: usize, out_width: usize, out_height: usize) -> Self {
        Self { width, horizontal: taps(width, out_width), vertical: taps(height, out_height) }
    }

    /// Resizes one image: `[height, width, 3]` to `[out_height, out_width, 3]`.
    pub fn apply(&self, image: &[u8]) -> Vec<u8> {
        self.apply_rows(image.chunks_exact(self.width * 3))
    }

    fn apply_rows<'a>(&self, image: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        let out_width = self.horizontal.len();
        let mut rows = Vec::with_capacity(image.size_hint().0 * out_width * 3);
        for row in image {
            for tap in &self.horizontal {
                rows.extend(weigh(tap, &row[tap.first * 3..], 3));
            }
        }
        let stride = out_width * 3;
        let mut out = Vec::with_capacity(self.vertical.len() * stride);
        for tap in &self.vertical {
            for x in 0..out_width {
                out.extend(weigh(tap, &rows[tap.first * stride + x * 3..], stride));
            }
        }
        out
    }
}

/// Brings images of one size to a square: the middle square is cut out, then resized.
pub(super) struct Fit {
    width: usize,
    height: usize,
    resizer: Resizer,
}

impl Fit {
    /// From `width` x `height` (at least 1) to `side` x `side` pixels.
    pub(super) fn new(width: usize, height: usize, side: usize) -> Self {
        let edge = width.min(height);
        Self { width, height, resizer: Resizer::new(edge, edge, side, side) }
    }

    /// Whether it is for images of `width` x `height` pixels.
    pub(super) fn is_from(&self, width: usize, height: usize) -> bool {
        [self.width, self.height] == [width, height]
    }

    /// Crops and resizes one image: `[height, width, 3]` to `[side, side, 3]`.
    pub(super) fn apply(&self, image: &[u8]) -> Vec<u8> {
        let edge = self.width.min(self.height);
        let (left, top) = ((self.width - edge) / 2, (self.height - edge) / 2);
        let rows = image.chunks_exact(self.width * 3).skip(top).take(edge);
        self.resizer.apply_rows(rows.map(|row| &row[left * 3..(left + edge) * 3]))
    }
}

/// The weighted mean of RGB pixels that lie `step` bytes apart, rounded to 8 bits.
fn weigh(tap: &Tap, samples: &[u8], step: usize) -> [u8; 3] {
    let mut sum = [1i32 << (BITS - 1); 3];
    for (pixel, &weight) in samples.chunks(step).zip(&tap.weights) {
        for (sum, &value) in sum.iter_mut().zip(pixel) {
            *sum += i32::from(value) * weight;
        }
    }
    sum.map(|sum| (sum >> BITS).clamp(0, 255) as u8)
}

/// The taps of a triangle filter from `from` to `to` samples (Pillow's `precompute_coeffs`).
fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f64 / to as f64;
    let support = scale.max(1.0);
    (0..to)
        .map(|target| {
            let centre = (target as f64 + 0.5) * scale;
            let first = (centre - support + 0.5).max(0.0) as usize;
            let last = ((centre + support + 0.5) as usize).min(from);
            let weights: Vec<f64> = (first..last)
                .map(|sample| {
                    let distance = ((sample as f64 - centre + 0.5) / support).abs();
                    (1.0 - distance).max(0.0)
                })
                .collect();
            let total: f64 = weights.iter().sum();
            let one = f64::from(1u32 << BITS);
            Tap { first, weights: weights.iter().map(|w| (0.5 + w / total * one) as i32).collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 6 x 5 image of scattered values.
    fn scattered() -> Vec<u8> {
        (0..6 * 5 * 3u32).map(|i| (i * 73 % 251) as u8).collect()
    }

    #[test]
    fn the_same_size_is_the_same_image() {
        assert_eq!(Resizer::new(6, 5, 6, 5).apply(&scattered()), scattered());
    }

    #[test]
    fn pixels_are_pillows() {
        // Image.frombytes("RGB", (6, 5), scattered).resize(size, Image.BILINEAR) in Pillow 13.0.
        let small = [97, 109, 146, 156, 92, 119, 153, 119, 102, 156, 159, 93, 114, 160, 112, 100, 118, 140];
        assert_eq!(Resizer::new(6, 5, 3, 2).apply(&scattered()), small);
        let large = Resizer::new(6, 5, 4, 7).apply(&scattered());
        assert_eq!(
            large[..24],
            [
                82, 61, 134, 194, 44, 89, 148, 193, 43, 103, 176, 155, 62, 95, 168, 180, 62, 123, 182, 99,
                77, 137, 156, 99
            ]
        );
        assert_eq!(large[72..], [127, 160, 224, 46, 119, 179, 168, 74, 133, 206, 28, 88, 161, 140][2..]);
    }

    #[test]
    fn the_middle_square_is_cut_out() {
        // 4 x 2: columns 1 and 2 stay. 2 x 4: rows 1 and 2 stay.
        let wide: Vec<u8> = [1, 2, 3, 4, 5, 6, 7, 8].iter().flat_map(|&v| [v; 3]).collect();
        let reds = |image: Vec<u8>| image.chunks(3).map(|p| p[0]).collect::<Vec<_>>();
        assert_eq!(reds(Fit::new(4, 2, 2).apply(&wide)), [2, 3, 6, 7]);
        assert_eq!(reds(Fit::new(2, 4, 2).apply(&wide)), [3, 4, 5, 6]);
    }

    #[test]
    fn shrinking_averages_over_the_whole_image() {
        // A fine chequerboard becomes even grey; skipping pixels would leave it black or white.
        let board: Vec<u8> =
            (0..32 * 32).flat_map(|i| [if (i / 32 + i % 32) % 2 == 0 { 0 } else { 255 }; 3]).collect();
        let small = Resizer::new(32, 32, 8, 8).apply(&board);
        assert!(small.iter().all(|&v| (120..=135).contains(&v)), "{small:?}");
    }
}
