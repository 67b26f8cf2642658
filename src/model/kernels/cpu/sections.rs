//! How a map is cut into sections, pieces and rows.
//!
//! A *section* is what has sums of its own for every channel: an image, or the whole batch. It is cut into *pieces* of a
//! fixed size, the tasks of a parallel loop; a piece into rows, several pixels side by side, of a width that suits the
//! processor.

use pulp::NullaryFnOnce;

use crate::model::kernels::cpu::fill::PIECE;
use crate::model::kernels::cpu::simd::{LANES, add_to, dispatch};

/// Fewest columns: shorter rows would wait for their own sums.
const SHORTEST: usize = 128;

/// Several pixels side by side form a row, so that its width is a multiple of [`LANES`] for any number of channels.
/// Column `k` belongs to channel `k % channels`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    /// Channels of a pixel.
    pub(crate) channels: usize,
    /// Columns of a row, a multiple of `channels` and of [`LANES`].
    pub(crate) width: usize,
}

impl Columns {
    /// For pixels of `channels` channels.
    pub(crate) fn new(channels: usize) -> Self {
        let channels = channels.max(1);
        let mut shared = LANES;
        while !channels.is_multiple_of(shared) {
            shared /= 2;
        }
        let least = channels * (LANES / shared);
        Self { channels, width: least * SHORTEST.div_ceil(least) }
    }

    /// Values of a piece, whole rows.
    pub(crate) fn piece(&self) -> usize {
        self.width * (PIECE / self.width).max(1)
    }

    /// Values by channel, repeated for each column.
    pub(crate) fn repeat(&self, by_channel: impl Iterator<Item = f64> + Clone) -> Vec<f32> {
        by_channel.map(|value| value as f32).cycle().take(self.width).collect()
    }

    /// The sum of each channel's columns.
    pub(crate) fn fold(&self, by_column: &[f32]) -> Vec<f64> {
        let mut sums = vec![0.0; self.channels];
        for pixel in by_column.chunks_exact(self.channels) {
            for (sum, &value) in sums.iter_mut().zip(pixel) {
                *sum += f64::from(value);
            }
        }
        sums
    }
}

/// Numbers of pixels and channels, and how the pixels form sections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sections {
    /// Sections of the map.
    pub(crate) count: usize,
    /// Pixels of a section.
    pub(crate) pixels: usize,
    /// How values fall into columns.
    pub(crate) columns: Columns,
}

impl Sections {
    /// `count` sections of `pixels` pixels of `channels` channels.
    pub(crate) fn new(count: usize, pixels: usize, channels: usize) -> Self {
        Self { count, pixels, columns: Columns::new(channels) }
    }

    /// Values in all sections.
    pub(crate) fn len(&self) -> usize {
        self.count * self.pixels * self.columns.channels
    }

    /// The pieces of `values`, each with its section's index.
    pub(crate) fn pieces<'a>(&self, values: &'a [f32]) -> Vec<(usize, &'a [f32])> {
        let piece = self.columns.piece();
        let sections = values.chunks(self.section_len()).enumerate();
        sections.flat_map(|(section, values)| values.chunks(piece).map(move |part| (section, part))).collect()
    }

    /// [`Sections::pieces`] to write to.
    pub(crate) fn pieces_mut<'a>(&self, values: &'a mut [f32]) -> Vec<(usize, &'a mut [f32])> {
        let piece = self.columns.piece();
        let sections = values.chunks_mut(self.section_len()).enumerate();
        sections
            .flat_map(|(section, values)| values.chunks_mut(piece).map(move |part| (section, part)))
            .collect()
    }

    fn section_len(&self) -> usize {
        (self.pixels * self.columns.channels).max(1)
    }
}

/// The sum of each column of `x`.
pub(crate) fn column_sums(columns: Columns, x: &[f32]) -> Vec<f32> {
    let mut sums = vec![0.0; columns.width];
    dispatch(ColumnSums { x, sums: &mut sums });
    sums
}

struct ColumnSums<'a> {
    x: &'a [f32],
    sums: &'a mut [f32],
}

impl NullaryFnOnce for ColumnSums<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.x.chunks(self.sums.len()) {
            add_to(self.sums, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_whole_pixels_and_whole_registers() {
        for channels in [1, 3, 5, 16, 20, 33, 64, 96, 128, 1030] {
            let columns = Columns::new(channels);
            assert!(columns.width.is_multiple_of(channels) && columns.width.is_multiple_of(LANES));
            assert!(columns.width >= SHORTEST && columns.piece().is_multiple_of(columns.width));
        }
    }

    #[test]
    fn columns_repeat_and_fold() {
        let columns = Columns::new(3);
        let repeated = columns.repeat([1.0, 2.0, 3.0].into_iter());
        assert_eq!(repeated[..4], [1.0, 2.0, 3.0, 1.0]);
        let times = (columns.width / 3) as f64;
        assert_eq!(columns.fold(&repeated), [times, 2.0 * times, 3.0 * times]);
    }
}
