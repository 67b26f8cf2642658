//! How much memory an adapter has. wgpu does not say, so the driver's own word is taken where it has one.

use std::path::Path;
use std::process::{Command, Stdio};

/// PCI vendor number of NVIDIA.
const NVIDIA: u32 = 0x10de;
const MIB: u64 = 1 << 20;

/// Bytes of memory on the card at PCI address `bus` (`0000:01:00.0`), if its driver tells:
/// Linux's amdgpu through sysfs, NVIDIA's through `nvidia-smi`.
pub(super) fn on_card(vendor: u32, bus: &str) -> Option<u64> {
    if bus.is_empty() {
        return None;
    }
    let file = Path::new("/sys/bus/pci/devices").join(bus).join("mem_info_vram_total");
    let amd = || std::fs::read_to_string(file).ok()?.trim().parse().ok();
    match vendor {
        NVIDIA => nvidia_smi().and_then(|table| in_table(&table, bus)),
        _ => amd(),
    }
}

fn nvidia_smi() -> Option<String> {
    let query = ["--query-gpu=pci.bus_id,memory.total", "--format=csv,noheader,nounits"];
    let output = Command::new("nvidia-smi").args(query).stdin(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()
}

/// Looks `bus` up in lines such as `00000000:01:00.0, 24564` (MiB). The two sides write the PCI
/// domain with different numbers of zeros.
fn in_table(table: &str, bus: &str) -> Option<u64> {
    let plain = |bus: &str| bus.trim().trim_start_matches('0').to_lowercase();
    table.lines().find_map(|line| {
        let (address, mib) = line.split_once(',')?;
        let mib: u64 = mib.trim().parse().ok()?;
        (plain(address) == plain(bus)).then_some(mib * MIB)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_is_found_by_its_address_however_many_zeros_it_has() {
        let table = "00000000:01:00.0, 24564\n00000000:C1:00.0, 81559\n00000001:01:00.0, [N/A]\n";
        assert_eq!(in_table(table, "0000:01:00.0"), Some(24_564 * MIB));
        assert_eq!(in_table(table, "0000:c1:00.0"), Some(81_559 * MIB));
        assert_eq!(in_table(table, "0001:01:00.0"), None);
        assert_eq!(in_table(table, "0000:02:00.0"), None);
        assert_eq!(in_table("no devices were found\n", "0000:01:00.0"), None);
    }
}
