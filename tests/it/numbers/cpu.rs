//! Our networks against PyTorch on the CPU.

use burn::tensor::Device;

use crate::numbers::parity;

const TOLERANCE: f64 = 1e-4;

#[test]
fn the_shared_generator_gives_pytorchs_images_for_every_choice_and_stage() {
    parity::generator_outputs(&Device::flex(), TOLERANCE);
}

#[test]
fn derived_generators_give_the_shared_ones_images() {
    parity::derived_generators_equal_the_shared_one(&Device::flex(), TOLERANCE);
}

#[test]
fn the_discriminator_gives_pytorchs_scores_and_spectral_vectors_at_every_stage() {
    parity::discriminator_outputs(&Device::flex(), TOLERANCE);
}

#[test]
fn one_adversarial_step_as_released_is_pytorchs_in_losses_gradients_weights_and_statistics() {
    parity::adversarial_step(&Device::flex(), TOLERANCE, &["a", "b", "c"]);
}

#[test]
fn our_own_layers_are_pytorchs_forward_and_backward() {
    parity::layers(&Device::flex(), TOLERANCE);
}
