//! Addition of two branches.

use super::super::kernels;
use super::{Forward, Layer, Value};
use crate::arch::graph::ops::Add;

impl Forward for Add {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        match <[Value; 2]>::try_from(inputs) {
            Ok([Value::Maps(one), Value::Maps(other)]) if kernels::are_used() => {
                kernels::add(one, other).into()
            }
            Ok([Value::Maps(one), Value::Maps(other)]) => (one + other).into(),
            Ok([Value::Features(one), Value::Features(other)]) => (one + other).into(),
            _ => panic!("a sum of other than two values of one shape"),
        }
    }
}
