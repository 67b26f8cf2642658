//! Our networks on a GPU, or on Mesa's imitation of one, against the CPU and PyTorch.

use autogan::device::{DeviceChoice, adapters, open};
use autogan::gan::self_test;

use super::{parity, peers};

const TOLERANCE: f64 = 1e-3;

/// One test, since kernels that were compiled and tuned serve all that follows.
#[test]
fn on_the_first_adapter_every_operator_is_the_cpus_and_the_networks_are_pytorchs() {
    let Some(adapter) = adapters().into_iter().next() else {
        assert!(std::env::var_os("CI").is_none(), "continuous integration has a software adapter");
        eprintln!("skipped: this machine has no adapter, so nothing of wgpu was tested");
        return;
    };
    let device = open(&DeviceChoice::Named(adapter.name)).unwrap().device;
    for check in self_test(&device, &mut |_| {}) {
        assert!(check.passed, "{}: relative error {:.1e}", check.name, check.worst());
    }
    parity::layers(&device, TOLERANCE);
    parity::adversarial_step(&device, TOLERANCE, &["c"]);
    parity::discriminator_outputs(&device, TOLERANCE);
    parity::generator_outputs(&device, TOLERANCE);
}

/// The Inception network with the hash's weights, beside the peers, and how long it takes. On Mesa's imitation
/// a picture takes many seconds, so that this is for a GPU.
#[test]
#[ignore = "for a machine with a GPU; run with --ignored"]
fn on_the_first_adapter_the_inception_network_is_that_of_the_peers() {
    let adapter = adapters().into_iter().next().expect("this machine has an adapter");
    let device = open(&DeviceChoice::Named(adapter.name)).unwrap().device;
    peers::features_equal_those_of_the_peers(&device, &[0, 4], 1e-3);
    let (batches, seconds) = peers::inception_speed(&device, 32, 8);
    eprintln!("{:.1} s for 1,000 pictures of 32 px ({batches} batches of 32)", seconds);
}
