//! How large the images of a search are: the sides that the simple form offers.

use std::ops::RangeInclusive;

use crate::config::RunConfig;
use crate::data::Sizes;

/// Side in pixels of the map that the generators of the simple form begin with.
const BOTTOM_WIDTH: usize = 4;
/// How often that is doubled: once in each cell.
const CELLS: RangeInclusive<usize> = 2..=5;

/// The sides to choose from, the smallest first: no larger than the pictures are, so that nothing is enlarged. `found`
/// are the sizes of the pictures; none where they are drawn in any size, or not known yet. `now` is always among them.
pub fn sides(found: Option<&Sizes>, used: usize, now: usize) -> Vec<usize> {
    let most = found.map_or(usize::MAX, |sizes| limit(sizes, used));
    let offered = CELLS.map(|cells| BOTTOM_WIDTH << cells);
    let least = BOTTOM_WIDTH << CELLS.start();
    let mut sides: Vec<usize> = offered.filter(|&side| side <= most.max(least)).collect();
    if !sides.contains(&now) {
        sides.push(now);
        sides.sort_unstable();
    }
    sides
}

/// The largest side that pictures of these sizes fill: that of most of them, or of the smallest where sizes are mixed.
pub fn limit(sizes: &Sizes, used: usize) -> usize {
    let is_usual = 2 * sizes.most_common_count >= used;
    let [width, height] = if is_usual { sizes.most_common } else { sizes.smallest };
    width.min(height) as usize
}

/// Sets the side of the images, with the number of cells that makes them; a side that is not offered changes nothing.
pub fn set_side(config: &mut RunConfig, side: usize) {
    let mut offered = CELLS;
    let Some(cells) = offered.find(|&cells| BOTTOM_WIDTH << cells == side) else { return };
    config.model.bottom_width = BOTTOM_WIDTH;
    config.space.cells = cells;
    config.space.cell.retain(|own| own.number <= cells);
    let last = config.search.iterations.last().copied().unwrap_or(1);
    config.search.iterations.resize(cells, last);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sizes(smallest: [u32; 2], common: [u32; 2], count: usize) -> Sizes {
        Sizes { smallest, largest: [4_000, 3_000], most_common: common, most_common_count: count }
    }

    #[test]
    fn no_side_is_larger_than_the_pictures() {
        assert_eq!(sides(None, 0, 16), [16, 32, 64, 128]);
        assert_eq!(sides(Some(&sizes([24, 20], [24, 20], 9)), 9, 16), [16]);
        assert_eq!(sides(Some(&sizes([64, 80], [64, 80], 9)), 9, 16), [16, 32, 64]);
        // A few small ones among many of one size do not count; among a mixture the smallest does.
        assert_eq!(sides(Some(&sizes([10, 10], [100, 128], 90)), 100, 16), [16, 32, 64]);
        assert_eq!(sides(Some(&sizes([40, 50], [100, 128], 3)), 100, 16), [16, 32]);
        assert_eq!(sides(Some(&sizes([5, 5], [5, 5], 9)), 9, 16), [16], "there is always one");
        assert_eq!(
            sides(Some(&sizes([64, 64], [64, 64], 9)), 9, 48),
            [16, 32, 48, 64],
            "what is set is seen"
        );
    }

    #[test]
    fn a_side_sets_the_cells_that_make_it() {
        for side in sides(None, 0, 16) {
            let mut config = RunConfig::preset("quick").unwrap();
            config.apply("space.cell=[{number = 2, conv = [\"pre\"]}]").unwrap();
            config.apply("model.bottom_width=6").unwrap();
            set_side(&mut config, side);
            assert_eq!(config.side(), side);
            assert_eq!(config.validate_search(), Ok(()));
            assert_eq!(config.space.cell.len(), 1, "what a cell has of its own stays");
        }
        let mut config = RunConfig::preset("quick").unwrap();
        set_side(&mut config, 48);
        assert_eq!(config, RunConfig::preset("quick").unwrap());
    }
}
