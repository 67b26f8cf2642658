//! Tests of what crosses modules, in one binary.
#![allow(clippy::unwrap_used)]

mod cli;
mod folders;
mod hostile;
mod house;
mod non_finite;
mod numbers;
mod outcome;
mod pictures;
mod runs;
mod score;
mod small;
mod survival;
mod weights;
mod window;
