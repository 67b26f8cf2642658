//! A curve: its points, smoothed, and thinned out for drawing.

/// A curve that only grows.
#[derive(Clone, Debug, Default)]
pub struct Series {
    points: Vec<[f64; 2]>,
    /// The event index of each point.
    event_indices: Vec<u32>,
}

impl Series {
    /// Adds a point.
    pub fn push(&mut self, event_index: u32, x: f64, y: f64) {
        self.points.push([x, y]);
        self.event_indices.push(event_index);
    }

    /// All points.
    pub fn points(&self) -> &[[f64; 2]] {
        &self.points
    }

    /// The event index of each point.
    pub fn event_indices(&self) -> &[u32] {
        &self.event_indices
    }

    /// How many points there are up to an event index.
    pub fn count_until(&self, event_index: u32) -> usize {
        self.event_indices.partition_point(|&at| at <= event_index)
    }

    /// The newest value up to an event index.
    pub fn at(&self, event_index: u32) -> Option<[f64; 2]> {
        self.points[..self.count_until(event_index)].last().copied()
    }
}

/// An exponential moving average with `share` of the old value, from 0 (the points themselves) to
/// below 1, without the pull of the first value (debiased as Adam's event indices are). What is no number is
/// passed over.
pub fn smoothed(points: &[[f64; 2]], share: f64) -> Vec<[f64; 2]> {
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut smooth = |&[x, y]: &[f64; 2]| {
        if y.is_finite() {
            sum = share * sum + (1.0 - share) * y;
            weight = share * weight + (1.0 - share);
        }
        [x, if weight > 0.0 { sum / weight } else { y }]
    };
    points.iter().map(&mut smooth).collect()
}

/// At most about `2 * buckets` points that look like all of them: the lowest and the highest of each
/// bucket, in their order, and the last.
pub fn thinned(points: &[[f64; 2]], buckets: usize) -> Vec<[f64; 2]> {
    let buckets = buckets.max(1);
    if points.len() <= 2 * buckets {
        return points.to_vec();
    }
    let size = points.len().div_ceil(buckets);
    let mut kept = Vec::with_capacity(2 * buckets + 1);
    for bucket in points.chunks(size) {
        let (mut low, mut high) = (0, 0);
        for (at, [_, y]) in bucket.iter().enumerate() {
            if *y < bucket[low][1] {
                low = at;
            }
            if *y > bucket[high][1] {
                high = at;
            }
        }
        kept.push(bucket[low.min(high)]);
        if low != high {
            kept.push(bucket[low.max(high)]);
        }
    }
    if kept.last() != points.last() {
        kept.extend(points.last());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn smoothing_a_constant_changes_nothing_and_no_smoothing_is_the_curve() {
        let constant: Vec<_> = (0..9).map(|x| [f64::from(x), 3.0]).collect();
        for ([_, y], [_, smooth]) in constant.iter().zip(smoothed(&constant, 0.9)) {
            assert!((y - smooth).abs() < 1e-12);
        }
        let jumps: Vec<_> = (0..9).map(|x| [f64::from(x), f64::from(x % 2)]).collect();
        assert_eq!(smoothed(&jumps, 0.0), jumps);
        assert!((smoothed(&jumps, 0.9)[8][1] - 0.5).abs() < 0.2);
    }

    #[test]
    fn smoothing_passes_over_what_is_no_number() {
        let smooth = smoothed(&[[0.0, 2.0], [1.0, f64::NAN], [2.0, 2.0]], 0.5);
        assert!(smooth.iter().all(|[_, y]| *y == 2.0), "{smooth:?}");
    }

    #[test]
    fn what_was_known_at_a_moment_is_found() {
        let mut series = Series::default();
        for (event_index, x) in [(3, 1.0), (3, 2.0), (8, 3.0)] {
            series.push(event_index, x, -x);
        }
        assert_eq!([0, 3, 7, 8, 99].map(|event_index| series.count_until(event_index)), [0, 2, 2, 3, 3]);
        assert_eq!((series.at(2), series.at(5)), (None, Some([2.0, -2.0])));
    }

    proptest! {
        #[test]
        fn thinning_keeps_the_extremes_the_order_and_the_last(
            values in proptest::collection::vec(-1e6..1e6f64, 1..3000),
            buckets in 1..200usize,
        ) {
            let points: Vec<_> = values.iter().enumerate().map(|(x, y)| [x as f64, *y]).collect();
            let thin = thinned(&points, buckets);
            prop_assert!(thin.len() <= 2 * buckets + 2);
            prop_assert!(thin.windows(2).all(|pair| pair[0][0] < pair[1][0]));
            prop_assert_eq!(thin.last(), points.last());
            let extreme = |points: &[[f64; 2]], pick: fn(f64, f64) -> f64| points.iter().map(|p| p[1]).reduce(pick);
            prop_assert_eq!(extreme(&thin, f64::max), extreme(&points, f64::max));
            prop_assert_eq!(extreme(&thin, f64::min), extreme(&points, f64::min));
        }
    }
}
