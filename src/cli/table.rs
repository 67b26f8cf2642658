//! Numbers and columns for people.

/// A count with commas between groups of three digits: `50,000`.
pub(super) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<String> = groups.map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join(",")
}

/// A number of operations: `1.765 G`, `16.1 M`, `640`.
pub(super) fn operations(count: u64) -> String {
    match count {
        1_000_000_000.. => format!("{:.3} G", count as f64 / 1e9),
        1_000_000.. => format!("{:.1} M", count as f64 / 1e6),
        _ => thousands(count),
    }
}

/// A size in memory: `146.5 MiB`.
pub(super) fn mebibytes(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// Rows as lines with columns as wide as their widest entry. The first column is flush left and the
/// others are flush right.
pub(super) fn lines<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).enumerate();
        let cells: Vec<String> = cells
            .map(|(column, (text, width))| match column {
                0 => format!("{text:width$}"),
                _ => format!("{text:>width$}"),
            })
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_in_threes() {
        let grouped = [0, 999, 1_000, 4_405_251, u64::MAX].map(thousands);
        assert_eq!(grouped, ["0", "999", "1,000", "4,405,251", "18,446,744,073,709,551,615"]);
        assert_eq!(operations(1_764_850_000), "1.765 G");
        assert_eq!(operations(16_050_000), "16.1 M");
        assert_eq!(operations(640), "640");
        assert_eq!(mebibytes(153_600_000), "146.5 MiB");
    }

    #[test]
    fn columns_are_aligned() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(lines(&[row("é", "1"), row("long", "100")]), ["é       1", "long  100"]);
        assert_eq!(lines::<2>(&[]), Vec::<String>::new());
    }
}
