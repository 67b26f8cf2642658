//! Tests of what crosses modules, in one binary.
#![allow(clippy::unwrap_used)]

mod cli;
mod controller;
mod cpu;
mod create;
mod engine;
mod evaluation;
mod fixtures;
mod gpu;
mod gui;
mod hostile;
mod house;
mod kill;
mod long_run;
mod metric;
mod non_finite;
mod operators;
mod outcome;
mod parity;
mod peers;
mod pytorch;
mod resume;
mod run_0_1;
mod runs_screen;
mod sample_server;
mod score;
mod setup;
mod small;
mod snapshots;
mod survival;
mod window;
mod worker;
