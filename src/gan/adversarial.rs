//! The adversarial loop: one update after the other, for a search's shared GAN and for training from scratch alike.

mod captured;
mod upcoming;
mod update;

use burn::tensor::{Device, Tensor};

use super::GanError;
use super::config::Recipe;
use super::health::{LateLosses, WEIGHTS_EVERY};
use super::latent::{latents, reseeded};
use super::schedule::{Network, StepLosses, UpdateSchedule, Updates};
use super::step::{Gan, Networks};
use crate::data::{Batches, ImageSet};
use crate::model::kernels;
use crate::model::{Average, NamedTensors, add_prefix, strip_prefix};
use crate::rng::{normals, rng};
use captured::CapturedUpdates;
use upcoming::Upcoming;
use update::{LoopState, NetworkUpdate, UpdateInputs};

/// Prefix of the average weights among a loop's tensors.
const AVERAGE: &str = "average";

/// A GAN in training. All of its random numbers come from a seed and streams under a name.
pub struct AdversarialLoop {
    state: LoopState,
    /// Updates that the device repeats, if that is wanted.
    captured: Option<CapturedUpdates>,
    recipe: Recipe,
    seed: u64,
    stream: String,
    /// The training device, without autodiff.
    device: Device,
    latent: usize,
    /// Updates done. The losses in it are not those of the updates, which may be read later.
    schedule: UpdateSchedule,
    losses: LateLosses,
    /// How often it was taken back because it diverged.
    reseeds: u64,
    /// Order of the images.
    batches: Option<Batches>,
    images_ahead: Upcoming<4>,
    /// The latents of each network's updates.
    latents_ahead: [Upcoming<2>; 2],
}

impl AdversarialLoop {
    /// A loop that has done nothing yet. `latent` is the length of a latent vector.
    pub fn new(
        gan: Gan,
        average: Option<Average>,
        recipe: Recipe,
        latent: usize,
        seed: u64,
        stream: &str,
    ) -> Self {
        Self {
            device: gan.generator.device().clone().inner(),
            state: LoopState { gan, average },
            captured: None,
            recipe,
            seed,
            stream: stream.to_owned(),
            latent,
            schedule: UpdateSchedule::default(),
            losses: LateLosses::new(UpdateSchedule::default()),
            reseeds: 0,
            batches: None,
            images_ahead: Upcoming::default(),
            latents_ahead: Default::default(),
        }
    }

    /// The update of the network that is next, on the graphs in `networks`: a discriminator update and, every
    /// `n_critic` of them, a generator update. `learning_rate` gives each network's. Returns the losses of the steps
    /// that are whole and known now: on the CPU of a step that is whole by this update, on a GPU after some steps of
    /// all of them.
    ///
    /// # Errors
    ///
    /// If a loss or a weight is not finite any more (the GAN is of no use then; go back to a checkpoint), or if there
    /// are fewer images than a batch takes.
    pub fn advance(
        &mut self,
        images: &ImageSet,
        networks: &Networks,
        learning_rate: impl Fn(Network) -> f64,
    ) -> Result<Vec<StepLosses>, GanError> {
        let (step, network) = (self.step(), self.schedule.next());
        let (loss, n_critic) = (self.recipe.loss, self.recipe.n_critic);
        let learning_rate = learning_rate(network);
        let inputs = match network {
            Network::Discriminator => {
                let real = self.real(images, step)?;
                let count = real.dims()[0];
                UpdateInputs { z: self.upcoming_latents(network, step, count), real: Some(real) }
            }
            Network::Generator => {
                let z = self.upcoming_latents(network, step, self.recipe.generator_batch);
                UpdateInputs { z, real: None }
            }
        };
        let (state, captured) = (&mut self.state, &mut self.captured);
        let value = kernels::on_own_thread(&self.device, || {
            let update = NetworkUpdate { network, networks, loss, learning_rate };
            match captured {
                Some(captured) => captured.run(&update, state, inputs),
                None => update.run(state, inputs),
            }
        });
        let mut losses = Vec::new();
        if self.losses.push(network, step, value, &self.device) {
            losses = self.losses.read(n_critic)?;
        }
        let is_whole = self.schedule.note(0.0, n_critic).is_some();
        if is_whole && self.step().is_multiple_of(WEIGHTS_EVERY) {
            // A loss tells more than the weights that it spoiled.
            losses.extend(self.losses.read(n_critic)?);
            self.state.gan.check(self.state.average.as_ref(), self.step())?;
        }
        Ok(losses)
    }

    /// Reads the losses that are not known yet, as is right before the state is saved or the GAN is used.
    ///
    /// # Errors
    ///
    /// If one is not finite.
    pub fn read_losses(&mut self) -> Result<Vec<StepLosses>, GanError> {
        Ok(self.losses.read(self.recipe.n_critic)?)
    }

    /// Makes the order of the images, where there is none yet.
    ///
    /// # Errors
    ///
    /// If there are fewer images than a batch takes.
    pub fn prepare(&mut self, images: &ImageSet) -> Result<&mut Batches, GanError> {
        if self.batches.as_ref().is_none_or(|batches| batches.images() != images.len()) {
            let stream = self.reseeded("shuffle");
            let Recipe { batch, keep_last_batch, .. } = self.recipe;
            self.batches = Some(Batches::new(images.len(), batch, self.seed, &stream, keep_last_batch)?);
        }
        Ok(self.batches.as_mut().unwrap_or_else(|| unreachable!("the batches were made above")))
    }

    /// The real images of step `step`, `[batch, 3, side, side]`.
    fn real(&mut self, images: &ImageSet, step: u64) -> Result<Tensor<4>, GanError> {
        let name = format!("{}, {} images", self.reseeded("shuffle"), images.len());
        self.prepare(images)?;
        let Some(batches) = &mut self.batches else { unreachable!("the batches were made above") };
        let shape = [batches.indices(step).len(), 3, images.side(), images.side()];
        let values = |step| images.batch_f32(&batches.indices(step));
        Ok(self.images_ahead.at(&name, shape, [step, 1], &self.device, values))
    }

    /// The latents of the update of a network in step `step`.
    fn upcoming_latents(&mut self, network: Network, step: u64, count: usize) -> Tensor<2> {
        let stream = self.reseeded(&format!("latent/{}", network.words()));
        let stride = if network == Network::Generator { self.recipe.n_critic } else { 1 };
        let (seed, latent) = (self.seed, self.latent);
        let values = |step| normals(&mut rng(seed, &stream, step), count * latent);
        let ahead = &mut self.latents_ahead[usize::from(network == Network::Generator)];
        ahead.at(&stream, [count, latent], [step, stride], &self.device, values)
    }

    /// The stream `name` of this training, since it was taken back last.
    fn reseeded(&self, name: &str) -> String {
        reseeded(&format!("{}/{name}", self.stream), self.reseeds)
    }

    /// `[count, latent]` draws of a stream of its own, `name`; equal counters give equal draws until the training diverges.
    pub fn latents(&self, name: &str, counter: u64, count: usize) -> Tensor<2> {
        let stream = self.reseeded(&format!("latent/{name}"));
        latents(self.seed, &stream, counter, count, self.latent, &self.device)
    }

    /// Has the device repeat updates as soon as they are all alike, if `wanted`. `changing_rate` says that the learning
    /// rates change from step to step, so that they never are.
    pub fn set_capture(&mut self, wanted: bool, changing_rate: bool) {
        let (device, batch) = (self.device.clone(), self.recipe.batch);
        self.captured = wanted.then(|| CapturedUpdates::new(device, batch, changing_rate));
    }

    /// Why updates are not captured though it was asked for, when it was not said yet.
    pub fn take_warning(&mut self) -> Option<String> {
        self.captured.as_mut()?.take_warning()
    }

    fn forget_captured(&mut self) {
        if let Some(captured) = &mut self.captured {
            captured.forget();
        }
    }

    /// The networks' weights. Where updates are captured, the next ones change these very tensors.
    pub fn gan(&self) -> &Gan {
        &self.state.gan
    }

    /// The moving average of the generator's weights, where one is kept; see [`AdversarialLoop::gan`].
    pub fn average(&self) -> Option<&Average> {
        self.state.average.as_ref()
    }

    /// Goes on with other weights and fresh optimisers.
    pub fn replace(&mut self, gan: Gan) {
        self.state.gan = gan;
        self.forget_captured();
    }

    /// Discriminator steps done, with the generator steps that belong to them.
    pub fn step(&self) -> u64 {
        self.schedule.step()
    }

    /// Whether the generator's update of a step is still to come.
    pub fn is_halfway(&self) -> bool {
        self.schedule.next() == Network::Generator
    }

    /// Updates of each network.
    pub fn updates(&self) -> Updates {
        self.schedule.updates(self.recipe.n_critic)
    }

    /// Goes on from here with other latents and another order of the images.
    pub fn reseed(&mut self) {
        self.reseeds += 1;
        self.batches = None;
    }

    /// How far the alternation of updates is, and how often the loop was taken back. Where losses are not
    /// [read](AdversarialLoop::read_losses) yet, that of a step that is half done is not known.
    pub fn progress(&self) -> (&UpdateSchedule, u64) {
        (self.losses.all_known().unwrap_or(&self.schedule), self.reseeds)
    }

    /// All tensors: those of the GAN, and `average/…`.
    pub fn tensors(&self) -> NamedTensors {
        let mut tensors = self.state.gan.state_dict();
        let average = self.average();
        tensors
            .extend(average.map(|own| add_prefix(AVERAGE, own.weights().state_dict())).into_iter().flatten());
        tensors
    }

    /// Becomes what [`AdversarialLoop::progress`] and [`AdversarialLoop::tensors`] saved.
    ///
    /// # Errors
    ///
    /// If the tensors belong to other networks.
    pub fn load_state(
        &mut self,
        schedule: UpdateSchedule,
        reseeds: u64,
        tensors: &NamedTensors,
    ) -> Result<(), GanError> {
        self.forget_captured();
        self.state.gan.load_state_dict(tensors, &self.device)?;
        if let Some(average) = &mut self.state.average {
            average.load_state_dict(&strip_prefix(AVERAGE, tensors))?;
        }
        self.losses = LateLosses::new(schedule.clone());
        (self.schedule, self.reseeds, self.batches) = (schedule, reseeds, None);
        Ok(())
    }
}
