//! The kinds of numbers that files hold, and how each becomes an `f32`.

use half::{bf16, f16};
use safetensors::Dtype;

/// What kind of numbers a tensor has in its file, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NumberKind {
    F32,
    F64,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
}

impl NumberKind {
    /// The kind that one of PyTorch's classes of storages stands for.
    pub(super) fn of_storage(class: &str) -> Option<Self> {
        Some(match class {
            "torch.FloatStorage" => Self::F32,
            "torch.DoubleStorage" => Self::F64,
            "torch.HalfStorage" => Self::F16,
            "torch.BFloat16Storage" => Self::BF16,
            "torch.LongStorage" => Self::I64,
            "torch.IntStorage" => Self::I32,
            "torch.ShortStorage" => Self::I16,
            "torch.CharStorage" => Self::I8,
            "torch.ByteStorage" => Self::U8,
            "torch.BoolStorage" => Self::Bool,
            _ => return None,
        })
    }

    /// The kind of a safetensors tensor; none for complex numbers and those of less than a byte or a range of their
    /// own, which no generator is saved in.
    pub(super) fn of_dtype(dtype: Dtype) -> Option<Self> {
        Some(match dtype {
            Dtype::F32 => Self::F32,
            Dtype::F64 => Self::F64,
            Dtype::F16 => Self::F16,
            Dtype::BF16 => Self::BF16,
            Dtype::I64 => Self::I64,
            Dtype::I32 => Self::I32,
            Dtype::I16 => Self::I16,
            Dtype::I8 => Self::I8,
            Dtype::U64 => Self::U64,
            Dtype::U32 => Self::U32,
            Dtype::U16 => Self::U16,
            Dtype::U8 => Self::U8,
            Dtype::BOOL => Self::Bool,
            _ => return None,
        })
    }

    /// Bytes of one number.
    pub(super) fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::BF16 | Self::I16 | Self::U16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }

    /// The number in the first bytes, as many as [`NumberKind::size`] says; 0 when they are missing. Halves and small
    /// integers are exact, others are rounded, and booleans are 0 and 1.
    pub(super) fn number(self, bytes: &[u8]) -> f32 {
        fn word<const N: usize>(bytes: &[u8]) -> [u8; N] {
            bytes.first_chunk().copied().unwrap_or([0; N])
        }
        match self {
            Self::F32 => f32::from_le_bytes(word(bytes)),
            Self::F64 => f64::from_le_bytes(word(bytes)) as f32,
            Self::F16 => f16::from_le_bytes(word(bytes)).to_f32(),
            Self::BF16 => bf16::from_le_bytes(word(bytes)).to_f32(),
            Self::I64 => i64::from_le_bytes(word(bytes)) as f32,
            Self::I32 => i32::from_le_bytes(word(bytes)) as f32,
            Self::I16 => f32::from(i16::from_le_bytes(word(bytes))),
            Self::I8 => f32::from(i8::from_le_bytes(word(bytes))),
            Self::U64 => u64::from_le_bytes(word(bytes)) as f32,
            Self::U32 => u32::from_le_bytes(word(bytes)) as f32,
            Self::U16 => f32::from(u16::from_le_bytes(word(bytes))),
            Self::U8 => f32::from(u8::from_le_bytes(word(bytes))),
            Self::Bool => f32::from(u8::from(word::<1>(bytes) != [0])),
        }
    }

    /// The numbers in `bytes`, one behind the other.
    pub(super) fn numbers(self, bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
        bytes.chunks_exact(self.size()).map(move |word| self.number(word))
    }
}
