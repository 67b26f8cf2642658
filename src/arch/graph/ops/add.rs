//! Addition of two branches.

use super::{Shape, list, plain_operator};

plain_operator! {
    /// The sum of two values of one shape.
    Add {
        shape: sum,
        label: "+",
        describe: "Sum",
        pytorch: "{0} + {1}",
    }
}

fn sum(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [one, other] if one == other => Ok(*one),
        _ => Err(format!("adds {}; it takes two values of one shape", list(inputs))),
    }
}
