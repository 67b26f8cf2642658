//! Mean and variance of every channel, in one pass that does not lose digits.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::model::kernels::cpu::sections::{Sections, column_sums};
use crate::model::kernels::cpu::simd::dispatch;

/// Part of a piece's rows whose mean stands in for that of all while deviations are summed.
const SAMPLE: usize = 8;

/// Mean and biased variance, by section and channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelStatistics {
    /// Means, `[sections · channels]`.
    pub mean: Vec<f64>,
    /// Mean squared deviations from the mean, `[sections · channels]`.
    pub variance: Vec<f64>,
}

/// ChannelStatistics of all sections of `x`; NaN for sections of no pixels.
///
/// Deviations are taken from the mean of the piece's first rows, an eighth of it. The mean of all cannot be further
/// from that than `sqrt(8)` deviations, so the correction costs three bits at most, whatever the values. Pieces are
/// joined in double precision (Chan, Golub and LeVeque 1979).
pub(crate) fn measure(sections: Sections, x: &[f32]) -> ChannelStatistics {
    let channels = sections.columns.channels;
    let pieces: Vec<(usize, PieceMoments)> = sections
        .pieces(x)
        .into_par_iter()
        .map(|(section, piece)| (section, moments(sections, piece)))
        .collect();
    let empty = || PieceMoments { count: 0.0, mean: vec![0.0; channels], squares: vec![0.0; channels] };
    let mut totals: Vec<PieceMoments> = (0..sections.count).map(|_| empty()).collect();
    for (section, piece) in pieces {
        totals[section].join(&piece);
    }
    if sections.pixels == 0 {
        let nothing = vec![f64::NAN; sections.count * channels];
        return ChannelStatistics { mean: nothing.clone(), variance: nothing };
    }
    let variance =
        |total: &PieceMoments| total.squares.iter().map(|sum| sum / total.count).collect::<Vec<_>>();
    ChannelStatistics {
        variance: totals.iter().flat_map(variance).collect(),
        mean: totals.into_iter().flat_map(|total| total.mean).collect(),
    }
}

/// Number of pixels, mean and sum of squared deviations from it, by channel.
#[derive(Debug)]
struct PieceMoments {
    count: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

impl PieceMoments {
    /// Adds the pixels of `other`.
    fn join(&mut self, other: &Self) {
        let count = self.count + other.count;
        let (share, weight) = (other.count / count, self.count * other.count / count);
        let to = self.mean.iter_mut().zip(&mut self.squares);
        for ((mean, squares), (other_mean, other_squares)) in to.zip(other.mean.iter().zip(&other.squares)) {
            let distance = other_mean - *mean;
            *squares += other_squares + distance * distance * weight;
            *mean += distance * share;
        }
        self.count = count;
    }
}

/// Moments of one piece.
fn moments(sections: Sections, piece: &[f32]) -> PieceMoments {
    let columns = sections.columns;
    let rows = piece.len() / columns.width;
    let sample = if rows == 0 { piece } else { &piece[..columns.width * rows.div_ceil(SAMPLE)] };
    let mut sums = column_sums(columns, sample);
    let sample_pixels = (sample.len() / columns.channels) as f64;
    let centre: Vec<f64> =
        columns.fold(&sums).into_iter().map(|sum| f64::from((sum / sample_pixels) as f32)).collect();
    sums.fill(0.0);
    let mut squares = vec![0.0; columns.width];
    let by_column = columns.repeat(centre.iter().copied());
    dispatch(Deviations { x: piece, centre: &by_column, sums: &mut sums, squares: &mut squares });

    let count = (piece.len() / columns.channels) as f64;
    let (sums, mut squares) = (columns.fold(&sums), columns.fold(&squares));
    for (squares, sum) in squares.iter_mut().zip(&sums) {
        let rest = *squares - sum * sum / count;
        // Not `max`, which would make a number of NaN.
        *squares = if rest < 0.0 { 0.0 } else { rest };
    }
    let mean = centre.iter().zip(&sums).map(|(centre, sum)| centre + sum / count).collect();
    PieceMoments { count, mean, squares }
}

/// Adds each row's deviations from `centre` to `sums`, and their squares to `squares`.
struct Deviations<'a> {
    x: &'a [f32],
    centre: &'a [f32],
    sums: &'a mut [f32],
    squares: &'a mut [f32],
}

impl NullaryFnOnce for Deviations<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.x.chunks(self.centre.len()) {
            add_deviations(row, self.centre, self.sums, self.squares);
        }
    }
}

/// One row of [`Deviations`].
#[inline(always)]
fn add_deviations(row: &[f32], centre: &[f32], sums: &mut [f32], squares: &mut [f32]) {
    for (((x, centre), sum), square) in row.iter().zip(centre).zip(sums).zip(squares) {
        let deviation = x - centre;
        *sum += deviation;
        *square += deviation * deviation;
    }
}
