//! All unsafe code of the program: two calls, each with the reason why it is sound.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_long};
use std::thread::ThreadId;

use burn::backend::{Backend, BackendGraph, Dispatch, DispatchDevice};

/// Number of mimalloc's option `purge_delay` (`mi_option_e` in the third version's header), in milliseconds.
const PURGE_DELAY: c_int = 15;
/// How long freed memory stays with the program, in milliseconds.
const KEPT: c_long = 10_000;

/// Recorded work of a GPU. It reads and writes the memory that it was recorded with, which is its own as long as it
/// lives, but for tensors that somebody else holds.
pub struct DeviceGraph {
    device: DispatchDevice,
    graph: BackendGraph<Dispatch>,
    /// Where it was recorded: work of another thread is in no order with it.
    thread: ThreadId,
}

impl DeviceGraph {
    /// What this thread has recorded on `device`.
    pub(super) fn of_this_thread(device: DispatchDevice, graph: BackendGraph<Dispatch>) -> Self {
        Self { device, graph, thread: std::thread::current().id() }
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

/// Keeps freed memory for ten seconds, unless `MIMALLOC_PURGE_DELAY` says how long.
///
/// By itself the allocator gives it back to the system after one second. Updates of large networks take as long and ask
/// for the same memory again, which the system then has to clear: up to a sixth of their time.
pub fn keep_freed_memory() {
    // SAFETY: the function takes any number and value, and may be called at any time by any thread.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, KEPT) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delay() -> c_long {
        // SAFETY: as above.
        unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) }
    }

    #[test]
    fn freed_memory_is_kept_for_longer() {
        // The number is that option's: no other begins as a second.
        assert_eq!(delay(), 1_000);
        keep_freed_memory();
        assert_eq!(delay(), KEPT);
    }
}
