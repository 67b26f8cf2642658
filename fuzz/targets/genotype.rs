//! Architectures: the integer vector and the JSON form.
#![no_main]

use autogan::arch::{Genotype, MAX_CELLS, NetShape, Space, SpaceConfig, macs, params};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("genotype", 64), |data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let from_vector = Genotype::parse(text).ok();
    let from_json = serde_json::from_str::<Genotype>(text).ok();
    for genotype in [from_vector, from_json].into_iter().flatten() {
        let cells = genotype.cells.len();
        assert!((1..=MAX_CELLS).contains(&cells));
        assert_eq!(Genotype::parse(&genotype.to_string()).unwrap(), genotype);
        let json = serde_json::to_string(&genotype).unwrap();
        assert_eq!(serde_json::from_str::<Genotype>(&json).unwrap(), genotype);
        assert_eq!(genotype.describe().len(), cells);
        // Whatever is read is a member of the space with every choice free.
        let shape = NetShape::default();
        assert!(params(&genotype, &shape) > 0 && macs(&genotype, &shape) > 0);
        let space = Space::new(SpaceConfig::full(cells), shape).unwrap();
        let index = space.index(&genotype).unwrap();
        assert_eq!(space.at(index), genotype);
    }
});
