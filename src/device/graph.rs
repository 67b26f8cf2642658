//! Work of a GPU that is recorded once and done again without asking for each of its kernels.
//!
//! This is the one module with unsafe code of our own: burn calls a replay unsafe.
#![allow(unsafe_code)] // Of `DeviceGraph::replay` only, which says why it is sound.

use std::thread::ThreadId;

use burn::backend::{Backend, BackendGraph, Dispatch, DispatchDevice};
use burn::tensor::Device;

/// Runs before the recording, as many as burn's own `capture` has: nothing may be compiled, tuned or allocated in it.
const WARM_UPS: usize = 3;

/// Recorded work of a GPU. It reads and writes the memory that it was recorded with, which is its own as long as it
/// lives, but for tensors that somebody else holds.
pub struct DeviceGraph {
    device: DispatchDevice,
    graph: BackendGraph<Dispatch>,
    /// Where it was recorded: work of another thread is in no order with it.
    thread: ThreadId,
}

impl DeviceGraph {
    /// Records what `work` asks `device` for. `work` runs four times and has to ask for the same each time, into the same
    /// memory where it has a lasting effect; the first three times it is done, the fourth time only recorded. Returns what
    /// the fourth run did, too: tensors without values, to which each replay gives some.
    ///
    /// # Errors
    ///
    /// Says why nothing could be recorded. The values that the fourth run should have made are of no use then.
    pub fn record<T>(device: &Device, mut work: impl FnMut() -> T) -> Result<(Self, T), String> {
        let device = device.clone().inner().as_dispatch().clone();
        Dispatch::graph_prepare(&device).map_err(|error| error.to_string())?;
        for _ in 0..WARM_UPS {
            // What is let go of before it is there is never computed.
            let made = work();
            let done = Dispatch::sync(&device);
            drop(made);
            if let Err(error) = done {
                // It was not begun, and so this ends it.
                let _ = Dispatch::graph_stop_capture(&device);
                return Err(error.to_string());
            }
        }
        Dispatch::graph_start_capture(&device).map_err(|error| error.to_string())?;
        let made = work();
        let graph = Dispatch::graph_stop_capture(&device).map_err(|error| error.to_string())?;
        Ok((Self { device, graph, thread: std::thread::current().id() }, made))
    }

    /// Whether this thread may replay it.
    pub fn is_of_this_thread(&self) -> bool {
        self.thread == std::thread::current().id()
    }

    /// Does the recorded work again, after all that this thread asked for before.
    ///
    /// # Panics
    ///
    /// On another thread than that of the recording, or if the device is lost.
    pub fn replay(&self) {
        assert!(self.is_of_this_thread(), "recorded work belongs to the thread that recorded it");
        // SAFETY: burn asks for three things. Memory that the work reads or writes is still there: CubeCL's graph of a
        // wgpu device, the only one that this program is built with, keeps its buffers and gives none of their pages to
        // anything else (`WgpuGraph`). No other thread uses it meanwhile, and inputs and results come from the same stream:
        // a stream is a thread, and this is that of the recording.
        let replayed = unsafe { Dispatch::graph_replay(&self.device, &self.graph) };
        replayed.unwrap_or_else(|error| panic!("the GPU could not repeat recorded work: {error}"));
    }
}
