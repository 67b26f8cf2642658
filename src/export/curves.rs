//! Measured values as a table.

/// One measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    /// The place of its event in the run, from 0: it orders the points of all curves.
    pub event_index: u64,
    /// What was measured, such as `shared/generator_loss`.
    pub name: String,
    /// Its place on the curve's own horizontal axis.
    pub step: u64,
    /// The value.
    pub value: f64,
}

/// The points as CSV: `event_index,name,step,value` and a line for each.
pub fn curves_csv(points: impl IntoIterator<Item = CurvePoint>) -> String {
    let row = |CurvePoint { event_index, name, step, value }| {
        [event_index.to_string(), name, step.to_string(), value.to_string()]
    };
    csv(["event_index", "name", "step", "value"], points.into_iter().map(row))
}

/// A table as CSV (RFC 4180, but with line feeds).
pub fn csv<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut out = header.join(",") + "\n";
    for row in rows {
        out += &(row.map(|text| field(&text)).join(",") + "\n");
    }
    out
}

/// A field in quotes where it needs them.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_and_names_are_quoted_where_they_must_be() {
        let point = |name: &str, value| CurvePoint { event_index: 3, name: name.to_owned(), step: 40, value };
        let csv = curves_csv([point("shared/loss", 0.1 + 0.2), point("a \"b\", c", -1e-300)]);
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[..2], ["event_index,name,step,value", "3,shared/loss,40,0.30000000000000004"]);
        let value = lines[2].strip_prefix("3,\"a \"\"b\"\", c\",40,").and_then(|text| text.parse().ok());
        assert_eq!(value, Some(-1e-300));
    }
}
