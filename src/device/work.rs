//! What a GPU is asked for: operations, kernels, uploads and readbacks.
//!
//! burn's fusion reports each operation that is registered, and CubeCL each kernel that is launched. Readbacks are
//! counted by the program itself, which reads tensors in few places only ([`note_readback`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use burn::backend::fusion::observer::{BlockOperations, FusionObservation, FusionObserver};
use burn::backend::ir::{BaseOperationIr, OperationIr};
use burn::cubecl::logging::{LaunchObservation, LaunchObserver};

/// Readbacks of this process.
static READBACKS: AtomicU64 = AtomicU64::new(0);

/// Notes that values are read back from a device, which waits until they are there.
pub fn note_readback() {
    READBACKS.fetch_add(1, Ordering::Relaxed);
}

/// What a GPU was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceWork {
    /// Operations on tensors, without those that only view a tensor otherwise.
    pub operations: u64,
    /// Operations that only view a tensor otherwise, which launch nothing but cost the host time as well.
    pub views: u64,
    /// Kernels launched.
    pub kernels: u64,
    /// Tensors made of values of the host.
    pub uploads: u64,
    /// Reads of values by the host.
    pub readbacks: u64,
}

#[derive(Default)]
struct WorkCounts {
    operations: AtomicU64,
    views: AtomicU64,
    kernels: AtomicU64,
    uploads: AtomicU64,
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

impl FusionObserver for WorkCounts {
    fn registered(&self, operation: &OperationIr) {
        use BaseOperationIr::{Expand, Permute, Reshape, SwapDims};
        match operation {
            OperationIr::Drop(_) => {}
            OperationIr::Init(_) => add(&self.uploads),
            OperationIr::BaseFloat(Reshape(_) | SwapDims(_) | Permute(_) | Expand(_))
            | OperationIr::BaseInt(Reshape(_) | SwapDims(_) | Permute(_) | Expand(_))
            | OperationIr::BaseBool(Reshape(_) | SwapDims(_) | Permute(_) | Expand(_)) => add(&self.views),
            _ => add(&self.operations),
        }
    }

    fn block_starts(&self, _: BlockOperations<'_>) {}

    fn block_ran(&self) {}
}

impl LaunchObserver for WorkCounts {
    fn launched(&self, _: &'static str) {
        add(&self.kernels);
    }
}

/// WorkCounts what all GPUs of this process are asked for, as long as it lives.
///
/// Work is counted when it reaches the thread that serves the device: wait for the device before each look.
pub struct WorkCounter {
    counts: Arc<WorkCounts>,
    _operations: FusionObservation,
    _kernels: LaunchObservation,
}

impl WorkCounter {
    /// Begins to count.
    #[allow(clippy::new_without_default)] // It changes what the process does.
    pub fn new() -> Self {
        let counts = Arc::new(WorkCounts::default());
        Self {
            _operations: FusionObservation::new(counts.clone()),
            _kernels: LaunchObservation::new(counts.clone()),
            counts,
        }
    }

    /// What was asked for so far. Readbacks are counted from the start of the process.
    pub fn work(&self) -> DeviceWork {
        let WorkCounts { operations, views, kernels, uploads } = &*self.counts;
        let [operations, views, kernels, uploads, readbacks] =
            [operations, views, kernels, uploads, &READBACKS].map(|count| count.load(Ordering::Relaxed));
        DeviceWork { operations, views, kernels, uploads, readbacks }
    }
}

impl std::ops::Sub for DeviceWork {
    type Output = Self;

    /// What was asked for since `before`.
    fn sub(self, before: Self) -> Self {
        Self {
            operations: self.operations - before.operations,
            views: self.views - before.views,
            kernels: self.kernels - before.kernels,
            uploads: self.uploads - before.uploads,
            readbacks: self.readbacks - before.readbacks,
        }
    }
}

impl std::ops::Add for DeviceWork {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            operations: self.operations + other.operations,
            views: self.views + other.views,
            kernels: self.kernels + other.kernels,
            uploads: self.uploads + other.uploads,
            readbacks: self.readbacks + other.readbacks,
        }
    }
}
