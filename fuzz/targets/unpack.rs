//! The archive of a download, packed well or as it is.
#![no_main]

use std::fs;

use autogan::data::fetch::{Member, unpack};
use autogan_fuzz::{choice, folder, gzipped, names};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("unpack", 64), |data: &[u8]| {
    let Some((choice, rest)) = choice(data) else { return };
    let dir = folder();
    let (archive, to) = (dir.join("x.tar.gz"), dir.join("to"));
    fs::create_dir(&to).unwrap();
    fs::write(&archive, if choice % 2 == 0 { rest.to_vec() } else { gzipped(rest) }).unwrap();
    let members = [("a.bin", 5), ("b.bin", 2)].map(|(name, bytes)| Member { name: name.into(), bytes });
    let unpacked = unpack(&archive, &members, &to);
    assert_eq!(names(&dir), ["to", "x.tar.gz"], "nothing beside the folder");
    assert_eq!(names(dir.parent().unwrap()), ["alone"]);
    let allowed = ["a.bin", "a.bin.part", "b.bin", "b.bin.part"];
    assert!(names(&to).iter().all(|name| allowed.contains(&&**name)), "{:?}", names(&to));
    if unpacked.is_ok() {
        for member in members {
            let file = fs::symlink_metadata(to.join(member.name)).unwrap();
            assert!(file.is_file());
            assert_eq!(file.len(), member.bytes);
        }
    }
});
