//! Zeros that were written over a part of a scan's data, as where a sector of a disk was lost.

use super::super::ZEROS;

/// Bytes that may lie between a whole scan and the next marker where zeros have been written over a part, and how many
/// of them may be data: zeros and ones are put there to fill up.
const MAX_GAP: usize = 4_096;
const MAX_GAP_DATA: usize = 16;

/// Bytes before the end of the last block from which on zeros are a part of the data.
const LAST: usize = 8;

/// Whether zeros have been written over a part of a scan's data, `unused` bytes of which follow the last block. Then
/// more are left than belong there, or many zeros stand where they `may_be_flat` parts of a picture or may not.
pub fn has_hole(data: &[u8], unused: usize, may_be_flat: bool) -> bool {
    let walked = data.len().saturating_sub(unused);
    let content = data[walked..].iter().filter(|byte| !matches!(byte, 0 | 0xff)).count();
    let is_long = unused > MAX_GAP || content > MAX_GAP_DATA;
    zeros(data).any(|start| is_long || (!may_be_flat && start + LAST <= walked))
}

/// Where runs of zeros begin that are as long as a sector of a disk.
fn zeros(data: &[u8]) -> impl Iterator<Item = usize> {
    let mut next = 0;
    data.chunk_by(|a, b| a == b).filter_map(move |run| {
        let start = next;
        next += run.len();
        (run[0] == 0 && run.len() >= ZEROS).then_some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_in_data_are_a_hole_and_those_behind_it_fill_up() {
        let hole = [0; ZEROS];
        let data = |parts: [&[u8]; 3]| parts.concat();
        let (some, rest) = ([7; 100], [9; 17]);
        // More data is left than belongs behind the last block, wherever it ends.
        for unused in [17, 300, 17 + ZEROS] {
            assert!(has_hole(&data([&some, &hole, &rest]), unused, true), "{unused}");
        }
        // Less may be rounding, where zeros are flat parts; where they are none, they are a hole all the same.
        assert!(!has_hole(&data([&some, &hole, &rest]), 16, true));
        assert!(has_hole(&data([&some, &hole, &rest]), 16, false));
        assert!(has_hole(&data([&some, &hole, &[]]), ZEROS - 8, false));
        // They fill up from the last byte of the data on, or one less of them is there.
        for start in [ZEROS, ZEROS - 7] {
            assert!(!has_hole(&data([&some, &hole, &[]]), start, false));
        }
        assert!(!has_hole(&data([&some, &hole[1..], &rest]), 17, false));
        assert!(has_hole(&data([&some, &[0; 5_000], &[]]), 4_097, true));
        assert!(!has_hole(&data([&some, &[0; 5_000], &[]]), 4_096, true));
        assert!(!has_hole(&[], 0, false) && !has_hole(&[], 9, true));
    }
}
