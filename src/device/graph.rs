//! Work of a GPU that is recorded once and done again without asking for each of its kernels.

use burn::backend::{Backend, Dispatch};
use burn::tensor::Device;

use super::audited::DeviceGraph;

/// Runs before the recording, as many as burn's own `capture` has: nothing may be compiled, tuned or allocated in it.
const WARM_UPS: usize = 3;

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
        Ok((Self::of_this_thread(device, graph), made))
    }
}
