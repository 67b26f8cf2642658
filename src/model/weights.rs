//! Weights of a network: tensors by name, in name order.
//!
//! Never a hash map: burn's fusion keeps an execution plan for every order in which tensors are let go of.

use std::collections::BTreeMap;

use burn::backend::DispatchTensor;
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use super::host;
use super::init::{Init, initial_values};
use super::kernels;
use super::state::{NamedTensors, StateError, check_names, check_shapes, unused_names};
use crate::arch::graph::Parameters;

/// Buffers by name: running statistics and spectral vectors, on the plain device.
pub type Buffers = BTreeMap<String, Tensor<1>>;

/// A tensor of any rank that weights have.
#[derive(Clone, Debug)]
pub enum Weight {
    /// Biases, scales: `[channels]`.
    Vector(Tensor<1>),
    /// Linear layers: `[outputs, inputs]`.
    Matrix(Tensor<2>),
    /// Convolutions: `[outputs, inputs, height, width]`.
    Kernel(Tensor<4>),
}

/// Ranks that weights have.
pub trait Rank: Sized {
    /// The tensor as a weight of any rank.
    fn into_weight(self) -> Weight;
    /// The weight as a tensor of this rank, if it has it.
    fn of_weight(weight: &Weight) -> Option<Self>;
}

macro_rules! rank {
    ($rank:literal, $variant:ident) => {
        impl Rank for Tensor<$rank> {
            fn into_weight(self) -> Weight {
                Weight::$variant(self)
            }

            fn of_weight(weight: &Weight) -> Option<Self> {
                match weight {
                    Weight::$variant(tensor) => Some(tensor.clone()),
                    _ => None,
                }
            }
        }
    };
}
rank!(1, Vector);
rank!(2, Matrix);
rank!(4, Kernel);

/// Does the same to a weight of any rank.
macro_rules! with_rank {
    ($weight:expr, $tensor:ident => $result:expr) => {
        match $weight {
            Weight::Vector($tensor) => $result,
            Weight::Matrix($tensor) => $result,
            Weight::Kernel($tensor) => $result,
        }
    };
}

impl Weight {
    /// A trainable weight on a device with autodiff, else a plain tensor.
    fn from_data(data: TensorData, device: &Device) -> Self {
        fn tensor<const D: usize>(data: TensorData, device: &Device) -> Tensor<D> {
            let tensor = Tensor::from_data(data, device);
            if device.is_autodiff() { tensor.require_grad() } else { tensor }
        }
        match data.shape().rank() {
            1 => Self::Vector(tensor(data, device)),
            2 => Self::Matrix(tensor(data, device)),
            4 => Self::Kernel(tensor(data, device)),
            rank => unreachable!("operators have weights of rank 1, 2 or 4, not {rank}"),
        }
    }

    /// Its shape.
    pub fn shape(&self) -> Vec<usize> {
        with_rank!(self, tensor => tensor.dims().to_vec())
    }

    /// Its values outside of autodiff, `[count]`.
    pub fn flat(&self) -> Tensor<1> {
        with_rank!(self, tensor => {
            let tensor = tensor.clone().without_autodiff();
            let count = tensor.shape().num_elements();
            tensor.reshape([count])
        })
    }

    /// Its values outside of autodiff, in its own shape.
    pub(crate) fn plain(&self) -> DispatchTensor {
        with_rank!(self, tensor => tensor.clone().without_autodiff().into_dispatch())
    }

    /// Takes its gradient out of `gradients`, outside of autodiff, in its own shape.
    pub(crate) fn take_plain_gradient(&self, gradients: &mut Gradients) -> Option<DispatchTensor> {
        with_rank!(self, tensor => tensor.grad_remove(gradients).map(Tensor::into_dispatch))
    }

    /// A weight with other values, which are outside of autodiff and have its shape, and trainable again.
    pub(crate) fn moved(&self, values: DispatchTensor) -> Self {
        fn like<const D: usize>(_: &Tensor<D>, values: DispatchTensor) -> Tensor<D> {
            Tensor::from_inner(Tensor::from_dispatch(values)).require_grad()
        }
        with_rank!(self, tensor => like(tensor, values).into_weight())
    }

    /// Takes its gradient out of `gradients`, `[count]`.
    pub fn take_gradient(&self, gradients: &mut Gradients) -> Option<Tensor<1>> {
        with_rank!(self, tensor => tensor.grad_remove(gradients).map(|gradient| {
            let count = gradient.shape().num_elements();
            gradient.reshape([count])
        }))
    }

    /// A weight of this shape with other values, `[count]` outside of autodiff, and trainable again.
    pub fn replaced(&self, values: Tensor<1>) -> Self {
        fn like<const D: usize>(tensor: &Tensor<D>, values: Tensor<1>) -> Tensor<D> {
            Tensor::from_inner(values.reshape(tensor.shape())).require_grad()
        }
        with_rank!(self, tensor => like(tensor, values).into_weight())
    }

    /// A weight with other values, which have its shape, all outside of autodiff.
    fn with_plain(&self, values: DispatchTensor) -> Self {
        fn like<const D: usize>(_: &Tensor<D>, values: DispatchTensor) -> Tensor<D> {
            Tensor::from_dispatch(values)
        }
        with_rank!(self, tensor => like(tensor, values).into_weight())
    }

    fn gradient(&self, gradients: &Gradients) -> Option<TensorData> {
        with_rank!(self, tensor => tensor.grad(gradients).map(copied))
    }

    fn data(&self) -> TensorData {
        with_rank!(self, tensor => copied(tensor.clone()))
    }

    fn without_autodiff(&self) -> Self {
        with_rank!(self, tensor => tensor.clone().without_autodiff().into_weight())
    }

    fn frozen(&self) -> Self {
        with_rank!(self, tensor => tensor.clone().set_require_grad(false).into_weight())
    }

    /// `self * decay + newest * (1 - decay)`, both outside of autodiff.
    fn blended(&self, newest: &Weight, decay: f64) -> Self {
        with_rank!(self, average => {
            let newest = newest.flat().reshape(average.shape());
            (average.clone() * decay + newest * (1.0 - decay)).into_weight()
        })
    }
}

/// A tensor's values, copied now: on a GPU `into_data` copies at first use, and optimisers change tensors in place
/// meanwhile.
pub fn copied<const D: usize>(tensor: Tensor<D>) -> TensorData {
    let shape = tensor.dims();
    TensorData::new(host(tensor), shape)
}

/// The weights of one or many networks: parameters, which are trained, and buffers, which are not.
///
/// A clone costs nothing and is independent: what is done to one is not seen in the other.
#[derive(Clone, Debug)]
pub struct Weights {
    /// With autodiff where the parameters are trainable.
    device: Device,
    parameters: BTreeMap<String, Weight>,
    buffers: Buffers,
}

impl Weights {
    /// Initial weights, drawn on the host with one random stream for each name, so that a derived generator starts like
    /// its part of the shared one, and every device starts alike.
    ///
    /// `scheme` is for plain convolutions, `spectral` for spectrally normalised ones.
    pub fn initial(
        parameters: &Parameters,
        [scheme, spectral]: [Init; 2],
        device: &Device,
        seed: u64,
        stream: &str,
    ) -> Self {
        let values = parameters.iter().map(|(name, parameter)| {
            let values = initial_values(parameter, [scheme, spectral], seed, &format!("{stream}/{name}"));
            (name.clone(), TensorData::new(values, parameter.shape.clone()))
        });
        Self::from_values(parameters, values, device)
    }

    /// The weights that `tensors` holds for `parameters`: each must be there with its shape, and no other.
    ///
    /// # Errors
    ///
    /// If a name or a shape does not fit. Memory is taken only for what fits.
    pub fn from_state_dict(
        parameters: &Parameters,
        tensors: &NamedTensors,
        device: &Device,
    ) -> Result<Self, StateError> {
        check_state_dict(&shapes_of(parameters), tensors)?;
        let values = tensors.iter().map(|(name, data)| (name.clone(), data.clone()));
        Ok(Self::from_values(parameters, values, device))
    }

    fn from_values(
        parameters: &Parameters,
        values: impl Iterator<Item = (String, TensorData)>,
        device: &Device,
    ) -> Self {
        let plain = device.clone().inner();
        let mut weights =
            Self { device: device.clone(), parameters: BTreeMap::new(), buffers: Buffers::new() };
        for (name, data) in values {
            if parameters[&name].trained {
                weights.parameters.insert(name, Weight::from_data(data, device));
            } else {
                weights.buffers.insert(name, Tensor::from_data(data, &plain));
            }
        }
        weights
    }

    /// All tensors, copied to the host.
    pub fn state_dict(&self) -> NamedTensors {
        let parameters = self.parameters.iter().map(|(name, weight)| (name.clone(), weight.data()));
        let buffers = self.buffers.iter().map(|(name, buffer)| (name.clone(), copied(buffer.clone())));
        parameters.chain(buffers).collect()
    }

    /// The same network with other values: each tensor must be there with its shape, and no other.
    ///
    /// # Errors
    ///
    /// If a name or a shape does not fit; nothing is changed then.
    pub fn load_state_dict(&mut self, tensors: &NamedTensors) -> Result<(), StateError> {
        check_state_dict(&self.shapes(), tensors)?;
        let plain = self.device.clone().inner();
        for (name, data) in tensors {
            if let Some(weight) = self.parameters.get_mut(name) {
                *weight = Weight::from_data(data.clone(), &self.device);
            } else {
                self.buffers.insert(name.clone(), Tensor::from_data(data.clone(), &plain));
            }
        }
        Ok(())
    }

    /// The shape of every tensor.
    pub fn shapes(&self) -> BTreeMap<String, Vec<usize>> {
        let parameters = self.parameters.iter().map(|(name, weight)| (name.clone(), weight.shape()));
        let buffers = self.buffers.iter().map(|(name, buffer)| (name.clone(), buffer.dims().to_vec()));
        parameters.chain(buffers).collect()
    }

    /// The device that they are on, with autodiff where they are trainable.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Parameters by name.
    pub fn parameters(&self) -> impl Iterator<Item = (&String, &Weight)> {
        self.parameters.iter()
    }

    /// Parameters by name, to be moved by an optimiser.
    pub fn parameters_mut(&mut self) -> impl Iterator<Item = (&String, &mut Weight)> {
        self.parameters.iter_mut()
    }

    /// All values, outside of autodiff, tensor by tensor.
    pub fn tensors(&self) -> impl Iterator<Item = Tensor<1>> {
        let parameters = self.parameters.values().map(Weight::flat);
        parameters.chain(self.buffers.values().cloned())
    }

    /// The gradient of every parameter that `gradients` reached, copied to the host.
    pub fn gradients(&self, gradients: &Gradients) -> NamedTensors {
        let parameters = self.parameters.iter();
        parameters.filter_map(|(name, weight)| Some((name.clone(), weight.gradient(gradients)?))).collect()
    }

    /// Replaces the values of each tensor by what `change` makes of them, all outside of autodiff and of the same shape:
    /// those of the parameters by name, then those of the buffers.
    pub(crate) fn map_tensors(&mut self, change: &mut dyn FnMut(DispatchTensor) -> DispatchTensor) {
        for weight in self.parameters.values_mut() {
            let values = change(weight.plain());
            *weight =
                if self.device.is_autodiff() { weight.moved(values) } else { weight.with_plain(values) };
        }
        for buffer in self.buffers.values_mut() {
            *buffer = Tensor::from_dispatch(change(buffer.clone().into_dispatch()));
        }
    }

    /// The same weights outside of autodiff.
    pub fn without_autodiff(&self) -> Self {
        self.on(self.device.clone().inner(), Weight::without_autodiff)
    }

    /// The same weights, through which gradients pass, but which get none themselves.
    pub fn frozen(&self) -> Self {
        self.on(self.device.clone(), Weight::frozen)
    }

    fn on(&self, device: Device, parameter: fn(&Weight) -> Weight) -> Self {
        let parameters = self.parameters.iter().map(|(name, weight)| (name.clone(), parameter(weight)));
        Self { device, parameters: parameters.collect(), buffers: self.buffers.clone() }
    }

    /// Takes buffers on that a forward pass moved.
    pub fn set_buffers(&mut self, buffers: Buffers) {
        self.buffers.extend(buffers);
    }

    /// These weights with the buffers of others of the same network.
    pub fn with_buffers_of(&self, other: &Weights) -> Self {
        Self { buffers: other.buffers.clone(), ..self.clone() }
    }

    /// Moves all parameters towards those of `newest`; see [`Average`](super::Average).
    pub(super) fn blend(&mut self, newest: &Weights, decay: f64) {
        if kernels::are_used() {
            let pairs =
                self.parameters.iter().map(|(name, own)| [own.plain(), newest.parameters[name].plain()]);
            let blended = kernels::averages(pairs.collect(), decay);
            for (average, values) in self.parameters.values_mut().zip(blended) {
                *average = average.with_plain(values);
            }
            return;
        }
        for (name, average) in &mut self.parameters {
            *average = average.blended(&newest.parameters[name], decay);
        }
    }

    pub(super) fn parameter<const D: usize>(&self, name: &str) -> Tensor<D>
    where
        Tensor<D>: Rank,
    {
        let found = self.parameters.get(name).and_then(Tensor::<D>::of_weight);
        found.unwrap_or_else(|| panic!("the network has no weight {name} of rank {D}"))
    }

    /// The values of a parameter outside of autodiff.
    pub(super) fn plain(&self, name: &str) -> DispatchTensor {
        let found = self.parameters.get(name).map(Weight::plain);
        found.unwrap_or_else(|| panic!("the network has no weight {name}"))
    }

    pub(super) fn buffer(&self, name: &str) -> Tensor<1> {
        let found = self.buffers.get(name).cloned();
        found.unwrap_or_else(|| panic!("the network has no buffer {name}"))
    }
}

/// Shapes by name.
pub(super) fn shapes_of(parameters: &Parameters) -> BTreeMap<String, Vec<usize>> {
    parameters.iter().map(|(name, parameter)| (name.clone(), parameter.shape.clone())).collect()
}

fn check_state_dict(wanted: &BTreeMap<String, Vec<usize>>, tensors: &NamedTensors) -> Result<(), StateError> {
    check_names(wanted, tensors)?;
    let unused = unused_names(wanted, tensors);
    if !unused.is_empty() {
        return Err(StateError::Unused(unused));
    }
    check_shapes(wanted, tensors)
}
