#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};

use super::super::limits::MOST_TENSORS;
use super::*;
use crate::input::measure::{in_process, process};

/// A file with this header and so many bytes behind it.
fn file(header: &str, data: usize) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), &vec![0; data]].concat()
}

fn tensor(shape: &str, from: u64, to: u64) -> String {
    format!(r#"{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}"#)
}

fn error(bytes: &[u8]) -> String {
    open_safetensors(bytes, MOST_TENSORS).unwrap_err().to_string()
}

/// The file that was asked for by its kind.
fn hostile(kind: &str) -> Vec<u8> {
    let many = |text: &dyn Fn(usize) -> String, count: usize| {
        let parts: Vec<String> = (0..count).map(text).collect();
        parts.join(",")
    };
    match kind {
        "a million tensors" => {
            let tensors = many(&|i| format!(r#""{i}":{}"#, tensor("[0]", 0, 0)), 1_000_000);
            file(&format!("{{{tensors}}}"), 0)
        }
        "many in a small header" => {
            let tensors = many(&|i| format!(r#""{i}":{}"#, tensor("[0]", 0, 0)), 60_000);
            file(&format!("{{{tensors}}}"), 0)
        }
        "a header of 100 MB" => file(&format!("{{{}}}", " ".repeat(100_000_000)), 0),
        "deep" => file(&format!(r#"{{"a":{}"#, "[".repeat(4_000_000)), 0),
        "deep metadata" => file(&format!(r#"{{"__metadata__":{{"a":{}"#, "[".repeat(4_000_000)), 0),
        "empty lists" => file(&format!(r#"{{"a":[{}]}}"#, "[],".repeat(1_300_000)), 0),
        "dimensions" => {
            file(&format!(r#"{{"a":{}}}"#, tensor(&format!("[{}1]", "1,".repeat(2_000_000)), 0, 4)), 4)
        }
        "metadata" => {
            file(&format!(r#"{{"__metadata__":{{{}}}}}"#, many(&|i| format!(r#""{i}":"""#), 300_000)), 0)
        }
        "a long name" => file(&format!(r#"{{"{}":{}}}"#, "x".repeat(4_000_000), tensor("[2]", 0, 4)), 4),
        other => unreachable!("{other}"),
    }
}

/// Not a test but the process of the next one.
#[test]
fn opening_process() {
    in_process(|path| error(&std::fs::read(path).unwrap()));
}

#[test]
fn headers_that_promise_much_are_refused_in_twice_their_size() {
    for (kind, reason) in [
        ("a million tensors", "bytes in its header, and at most 4194304"),
        ("many in a small header", "more than 4096 tensors"),
        ("a header of 100 MB", "bytes in its header, and at most 4194304"),
        ("deep", "its header: invalid type"),
        ("deep metadata", "its header"),
        ("empty lists", "its header: invalid"),
        ("dimensions", "more than 64 dimensions"),
        ("metadata", "more than 1024 texts"),
        ("a long name", "damaged"),
    ] {
        let bytes = hostile(kind);
        let held = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(held.path(), &bytes).unwrap();
        let process = process("tensors::safetensors::tests::opening_process", held.path().to_str().unwrap());
        assert!(process.outcome.contains(reason), "{kind}: {process:?}");
        assert!(process.outcome.len() < 400, "{kind}: {process:?}");
        // The file itself is held, too.
        process.within(64.max((2 * bytes.len() as u64) >> 20));
    }
}

#[test]
fn files_that_contradict_themselves_are_refused() {
    let one =
        |shape: &str, from, to, data| error(&file(&format!(r#"{{"a":{}}}"#, tensor(shape, from, to)), data));
    for (found, reason) in [
        (one("[2]", 0, 4, 4), "damaged"),
        (one("[1]", 0, 4, 3), "damaged"),
        (one("[1]", 0, 4, 5), "damaged"),
        (one("[1]", 4, 8, 8), "damaged"),
        (one("[1]", 8, 4, 8), "damaged"),
        (one("[18446744073709551615, 18446744073709551615]", 0, 4, 4), "damaged"),
        (one("[4611686018427387905]", 0, 4, 4), "damaged"),
        (one("[1]", 0, u64::MAX, 4), "damaged"),
        (one("[-1]", 0, 4, 4), "damaged"),
        (one("[1e3]", 0, 4000, 4000), "damaged"),
        (one("\"1\"", 0, 4, 4), "a list of extents"),
    ] {
        assert!(found.contains(reason), "{found}");
    }
    let two = |first: &str, second: &str| error(&file(&format!("{{{first},{second}}}"), 8));
    let named = |name: &str, from, to| format!(r#""{name}":{}"#, tensor("[1]", from, to));
    assert!(two(&named("a", 0, 4), &named("a", 4, 8)).contains("\"a\" is there twice"));
    assert!(two(r#""__metadata__":{}"#, r#""__metadata__":{}"#).contains("is there twice"));
    assert!(two(&named("a", 0, 4), &named("b", 0, 4)).contains("damaged"), "overlapping");
    assert!(two(&named("a", 0, 4), &named("b", 5, 9)).contains("damaged"), "a hole");
    assert!(error(&file(r#"{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}}"#, 4)).contains("damaged"));
    assert!(error(&file(r#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4)).contains("missing field `dtype`"));
    let extra = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"code":"x"}}"#;
    assert!(error(&file(extra, 4)).contains("unknown field `code`"));
    assert!(error(&file(r#"{"a":1"#, 0)).contains("damaged"));
    for other in [
        &b""[..],
        b"PK\x03\x04 and more bytes",
        &u64::MAX.to_le_bytes(),
        b"NRUB\x01\0\0\0\0\0{}",
        &file("[]", 0),
    ] {
        assert!(error(other).starts_with("this is no safetensors file"), "{other:?}");
        assert!(!is_safetensors(other));
    }
}

#[test]
fn numbers_of_every_kind_are_read() {
    let words = |values: &[f64], bytes: &dyn Fn(f64) -> Vec<u8>| -> Vec<u8> {
        values.iter().flat_map(|value| bytes(*value)).collect()
    };
    let (floats, whole, counts) = ([-1.5, 0.25, 2.0], [-2.0, 0.0, 3.0], [0.0, 3.0, 200.0]);
    let tensors = [
        ("f32", Dtype::F32, floats, words(&floats, &|x| (x as f32).to_le_bytes().into())),
        ("f64", Dtype::F64, floats, words(&floats, &|x| x.to_le_bytes().into())),
        ("f16", Dtype::F16, floats, words(&floats, &|x| half::f16::from_f64(x).to_le_bytes().into())),
        ("bf16", Dtype::BF16, floats, words(&floats, &|x| half::bf16::from_f64(x).to_le_bytes().into())),
        ("i64", Dtype::I64, whole, words(&whole, &|x| (x as i64).to_le_bytes().into())),
        ("i32", Dtype::I32, whole, words(&whole, &|x| (x as i32).to_le_bytes().into())),
        ("i16", Dtype::I16, whole, words(&whole, &|x| (x as i16).to_le_bytes().into())),
        ("i8", Dtype::I8, whole, words(&whole, &|x| (x as i8).to_le_bytes().into())),
        ("u64", Dtype::U64, counts, words(&counts, &|x| (x as u64).to_le_bytes().into())),
        ("u32", Dtype::U32, counts, words(&counts, &|x| (x as u32).to_le_bytes().into())),
        ("u16", Dtype::U16, counts, words(&counts, &|x| (x as u16).to_le_bytes().into())),
        ("u8", Dtype::U8, counts, words(&counts, &|x| vec![x as u8])),
        ("bool", Dtype::BOOL, [0.0, 1.0, 1.0], vec![0, 1, 1]),
    ];
    let views =
        tensors.iter().map(|(name, kind, _, bytes)| (*name, TensorView::new(*kind, vec![3], bytes).unwrap()));
    let bytes = safetensors::serialize(views, None).unwrap();
    let (file, _) = open_safetensors(&bytes, MOST_TENSORS).unwrap();
    let read = read_safetensors(&file, &|_| true).unwrap();
    assert_eq!(read.len(), 13);
    for (name, _, values, _) in tensors {
        let values = values.map(|value| value as f32).to_vec();
        assert_eq!(read[name], Array { shape: vec![3], values }, "{name}");
    }
    assert_eq!(read_safetensors(&file, &|name| name == "f16").unwrap().len(), 1);
}

#[test]
fn kinds_that_are_not_read_are_named_and_only_where_they_are_wanted() {
    let odd = [Dtype::F8_E4M3, Dtype::F8_E5M2, Dtype::F8_E8M0, Dtype::C64, Dtype::F4, Dtype::F6_E2M3];
    for (number, kind) in odd.into_iter().enumerate() {
        let data = [0; 32];
        let view = |kind: Dtype, bytes| TensorView::new(kind, vec![4], &data[..bytes]).unwrap();
        let tensors = [("b", view(kind, kind.bitsize() * 4 / 8)), ("a", view(Dtype::F32, 16))];
        let bytes = safetensors::serialize(tensors, None).unwrap();
        let (file, _) = open_safetensors(&bytes, MOST_TENSORS).unwrap();
        let said = read_safetensors(&file, &|_| true).unwrap_err().to_string();
        let wanted =
            format!("tensor \"b\" holds {kind:?} numbers, which are not read; save it again as float32");
        assert!(said.starts_with(&wanted), "{number}: {said}");
        assert_eq!(read_safetensors(&file, &|name| name == "a").unwrap()["a"].values, [0.0; 4]);
    }
}

/// Numbers of a byte become four times as many bytes: more than twice the file is refused before it is there.
#[test]
fn small_numbers_that_would_become_many_bytes_are_refused() {
    let bytes = |count: usize| {
        let header = format!(r#"{{"a":{{"dtype":"U8","shape":[{count}],"data_offsets":[0,{count}]}}}}"#);
        file(&header, count)
    };
    let read = |count| {
        let bytes = bytes(count);
        let (file, _) = open_safetensors(&bytes, MOST_TENSORS).unwrap();
        read_safetensors(&file, &|_| true).map(|read| read["a"].values.len())
    };
    assert_eq!(read(6 << 20).unwrap(), 6 << 20);
    let said = read((6 << 20) + 1).unwrap_err().to_string();
    assert!(said.contains("6291457 numbers in its tensors, and at most 6291456"), "{said}");
    assert!(read(20 << 20).is_err());
}

fn good() -> Vec<u8> {
    let data = [0; 24];
    let view = |shape: &[usize]| {
        TensorView::new(Dtype::F32, shape.to_vec(), &data[..4 * shape.iter().product::<usize>()]).unwrap()
    };
    let metadata = HashMap::from([("x".to_owned(), "y".to_owned())]);
    safetensors::serialize([("a", view(&[2, 3])), ("b", view(&[]))], Some(metadata)).unwrap()
}

#[test]
fn good_files_are_read_up_to_their_number_of_tensors() {
    let bytes = good();
    let (tensors, metadata) = open_safetensors(&bytes, 2).unwrap();
    assert_eq!((tensors.len(), metadata["x"].as_str()), (2, "y"));
    assert!(open_safetensors(&bytes, 0).is_err());
    let tensors = (0..MOST_TENSORS).map(|i| format!(r#""{i}":{}"#, tensor("[0]", 0, 0))).collect::<Vec<_>>();
    let most = |count: usize| {
        open_safetensors(&file(&format!("{{{}}}", tensors.join(",")), 0), count).map(|(file, _)| file.len())
    };
    assert_eq!(most(MOST_TENSORS).unwrap(), MOST_TENSORS);
    assert!(most(MOST_TENSORS - 2).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_of_a_file_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = good();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for bytes in [&bytes[..], &bytes[..end.index(bytes.len())]] {
            if let Ok((file, _)) = open_safetensors(bytes, MOST_TENSORS) {
                for (_, view) in file.iter() {
                    prop_assert!(view.data().len() <= bytes.len());
                }
                for array in read_safetensors(&file, &|_| true).unwrap_or_default().values() {
                    prop_assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
                }
            }
        }
    }
}
