//! A tensor as PyTorch pickles it: a view into a storage, by offset, sizes and strides.

use crate::tensors::limits::MOST_DIMENSIONS;
use crate::tensors::numbers::NumberKind;
use crate::tensors::pickle::{Id, Pickle, PickleValue};
use crate::tensors::{TensorsError, damaged, shown, within};

/// The call that makes a tensor: storage, offset, sizes, strides, and what is not needed here.
const TENSOR: &str = "torch._utils._rebuild_tensor_v2";
/// The call that makes a parameter of a tensor, its first argument.
const PARAMETER: &str = "torch._utils._rebuild_parameter";
/// The same of a parameter with attributes of its own, which come last.
const PARAMETER_WITH_STATE: &str = "torch._utils._rebuild_parameter_with_state";
/// The call that makes a tensor with attributes: the call without them, the class, its arguments, the attributes.
const WITH_ATTRIBUTES: &str = "torch._tensor._rebuild_from_type_v2";
/// The calls that make other tensors, which are not read, and what those are.
pub(super) const UNREAD: [(&str, &str); 5] = [
    (
        "torch._utils._rebuild_tensor_v3",
        "its numbers are of a kind that is not read, such as float8 or uint16",
    ),
    ("torch._utils._rebuild_sparse_tensor", "it is sparse"),
    ("torch._utils._rebuild_qtensor", "its numbers are quantised"),
    (
        "torch._utils._rebuild_meta_tensor_no_storage",
        "it has a shape and no numbers (it lay on the device meta)",
    ),
    ("torch._utils._rebuild_nested_tensor", "it consists of tensors of several shapes"),
];
/// The class of a tensor that is nothing more.
const CLASS: &str = "torch.Tensor";
/// A tuple of sizes by another name.
const SIZE: &str = "torch.Size";
/// Longest name of a storage, in bytes; PyTorch's are numbers.
const LONGEST_KEY: u64 = 100;

/// Numbers in the file that tensors are views of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Storage {
    /// Its name in the file, usually a number.
    pub(super) key: String,
    pub(super) kind: NumberKind,
    /// How many numbers.
    pub(super) numbers: usize,
}

impl Storage {
    /// The storage that the description of a persistent value names: `("storage", kind, key, device,
    /// numbers)`, and in the older format `None` or a view, which PyTorch 0.1 wrote.
    pub(super) fn of(pickle: &Pickle, description: Id) -> Result<Self, TensorsError> {
        let strange = || damaged("a storage is described in an unknown way");
        let PickleValue::Tuple(fields) = pickle.get(description) else { return Err(strange()) };
        let ([tag, kind, key, _device, numbers], view) = fields.split_first_chunk().ok_or_else(strange)?;
        let (
            PickleValue::Text(tag),
            PickleValue::Name(kind),
            PickleValue::Text(key),
            PickleValue::Int(numbers),
        ) = (pickle.get(*tag), pickle.get(*kind), pickle.get(*key), pickle.get(*numbers))
        else {
            return Err(strange());
        };
        if view.iter().any(|view| *pickle.get(*view) != PickleValue::None) {
            return Err(TensorsError::Unsupported("a storage is a part of another one".into()));
        }
        if NumberKind::of_storage(kind).is_none() && kind.ends_with("Storage") {
            let what = format!("its numbers are in a `{}`, which is not read", shown(kind));
            return Err(TensorsError::Unsupported(what));
        }
        let (Some(kind), Ok(numbers), "storage") =
            (NumberKind::of_storage(kind), usize::try_from(*numbers), &**tag)
        else {
            return Err(strange());
        };
        within("bytes in the name of a storage", key.len() as u64, LONGEST_KEY)?;
        let storage = Self { key: key.to_string(), kind, numbers };
        storage.bytes().map(|_| storage)
    }

    /// Its size in bytes.
    pub(super) fn bytes(&self) -> Result<u64, TensorsError> {
        let bytes = self.numbers.checked_mul(self.kind.size()).and_then(|bytes| u64::try_from(bytes).ok());
        bytes.ok_or_else(|| damaged(format!("storage {:?} declares {} numbers", self.key, self.numbers)))
    }
}

/// Whether a value is a tensor or a parameter.
pub(super) fn is_tensor(pickle: &Pickle, id: Id) -> bool {
    let names = [TENSOR, PARAMETER, PARAMETER_WITH_STATE, WITH_ATTRIBUTES];
    let is_name = |name: &str| names.contains(&name) || UNREAD.iter().any(|(unread, _)| name == *unread);
    call(pickle, id).is_some_and(|(name, _)| is_name(name))
}

/// Where a tensor's numbers lie in its storage. All of them lie inside.
#[derive(Debug)]
pub(super) struct TensorView {
    pub(super) storage: Storage,
    offset: usize,
    /// Extents, outermost first.
    pub(super) shape: Vec<usize>,
    strides: Vec<usize>,
}

impl TensorView {
    /// The view that a tensor or a parameter is.
    pub(super) fn of(pickle: &Pickle, id: Id) -> Result<Self, TensorsError> {
        let strange = || damaged("it is described in an unknown way");
        let (name, arguments) = call(pickle, id).ok_or_else(strange)?;
        let (name, arguments) = match (name, arguments) {
            // A parameter of a parameter is nothing that PyTorch makes.
            (PARAMETER | PARAMETER_WITH_STATE, [data, ..]) => call(pickle, *data).ok_or_else(strange)?,
            whole => whole,
        };
        let (name, arguments) = match (name, arguments) {
            (WITH_ATTRIBUTES, [made, class, arguments, _]) => {
                match (pickle.get(*made), pickle.get(*class), pickle.get(*arguments)) {
                    (PickleValue::Name(made), PickleValue::Name(class), PickleValue::Tuple(arguments))
                        if **class == *CLASS =>
                    {
                        (&**made, &arguments[..])
                    }
                    _ => return Err(strange()),
                }
            }
            whole => whole,
        };
        if let Some((_, what)) = UNREAD.iter().find(|(unread, _)| name == *unread) {
            return Err(TensorsError::Unsupported((*what).to_owned()));
        }
        let (TENSOR, [storage, offset, shape, strides, ..]) = (name, arguments) else {
            return Err(strange());
        };
        let (PickleValue::Persistent(description), PickleValue::Int(offset)) =
            (pickle.get(*storage), pickle.get(*offset))
        else {
            return Err(strange());
        };
        let view = Self {
            storage: Storage::of(pickle, *description)?,
            offset: usize::try_from(*offset).map_err(|_| strange())?,
            shape: sizes(pickle, *shape)?,
            strides: sizes(pickle, *strides)?,
        };
        if view.is_inside() { Ok(view) } else { Err(view.outside()) }
    }

    /// How many numbers it has.
    pub(super) fn values(&self) -> usize {
        // No overflow: a view has no more numbers than its storage.
        self.shape.iter().product()
    }

    /// Whether it lies within its storage and has no more numbers than that (PyTorch's `expand` shows one
    /// number as many, which no weights do).
    fn is_inside(&self) -> bool {
        let Some(values) = self.shape.iter().try_fold(1usize, |product, size| product.checked_mul(*size))
        else {
            return false;
        };
        let numbers = self.storage.numbers;
        let end = || {
            self.shape.iter().zip(&self.strides).try_fold(self.offset, |end, (size, stride)| {
                size.saturating_sub(1).checked_mul(*stride).and_then(|length| end.checked_add(length))
            })
        };
        let reaches = match values {
            0 => self.offset <= numbers,
            _ => end().is_some_and(|last| last < numbers),
        };
        self.shape.len() == self.strides.len() && values <= numbers && reaches
    }

    fn outside(&self) -> TensorsError {
        let Self { storage, offset, shape, strides } = self;
        damaged(format!(
            "sizes {shape:?} with strides {strides:?} from {offset} reach beyond its {} stored numbers",
            storage.numbers
        ))
    }

    /// Its numbers, row-major, out of the bytes of its storage.
    pub(super) fn gather(&self, bytes: &[u8]) -> Vec<f32> {
        let (kind, size) = (self.storage.kind, self.storage.kind.size());
        let count = self.values();
        if count == 0 {
            return Vec::new();
        }
        if self.is_contiguous() {
            let part = bytes.get(self.offset * size..).unwrap_or_default();
            return kind.numbers(part).take(count).collect();
        }
        let mut index = vec![0; self.shape.len()];
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            let steps: usize = index.iter().zip(&self.strides).map(|(index, stride)| index * stride).sum();
            values.push(kind.number(bytes.get((self.offset + steps) * size..).unwrap_or_default()));
            for (index, size) in index.iter_mut().zip(&self.shape).rev() {
                *index += 1;
                if *index < *size {
                    break;
                }
                *index = 0;
            }
        }
        values
    }

    /// Whether its numbers lie one after the other. The stride of an extent of 1 says nothing.
    fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.shape.iter().zip(&self.strides).rev().all(|(size, stride)| {
            let fits = *size == 1 || *stride == expected;
            expected *= size;
            fits
        })
    }
}

/// The name and the arguments of a call.
fn call(pickle: &Pickle, id: Id) -> Option<(&str, &[Id])> {
    let PickleValue::Call { callable, arguments, .. } = pickle.get(id) else { return None };
    match (pickle.get(*callable), pickle.get(*arguments)) {
        (PickleValue::Name(name), PickleValue::Tuple(arguments)) => Some((name, arguments)),
        _ => None,
    }
}

/// Sizes or strides: a tuple, or a `torch.Size` of one.
fn sizes(pickle: &Pickle, id: Id) -> Result<Vec<usize>, TensorsError> {
    let strange = || damaged("its sizes or strides are no whole numbers");
    let id = match call(pickle, id) {
        Some((SIZE, [items])) => *items,
        _ => id,
    };
    let PickleValue::Tuple(items) = pickle.get(id) else { return Err(strange()) };
    within("dimensions in a tensor", items.len() as u64, MOST_DIMENSIONS)?;
    items
        .iter()
        .map(|item| match pickle.get(*item) {
            PickleValue::Int(size) => usize::try_from(*size).map_err(|_| strange()),
            _ => Err(strange()),
        })
        .collect()
}
