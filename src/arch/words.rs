//! Numbers as people read them.

/// A count with commas between groups of three digits: `50,000`.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<String> = groups.map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join(",")
}

/// `1 cell`, `2 cells`.
pub fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

/// A number of operations: `4.438 T`, `1.765 G`, `16.1 M`, `640`.
pub fn operations(count: u64) -> String {
    match count {
        1_000_000_000_000.. => format!("{:.3} T", count as f64 / 1e12),
        1_000_000_000.. => format!("{:.3} G", count as f64 / 1e9),
        1_000_000.. => format!("{:.1} M", count as f64 / 1e6),
        _ => thousands(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_in_threes() {
        let grouped = [0, 999, 1_000, 4_405_251, u64::MAX].map(thousands);
        assert_eq!(grouped, ["0", "999", "1,000", "4,405,251", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn operations_have_a_unit() {
        let words = [4_437_611_000_000, 1_764_850_000, 16_050_000, 640].map(operations);
        assert_eq!(words, ["4.438 T", "1.765 G", "16.1 M", "640"]);
    }
}
