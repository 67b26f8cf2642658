//! From maps to a vector, over all pixels.

use super::{Shape, one_map, plain_operator};

plain_operator! {
    /// The sum of each map.
    SpatialSum {
        shape: one_value_each,
        label: "sum of pixels",
        describe: "Sum over all pixels",
        pytorch: "{0}.sum((2, 3))",
    }
}

plain_operator! {
    /// The mean of each map.
    SpatialMean {
        shape: one_value_each,
        label: "mean of pixels",
        describe: "Mean over all pixels",
        pytorch: "{0}.mean((2, 3))",
    }
}

fn one_value_each(inputs: &[Shape]) -> Result<Shape, String> {
    Ok(Shape::Features(one_map(inputs)?.0))
}
