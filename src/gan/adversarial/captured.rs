//! Updates that a GPU is asked for once and repeats.
//!
//! An update asks for some hundred kernels, always the same ones, and most of its time on a fast GPU is the host's. So
//! it is recorded once its kernels get the same numbers from the host each time, which is when Adam's corrections of
//! bias are 1, and replayed from then on. From the first recording on all that updates change stays in the same memory.

use burn::backend::DispatchTensor;
use burn::tensor::{Device, Tensor};

use super::update::{LoopState, NetworkUpdate, UpdateInputs};
use crate::device::DeviceGraph;
use crate::gan::schedule::Network;
use crate::model::kernels;

/// The recorded updates of both networks.
pub(super) struct CapturedUpdates {
    device: Device,
    /// Real images of an update, but for an epoch's last one.
    batch: usize,
    discriminator: Option<CapturedUpdate>,
    generator: Option<CapturedUpdate>,
    /// Nothing is recorded any more.
    failed: bool,
    /// A sentence on it that nobody was given yet.
    warning: Option<String>,
}

struct CapturedUpdate {
    graph: DeviceGraph,
    learning_rate: f64,
    /// What the graph reads and writes.
    inputs: UpdateInputs,
    value: Tensor<1>,
}

impl CapturedUpdates {
    /// None yet. An update takes `batch` real images; `changing_rate` says that the learning rates change from step to
    /// step.
    pub fn new(device: Device, batch: usize, changing_rate: bool) -> Self {
        let mut captured =
            Self { device, batch, discriminator: None, generator: None, failed: false, warning: None };
        if kernels::is_cpu(&captured.device) {
            captured.give_up("the device is the CPU");
        } else if !kernels::are_used() {
            captured.give_up("the program's own kernels are switched off");
        } else if changing_rate {
            captured.give_up("the learning rates change with each step");
        }
        captured
    }

    /// Goes on without.
    fn give_up(&mut self, why: &str) {
        self.forget();
        self.failed = true;
        self.warning = Some(format!(
            "steps of this training are not captured for the GPU, since {why}; it goes on without, more slowly and with the same numbers"
        ));
    }

    /// Why updates are not captured, when it was not said yet.
    pub fn take_warning(&mut self) -> Option<String> {
        self.warning.take()
    }

    /// Forgets all recordings, as is right where other tensors take the place of those that updates changed.
    pub fn forget(&mut self) {
        (self.discriminator, self.generator) = (None, None);
    }

    /// Does an update, as [`NetworkUpdate::run`] does it.
    pub fn run(
        &mut self,
        update: &NetworkUpdate<'_>,
        state: &mut LoopState,
        inputs: UpdateInputs,
    ) -> Tensor<1> {
        let is_whole = inputs.real.as_ref().is_none_or(|real| real.dims()[0] == self.batch);
        let own = self.of(update.network);
        if let Some(own) = own.as_ref().filter(|own| own.fits(update, &inputs)) {
            state.gan.count_step(update.network);
            return own.replay(inputs);
        }
        let may_record = own.is_none() && is_whole && !self.failed;
        if may_record && state.gan.has_constant_step(update.network, update.learning_rate) {
            match self.record(update, state, &inputs) {
                Ok(recorded) => {
                    let value = recorded.replay(inputs);
                    *self.of(update.network) = Some(recorded);
                    return value;
                }
                Err(why) => self.give_up(&why),
            }
        }
        if self.is_empty() {
            return update.run(state, inputs);
        }
        run_in_place(update, state, inputs)
    }

    /// Whether nothing is recorded, so that tensors may take the place of others.
    fn is_empty(&self) -> bool {
        self.discriminator.is_none() && self.generator.is_none()
    }

    fn of(&mut self, network: Network) -> &mut Option<CapturedUpdate> {
        match network {
            Network::Discriminator => &mut self.discriminator,
            Network::Generator => &mut self.generator,
        }
    }

    /// Records an update, of which nothing is done: what `state` holds has the values that it had before, but is at the
    /// step behind.
    fn record(
        &self,
        update: &NetworkUpdate<'_>,
        state: &mut LoopState,
        inputs: &UpdateInputs,
    ) -> Result<CapturedUpdate, String> {
        if self.is_empty() {
            // Nobody else may hold what the recorded updates will change.
            let own = kernels::copies(tensors(state));
            put(state, own);
        }
        let (before, steps) = (tensors(state), state.gan.steps());
        let kept = kernels::copies(before.clone());
        let inputs = UpdateInputs { z: copy(inputs.z.clone()), real: inputs.real.clone().map(copy) };
        let recorded = DeviceGraph::record(&self.device, || {
            state.gan.set_steps(&steps);
            run_in_place(update, state, inputs.clone())
        });
        let counted = recorded.and_then(|recorded| {
            let done = state.gan.steps();
            state.gan.set_steps(&steps);
            state.gan.count_step(update.network);
            if done == state.gan.steps() {
                Ok(recorded)
            } else {
                Err("not all weights are trained".to_owned())
            }
        });
        let (graph, value) = match counted {
            Ok(recorded) => recorded,
            Err(why) => {
                put(state, kept);
                state.gan.set_steps(&steps);
                return Err(why);
            }
        };
        // The runs before the recording were done.
        let stored = kernels::store(before.into_iter().zip(kept).map(|(own, kept)| [own, kept]).collect());
        put(state, stored);
        Ok(CapturedUpdate { graph, learning_rate: update.learning_rate, inputs, value })
    }
}

impl CapturedUpdate {
    /// Whether it is the same as `update` on `inputs`, but for their values.
    fn fits(&self, update: &NetworkUpdate<'_>, inputs: &UpdateInputs) -> bool {
        let dims = |inputs: &UpdateInputs| (inputs.z.dims(), inputs.real.as_ref().map(Tensor::dims));
        self.learning_rate == update.learning_rate
            && dims(&self.inputs) == dims(inputs)
            && self.graph.is_of_this_thread()
    }

    /// Does it on `inputs`. Returns the loss, `[1]`.
    fn replay(&self, inputs: UpdateInputs) -> Tensor<1> {
        let mut pairs = vec![[self.inputs.z.clone().into_dispatch(), inputs.z.into_dispatch()]];
        if let (Some(own), Some(real)) = (self.inputs.real.clone(), inputs.real) {
            pairs.push([own.into_dispatch(), real.into_dispatch()]);
        }
        // What is let go of before it is asked for may never be done.
        let stored = kernels::store(pairs);
        self.graph.replay();
        drop(stored);
        // The next replay writes the same memory.
        copy(self.value.clone())
    }
}

/// Does an update, and puts what it changed where it was.
fn run_in_place(update: &NetworkUpdate<'_>, state: &mut LoopState, inputs: UpdateInputs) -> Tensor<1> {
    let before = tensors(state);
    let value = update.run(state, inputs);
    let pairs = before.into_iter().zip(tensors(state)).map(|(own, changed)| [own, changed]);
    let stored = kernels::store(pairs.collect());
    put(state, stored);
    value
}

fn tensors(state: &mut LoopState) -> Vec<DispatchTensor> {
    let mut all = Vec::new();
    state.map_tensors(&mut |tensor| {
        all.push(tensor.clone());
        tensor
    });
    all
}

fn put(state: &mut LoopState, tensors: Vec<DispatchTensor>) {
    let mut tensors = tensors.into_iter();
    state.map_tensors(&mut |own| tensors.next().unwrap_or(own));
}

fn copy<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(kernels::copies(vec![tensor.into_dispatch()]).remove(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use burn::tensor::TensorData;

    use super::*;
    use crate::data::ImageSet;
    use crate::device::{DeviceChoice, adapters, open};
    use crate::gan::self_test::one_cell;
    use crate::gan::{AdamConfig, AdversarialLoop, Gan, Networks, Recipe, StepLosses};
    use crate::model::{Average, NamedTensors, host};

    const SEED: u64 = 5;
    /// Adam's corrections of bias are over after 25 updates of a network.
    const ADAM: AdamConfig =
        AdamConfig { beta1: 0.0, beta2: 0.5, epsilon: 1e-8, unused_params: crate::gan::UnusedParams::Skip };

    /// A training of a small GAN, whose epochs end with a smaller batch.
    struct Small {
        adversarial: AdversarialLoop,
        networks: Networks,
        images: ImageSet,
    }

    impl Small {
        fn new(device: &Device) -> Self {
            let (model, genotype) = one_cell();
            let generator = model.derived_generator(&genotype, device, SEED, "small");
            let average = Average::new(&generator, 0.9);
            let gan = Gan::new(generator, model.discriminator(1, device, SEED, "small"), ADAM);
            let recipe = Recipe {
                adam: ADAM,
                n_critic: 2,
                batch: 4,
                generator_batch: 4,
                keep_last_batch: true,
                ..Recipe::default()
            };
            let side = model.side(1);
            let pixels = (0..18 * side * side * 3).map(|index| (index * 37 % 251) as u8).collect();
            Self {
                adversarial: AdversarialLoop::new(
                    gan,
                    Some(average),
                    recipe,
                    model.latent_dim,
                    SEED,
                    "small",
                ),
                networks: Networks::new(&model, &genotype),
                images: ImageSet::new("small", side, pixels, None, Vec::new()).unwrap(),
            }
        }

        fn captured(device: &Device) -> Self {
            let mut small = Self::new(device);
            small.adversarial.set_capture(true, false);
            small
        }

        /// Trains up to step `end`. Returns all losses.
        fn train(&mut self, end: u64) -> Vec<StepLosses> {
            let mut losses = Vec::new();
            while self.adversarial.step() < end {
                losses.extend(self.adversarial.advance(&self.images, &self.networks, |_| 2e-4).unwrap());
            }
            losses.extend(self.adversarial.read_losses().unwrap());
            losses
        }

        /// Goes on from tensors that were saved, and from `more`.
        fn reload(&mut self, more: &NamedTensors) {
            let (schedule, reseeds) = self.adversarial.progress();
            let schedule = schedule.clone();
            let mut tensors = self.adversarial.tensors();
            tensors.extend(more.clone());
            self.adversarial.load_state(schedule, reseeds, &tensors).unwrap();
        }

        fn are_recorded(&self) -> [bool; 2] {
            let captured = self.adversarial.captured.as_ref().unwrap();
            [captured.discriminator.is_some(), captured.generator.is_some()]
        }
    }

    fn adapter() -> Option<Device> {
        let Some(adapter) = adapters().into_iter().next() else {
            assert!(std::env::var_os("CI").is_none(), "continuous integration has a software adapter");
            return None;
        };
        Some(open(&DeviceChoice::Named(adapter.name)).unwrap().device)
    }

    #[test]
    fn captured_updates_train_as_others_do_to_the_bit() {
        let Some(device) = adapter() else { return };
        let (mut eager, mut captured) = (Small::new(&device), Small::captured(&device));
        assert_eq!(captured.train(24), eager.train(24));
        assert_eq!(captured.are_recorded(), [false; 2], "Adam's corrections change yet");
        assert_eq!(captured.train(25), eager.train(25));
        assert_eq!(captured.are_recorded(), [false; 2], "this batch is a smaller one");
        assert_eq!(captured.train(26), eager.train(26));
        assert_eq!(captured.are_recorded(), [true, false]);
        assert_eq!(captured.train(60), eager.train(60));
        assert_eq!(captured.are_recorded(), [true; 2]);
        let (found, expected) = (captured.train(160), eager.train(160));
        assert_eq!(expected.len(), 100);
        assert_eq!(found, expected);
        assert_eq!(captured.adversarial.tensors(), eager.adversarial.tensors());
        // Other tensors take their place.
        captured.reload(&NamedTensors::new());
        assert_eq!(captured.are_recorded(), [false; 2]);
        assert_eq!(captured.train(170), eager.train(170));
        assert_eq!(captured.are_recorded(), [true; 2]);
        assert_eq!(captured.adversarial.tensors(), eager.adversarial.tensors());
        assert_eq!(captured.adversarial.take_warning(), None);
    }

    #[test]
    fn what_cannot_be_captured_is_trained_all_the_same_and_said_once() {
        let Some(device) = adapter() else { return };
        let (mut eager, mut captured) = (Small::new(&device), Small::captured(&device));
        // Moments of a parameter that there is not.
        let data = |values: Vec<f32>| TensorData::new(values, [1]);
        let unused = NamedTensors::from([
            ("generator_adam/unused/exp_avg".to_owned(), data(vec![0.0])),
            ("generator_adam/unused/exp_avg_sq".to_owned(), data(vec![0.0])),
            ("generator_adam/unused/step".to_owned(), data(vec![100.0])),
        ]);
        assert_eq!(captured.train(2), eager.train(2));
        captured.reload(&unused);
        eager.reload(&unused);
        assert_eq!(captured.train(70), eager.train(70));
        assert_eq!(captured.adversarial.tensors(), eager.adversarial.tensors());
        assert_eq!(captured.are_recorded(), [false; 2]);
        let warning = captured.adversarial.take_warning().unwrap();
        assert!(warning.contains("since not all weights are trained; it goes on without"), "{warning}");
        assert_eq!(captured.adversarial.take_warning(), None);
    }

    #[test]
    fn trainings_that_never_repeat_an_update_say_so() {
        let why =
            |device, changing_rate| CapturedUpdates::new(device, 4, changing_rate).take_warning().unwrap();
        assert!(why(Device::flex(), false).contains("since the device is the CPU"));
        let mut captured = Small::captured(&Device::flex());
        assert_eq!(captured.train(3), Small::new(&Device::flex()).train(3));
        assert!(captured.adversarial.take_warning().is_some());
        let Some(device) = adapter() else { return };
        assert!(why(device, true).contains("since the learning rates change with each step"));
    }

    #[test]
    fn an_upload_cannot_be_recorded_and_leaves_other_memory_alone() {
        let Some(device) = adapter() else { return };
        let upload = |value: f32| Tensor::<1>::from_data([value, value], &device);
        let own = copy(upload(1.0));
        let kept = copy(own.clone());
        let write =
            |values: Tensor<1>| kernels::store(vec![[own.clone().into_dispatch(), values.into_dispatch()]]);
        let refused = DeviceGraph::record(&device, || write(upload(2.0)));
        assert!(refused.is_err_and(|why| why.contains("missing an operation")));
        assert_eq!(host(kept.clone()), [1.0; 2]);
        let own = copy(kept.clone());
        let doubled =
            || kernels::store(vec![[own.clone().into_dispatch(), (own.clone() * 2.0).into_dispatch()]]);
        let (graph, _stored) = DeviceGraph::record(&device, doubled).unwrap();
        assert_eq!(host(own.clone()), [8.0; 2], "three runs were done");
        graph.replay();
        graph.replay();
        assert_eq!(host(own), [32.0; 2]);
        assert_eq!(host(kept), [1.0; 2]);
    }
}
