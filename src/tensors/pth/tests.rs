#![allow(clippy::unwrap_used)]
mod inert;
mod unread;

use std::io::Cursor;

use proptest::prelude::*;
use zip::CompressionMethod;

use super::*;
use crate::tensors::archive::tests::zipped;

const KINDS: [&[u8]; 3] = [
    include_bytes!("../../../tests/fixtures/kinds_zip.pth"),
    include_bytes!("../../../tests/fixtures/kinds_legacy.pth"),
    include_bytes!("../../../tests/fixtures/kinds_protocol4.pth"),
];
const CHECKPOINTS: [&[u8]; 2] = [
    include_bytes!("../../../tests/fixtures/checkpoint_zip.pth"),
    include_bytes!("../../../tests/fixtures/checkpoint_legacy.pth"),
];
const WHOLE_MODEL: &[u8] = include_bytes!("../../../tests/fixtures/whole_model.pth");

fn read(bytes: &[u8]) -> Result<PthFile<BufReader<Cursor<&[u8]>>>, TensorsError> {
    PthFile::read(Cursor::new(bytes))
}

fn tensors(bytes: &[u8]) -> Result<NamedArrays, TensorsError> {
    read(bytes)?.tensors(&|_| true)
}

fn refusal(bytes: &[u8]) -> String {
    tensors(bytes).unwrap_err().to_string()
}

fn array(shape: &[usize], values: &[f32]) -> Array {
    Array { shape: shape.to_vec(), values: values.to_vec() }
}

/// As in the script that made the files.
fn ramp(shape: &[usize], first: f32) -> Array {
    let values = (0..shape.iter().product()).map(|index: usize| first + index as f32 / 8.0).collect();
    Array { shape: shape.to_vec(), values }
}

#[test]
fn every_kind_of_tensor_is_read_in_both_formats() {
    let grid = |rows: &[usize], columns: &[usize]| -> Vec<f32> {
        rows.iter()
            .flat_map(|row| columns.iter().map(move |column| (row * 6 + column) as f32 / 8.0))
            .collect()
    };
    let turned: Vec<f32> = (0..24).map(|at| (at % 4 * 6 + at / 4) as f32 / 8.0).collect();
    let permuted: Vec<f32> = (0..24).map(|at| (at % 6 * 4 + at / 6) as f32 / 8.0).collect();
    let expected: [(&str, Array); 18] = [
        ("float", ramp(&[2, 3], 0.0)),
        ("double", ramp(&[3], -1.0)),
        ("half", ramp(&[3], 1.0)),
        ("bfloat16", ramp(&[3], 2.0)),
        ("long", array(&[3], &[-2.0, 0.0, 3.0])),
        ("int", array(&[3], &[-2.0, 0.0, 3.0])),
        ("short", array(&[3], &[-2.0, 0.0, 3.0])),
        ("char", array(&[3], &[-2.0, 0.0, 3.0])),
        ("byte", array(&[3], &[0.0, 3.0, 255.0])),
        ("bool", array(&[3], &[1.0, 0.0, 1.0])),
        ("scalar", array(&[], &[2.5])),
        ("empty", array(&[0, 3], &[])),
        ("parameter", ramp(&[2], 5.0)),
        ("grid", ramp(&[4, 6], 0.0)),
        ("turned", array(&[6, 4], &turned)),
        ("sparse", array(&[2, 3], &grid(&[1, 3], &[0, 2, 4]))),
        ("part", array(&[6], &grid(&[2], &[0, 1, 2, 3, 4, 5]))),
        ("permuted", array(&[4, 2, 3], &permuted)),
    ];
    let expected: NamedArrays = expected.map(|(name, array)| (name.to_owned(), array)).into();
    for bytes in KINDS {
        assert_eq!(tensors(bytes).unwrap(), expected);
        assert_eq!(read(bytes).unwrap().tables().unwrap(), [""; 0]);
    }
}

#[test]
fn a_training_checkpoint_gives_its_tables_one_by_one() {
    let shapes: [(&str, &[usize]); 8] = [
        ("l1.weight", &[4, 3]),
        ("l1.bias", &[4]),
        ("cell1.0.weight", &[2, 2, 3, 3]),
        ("cell1.0.bias", &[2]),
        ("cell1.1.weight", &[2]),
        ("cell1.1.bias", &[2]),
        ("cell1.1.running_mean", &[2]),
        ("cell1.1.running_var", &[2]),
    ];
    for bytes in CHECKPOINTS {
        let mut file = read(bytes).unwrap();
        let tables =
            ["gen_state_dict", "dis_state_dict", "avg_gen_state_dict", "gen_optimizer", "dis_optimizer"];
        assert_eq!(file.tables().unwrap(), tables);
        for (table, first) in [("gen_state_dict", 0.0), ("avg_gen_state_dict", 100.0)] {
            let found = file.tensors(&|name| name.starts_with(&format!("{table}."))).unwrap();
            for (index, (name, shape)) in shapes.iter().enumerate() {
                assert_eq!(found[&format!("{table}.{name}")], ramp(shape, first + index as f32), "{name}");
            }
            assert_eq!(found[&format!("{table}.cell1.1.num_batches_tracked")], array(&[], &[7.0]));
            assert_eq!(found.len(), 9);
        }
        let all = file.tensors(&|_| true).unwrap();
        assert_eq!(all["dis_state_dict.bias"], array(&[1], &[51.0]));
        assert_eq!(all["gen_optimizer.state.0.exp_avg"].shape, [4, 3]);
        let list = file.list().unwrap();
        assert_eq!(list.len(), all.len());
        for Listed { name, shape } in &list {
            assert_eq!(shape.as_ref(), Some(&all[name].shape), "{name}");
        }
        assert_eq!(list[0].to_string(), "gen_state_dict.l1.weight [4, 3]");
        // What is no tensor is in no list.
        for key in ["epoch", "best_fid", "path_helper", "options"] {
            assert!(!list.iter().any(|tensor| tensor.name.starts_with(key)), "{key}");
        }
        assert!(file.tensors(&|_| false).unwrap().is_empty());
    }
}

#[test]
fn a_whole_model_is_refused_by_the_name_of_its_class() {
    assert!(refusal(WHOLE_MODEL).contains("`__main__.Generator`"));
}

#[test]
fn files_of_other_kinds_are_named_so() {
    for bytes in [&b"PK"[..], b"\x89PNG\r\n\x1a\n0000", b"\x80", b"\x80\x02}.", b"\x80\x02K\x01.", &[0; 100]]
    {
        let refusal = refusal(bytes);
        assert!(refusal.starts_with("this is no PyTorch file"), "{bytes:?}: {refusal}");
    }
    let other = zipped(&[("word/document.xml", b"<>")], CompressionMethod::Stored);
    assert!(refusal(&other).starts_with("this is no PyTorch file"));
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    for (bytes, said) in [
        (&b""[..], "the file is empty; copy it or download it again"),
        (pointer, "the file is a Git LFS pointer, not the file itself; run `git lfs pull` in its folder"),
        (b"<!DOCTYPE html><html>", "the file is a web page, not the file itself; download the file itself"),
        (
            &zipped(&[("a/readme.txt", b""), ("a/G.PTH", b"")], CompressionMethod::Stored),
            "the file is a zip archive with a/G.PTH in it; unpack it and name that file",
        ),
        (
            &packed(&[&b"\x80\x02"[..], &tensor(8, 0, &[2], &[1]), b"."].concat(), CompressionMethod::Stored),
            "the file is one tensor, and tensors are read by their names; save a table of them, with \
             torch.save({\"z\": tensor}, path) for latents or torch.save(model.state_dict(), path) for weights",
        ),
    ] {
        assert_eq!(refusal(bytes), said);
    }
}

#[test]
fn a_cut_file_is_an_error_at_every_length() {
    for bytes in KINDS.into_iter().chain(CHECKPOINTS) {
        for length in (0..bytes.len()).step_by(1 + bytes.len() / 3000) {
            assert!(tensors(&bytes[..length]).is_err(), "{length}");
        }
    }
}

// From here on, files that PyTorch would not write.

fn int(value: u64) -> Vec<u8> {
    [b"\x8a\x08".to_vec(), value.to_le_bytes().to_vec()].concat()
}

fn text(text: &str) -> Vec<u8> {
    [b"X".to_vec(), (text.len() as u32).to_le_bytes().to_vec(), text.into()].concat()
}

fn tuple(items: &[u64]) -> Vec<u8> {
    [b"(".to_vec(), items.iter().flat_map(|item| int(*item)).collect(), b"t".to_vec()].concat()
}

/// The instructions that make a tensor of floats in storage `0`.
fn tensor(numbers: u64, offset: u64, shape: &[u64], strides: &[u64]) -> Vec<u8> {
    let storage =
        [b"(".to_vec(), text("storage"), b"ctorch\nFloatStorage\n".to_vec(), text("0"), text("cpu")];
    let storage = [storage.concat(), int(numbers), b"tQ".to_vec()].concat();
    let arguments = [storage, int(offset), tuple(shape), tuple(strides), b"\x89N".to_vec()].concat();
    [b"ctorch._utils\n_rebuild_tensor_v2\n(".to_vec(), arguments, b"tR".to_vec()].concat()
}

/// A file of one table with the given entries, and eight numbers in storage `0`.
fn file(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<u8> =
        entries.iter().flat_map(|(name, value)| [text(name), value.clone()].concat()).collect();
    packed(&[b"\x80\x02}(".to_vec(), entries, b"u.".to_vec()].concat(), CompressionMethod::Stored)
}

fn packed(pickle: &[u8], method: CompressionMethod) -> Vec<u8> {
    let numbers: Vec<u8> = (0..8).flat_map(|number| (number as f32).to_le_bytes()).collect();
    zipped(&[("x/data.pkl", pickle), ("x/data/0", &numbers)], method)
}

#[test]
fn declared_sizes_are_checked_against_the_storage() {
    let one = |numbers, offset, shape: &[u64], strides: &[u64]| {
        tensors(&file(&[("w", tensor(numbers, offset, shape, strides))]))
    };
    let fine = one(8, 2, &[2, 3], &[3, 1]).unwrap();
    assert_eq!(fine["w"], array(&[2, 3], &[2.0, 3.0, 4.0, 5.0, 6.0, 7.0]));
    assert_eq!(one(8, 1, &[2, 2], &[1, 5]).unwrap()["w"], array(&[2, 2], &[1.0, 6.0, 2.0, 7.0]));
    assert_eq!(one(8, 8, &[0, u64::MAX >> 1], &[1, 1]).unwrap()["w"].values, [0.0; 0]);
    const HUGE: u64 = 1 << 62;
    for (numbers, offset, shape, strides) in [
        (8, 0, &[9][..], &[1][..]),
        (8, 3, &[2, 3], &[3, 1]),
        (8, 0, &[2, 3], &[6, 1]),
        (8, HUGE, &[1], &[1]),
        (8, 9, &[0], &[1]),
        (8, 0, &[HUGE], &[1]),
        (8, 0, &[HUGE, HUGE], &[1, 1]),
        (8, 0, &[HUGE, 4], &[1, 1]),
        (8, 0, &[2], &[HUGE]),
        (8, 1, &[2], &[u64::MAX >> 1]),
        (8, 0, &[3], &[u64::MAX >> 1]),
        // One number shown as many.
        (8, 0, &[9], &[0]),
        (8, 0, &[HUGE], &[0]),
        (8, 0, &[2], &[]),
        // Negative, as a signed number.
        (8, 0, &[u64::MAX], &[1]),
        (8, u64::MAX, &[1], &[1]),
        // The storage itself.
        (9, 0, &[9], &[1]),
        (7, 0, &[7], &[1]),
        (HUGE, 0, &[HUGE], &[1]),
        (u64::MAX, 0, &[1], &[1]),
    ] {
        let problem = one(numbers, offset, shape, strides).unwrap_err();
        assert!(matches!(problem, TensorsError::Damaged(_)), "{shape:?}: {problem}");
        assert!(problem.to_string().contains("\"w\""), "{problem}");
    }
    let flat = one(8, 0, &[1; 65], &[1; 65]).unwrap_err().to_string();
    assert!(flat.contains("65 dimensions"), "{flat}");
}

#[test]
fn limits_hold_before_numbers_are_read() {
    let whole = tensor(8, 0, &[8], &[1]);
    let bytes = file(&[("a", whole.clone()), ("b", whole.clone()), ("c", whole)]);
    let within = |limits: Limits| {
        PthFile::read_within(Cursor::new(&bytes), limits).and_then(|mut file| file.tensors(&|_| true))
    };
    let fine = Limits { file: bytes.len() as u64, tensors: 3, values: 24 };
    assert_eq!(within(fine).unwrap().len(), 3);
    for (limits, what) in [
        (Limits { file: fine.file - 1, ..fine }, "bytes"),
        (Limits { tensors: 2, ..fine }, "3 tensors"),
        (Limits { values: 23, ..fine }, "24 numbers"),
    ] {
        let refusal = within(limits).unwrap_err();
        assert!(matches!(refusal, TensorsError::TooLarge { .. }), "{refusal}");
        assert!(refusal.to_string().contains(what), "{refusal}");
    }
    let long = file(&[(&"n".repeat(1001), tensor(8, 0, &[8], &[1]))]);
    assert!(refusal(&long).contains("1001 bytes in the name of a tensor"));
    // Packed a thousandfold: a pickle, and a storage of zeros.
    let bomb = packed(&vec![b'N'; 40 << 20], CompressionMethod::Deflated);
    assert!(bomb.len() < 100_000 && refusal(&bomb).contains("bytes in one entry"), "{}", refusal(&bomb));
    let zeros = vec![0; 40 << 20];
    let bomb = |values, limits| {
        let tensor = tensor(10 << 20, 0, &[values], &[1]);
        let pickle = [b"\x80\x02}".to_vec(), text("w"), tensor, b"s.".to_vec()].concat();
        let bomb = zipped(&[("x/data.pkl", &pickle), ("x/data/0", &zeros)], CompressionMethod::Deflated);
        assert!(bomb.len() < 100_000);
        let refusal =
            PthFile::read_within(Cursor::new(&bomb), limits).unwrap().tensors(&|_| true).unwrap_err();
        refusal.to_string()
    };
    let few = Limits { values: 1 << 20, ..Limits::default() };
    assert!(bomb(10 << 20, few).contains("10485760 numbers"));
    let small = Limits { file: 1 << 20, ..Limits::default() };
    assert!(bomb(1, small).contains("41943040 bytes in its storages"));
}

/// Not a test but the process of the next one.
#[test]
fn reading_process() {
    crate::input::measure::in_process(|path| {
        let read =
            PthFile::read(std::fs::File::open(path).unwrap()).and_then(|mut file| file.tensors(&|_| true));
        read.map_or_else(|error| error.to_string(), |found| format!("{} tensors", found.len()))
    });
}

/// Small files that unpack, repeat or describe much.
#[test]
fn a_small_file_costs_little_whatever_it_says() {
    use crate::input::measure::process;
    let zeros = vec![0; 4 << 20];
    let views: Vec<(String, Vec<u8>)> =
        (0..4_000).map(|i| (i.to_string(), tensor(1 << 20, 0, &[1 << 20], &[1]))).collect();
    let entries = views.iter().map(|(name, view)| [text(name), view.clone()].concat());
    let shared = [b"\x80\x02}(".to_vec(), entries.collect::<Vec<_>>().concat(), b"u.".to_vec()].concat();
    let shared = zipped(&[("x/data.pkl", &shared), ("x/data/0", &zeros)], CompressionMethod::Deflated);
    let pickled = |pickle: Vec<u8>| packed(&pickle, CompressionMethod::Deflated);
    let large = tensor(25 << 20, 0, &[25 << 20], &[1]);
    let large = [b"\x80\x02}".to_vec(), text("w"), large, b"s.".to_vec()].concat();
    for (what, bytes, reason) in [
        ("views of one storage", shared, "numbers in its tensors"),
        (
            "a packed storage",
            {
                let zeros = vec![0; 100 << 20];
                zipped(&[("x/data.pkl", &large), ("x/data/0", &zeros)], CompressionMethod::Deflated)
            },
            "numbers in its tensors",
        ),
        (
            "a text in each of its places",
            pickled(b"X\x01\0\0\0ar\x01\0\0\0".repeat(600_000)),
            "instructions in its pickle",
        ),
        (
            "remembered values",
            {
                let remember = (0..249_000u32).flat_map(|place| [&b"]r"[..], &place.to_le_bytes()].concat());
                pickled(remember.chain(*b".").collect())
            },
            "no tensors",
        ),
        (
            "the same long name of a class again and again",
            {
                let name =
                    [text(&"m".repeat(900)), b"q\0".to_vec(), text(&"n".repeat(900)), b"q\x01".to_vec()];
                pickled([&name.concat()[..], &b"h\0h\x01\x93".repeat(160_000)].concat())
            },
            "bytes in the names of its classes",
        ),
        (
            "classes of many names",
            pickled(
                (0..100_000).flat_map(|class| format!("cm\n{class}\n").into_bytes()).chain(*b".").collect(),
            ),
            "refers to `m.0`",
        ),
        (
            "a long text",
            pickled([&b"T"[..], &(1u32 << 30).to_le_bytes(), &[b'a'; 7 << 20]].concat()),
            "bytes in its pickle",
        ),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let process = process("tensors::pth::tests::reading_process", file.path().to_str().unwrap());
        assert!(process.outcome.contains(reason), "{what}: {process:?}");
        process.within(64);
    }
}

/// A few bytes can refer to a long text again and again; it is nowhere copied again and again.
#[test]
fn long_texts_are_refused_before_they_are_copied() {
    let good = tensor(8, 0, &[8], &[1]);
    let long = text(&"k".repeat(1 << 20));
    let key = text("0");
    let at = good.windows(key.len()).position(|part| part == key).unwrap();
    let tensor = [&good[..at], &long, &good[at + key.len()..]].concat();
    assert!(refusal(&file(&[("w", tensor)])).contains("1048576 bytes in the name of a storage"));
    // Ten thousand tables of the same name, which the refusal of an unknown key would list.
    let table = [b"}q\x02".to_vec(), text("b"), good, b"s0".to_vec()].concat();
    let start = [b"\x80\x02}(".to_vec(), long, b"q\x010".to_vec(), table].concat();
    let tables = [start, b"h\x01h\x02".repeat(10_000), b"u.".to_vec()].concat();
    let problem = refusal(&packed(&tables, CompressionMethod::Stored));
    assert!(problem.contains("1048576 bytes in the name of a tensor"), "{problem}");
}

/// Tensors of one number in storages of many: what is held at once is one storage, and it is read once.
#[test]
fn many_tensors_of_one_storage_read_it_once() {
    let entries: Vec<(String, Vec<u8>)> =
        (0..1000).map(|index| (format!("t{index}"), tensor(8, index % 8, &[1], &[1]))).collect();
    let entries: Vec<(&str, Vec<u8>)> =
        entries.iter().map(|(name, tensor)| (&**name, tensor.clone())).collect();
    let found = tensors(&file(&entries)).unwrap();
    assert!((0..1000).all(|index| found[&format!("t{index}")].values == [(index % 8) as f32]));
}

#[test]
fn tables_that_hold_themselves_end() {
    let pickle = |body: Vec<u8>| {
        packed(&[b"\x80\x02".to_vec(), body, b".".to_vec()].concat(), CompressionMethod::Stored)
    };
    // A table in itself, lists within lists, and thirty tables that hold the one before twice.
    let circle = [b"}q\x00".to_vec(), text("a"), b"h\x00s".to_vec()].concat();
    assert!(refusal(&pickle(circle)).contains("tables within each other"));
    let deep = [b"}".to_vec(), text("a"), b"]".repeat(10_000), b"a".repeat(9_999), b"s".to_vec()].concat();
    assert!(refusal(&pickle(deep)).contains("tables within each other"));
    let mut doubling = b"]q\x00".to_vec();
    for place in 0..30 {
        doubling.extend([b'h', place, b'h', place, 0x86, b'q', place + 1, b'0']);
    }
    let doubling = [b"}".to_vec(), text("a"), doubling, b"0h\x1es".to_vec()].concat();
    let found = refusal(&pickle(doubling));
    assert!(found.contains("values in its tables"), "{found}");
}

#[test]
fn strange_descriptions_are_damage_and_code_is_refused() {
    let good = tensor(8, 0, &[8], &[1]);
    let swap = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|part| part == from).unwrap();
        file(&[("w", [&good[..at], to, &good[at + from.len()..]].concat())])
    };
    for (bytes, what) in [
        (swap(b"storage", b"garbage"), "described in an unknown way"),
        (swap(b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x007"), "no entry \"x/data/7\""),
        (swap(b"X\x01\x00\x00\x000", b"X\x05\x00\x00\x00../../"), "damaged"),
        (swap(b"ctorch\nFloatStorage\n", b"ctorch\nSize\n"), "described in an unknown way"),
        (
            swap(b"ctorch\nFloatStorage\n", b"ctorch\nDoubleStorage\n"),
            "64 bytes are declared and 32 bytes are there",
        ),
        (swap(b"tQ", b"t"), "described in an unknown way"),
        (swap(b"ctorch\nFloatStorage\n", b"ctorch\nComplexFloatStorage\n"), "`torch.ComplexFloatStorage`"),
        (swap(b"ctorch._utils\n_rebuild_tensor_v2\n", b"cos\nsystem\n"), "`os.system`"),
        (swap(b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch.hub\nload\n"), "`torch.hub.load`"),
    ] {
        let refusal = refusal(&bytes);
        assert!(refusal.contains(what), "{refusal}");
    }
    let twice =
        file(&[("a.b", good.clone()), ("a", [b"}".to_vec(), text("b"), good, b"s".to_vec()].concat())]);
    assert!(refusal(&twice).contains("two tensors are called \"a.b\""));
    assert!(refusal(&packed(b"\x80\x02].", CompressionMethod::Stored)).contains("no tensors"));
    assert!(refusal(&packed(b"\x80\x02}.", CompressionMethod::Stored)).contains("no tensors"));
    let big = zipped(&[("x/data.pkl", b"\x80\x02}."), ("x/byteorder", b"big")], CompressionMethod::Stored);
    assert!(refusal(&big).contains("big-endian"));
}

#[test]
fn a_legacy_file_that_contradicts_itself_is_refused() {
    let good = KINDS[1];
    let swap = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).rposition(|part| part == from).unwrap();
        [&good[..at], to, &good[at + from.len()..]].concat()
    };
    // The count in front of the first numbers, 1.0 1.125 1.25 of the halves.
    let halves = [&3u64.to_le_bytes()[..], &[0x00, 0x3c, 0x80, 0x3c, 0x00, 0x3d]].concat();
    let wrong = [&4u64.to_le_bytes()[..], &halves[8..]].concat();
    assert!(refusal(&swap(&halves, &wrong)).contains("another size than its tensors say"));
    assert!(refusal(&swap(b"little_endian", b"little_indian")).contains("big-endian"));
    assert!(refusal(&swap(b"M\xe9\x03.", b"M\xea\x03.")).contains("unknown version"));
    assert!(refusal(&good[..good.len() - 1]).contains("it ends"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_of_a_file_do_no_harm(
        sample in 0..KINDS.len() + CHECKPOINTS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = KINDS.into_iter().chain(CHECKPOINTS).nth(sample).unwrap().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        drop(tensors(&bytes));
    }

    /// Here no checksum guards the pickle.
    #[test]
    fn random_changes_of_a_pickle_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let value = [tensor(8, 1, &[2, 3], &[3, 1]), text("b"), tensor(8, 0, &[2, 2], &[1, 2])].concat();
        let mut pickle = [b"\x80\x02}(".to_vec(), text("a"), value, b"u.".to_vec()].concat();
        for (at, byte) in changes {
            let at = at.index(pickle.len());
            pickle[at] = byte;
        }
        if let Ok(found) = tensors(&packed(&pickle, CompressionMethod::Stored)) {
            for array in found.values() {
                prop_assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
                prop_assert!(array.values.len() <= 8);
            }
        }
    }

    #[test]
    fn random_bytes_do_no_harm(bytes: Vec<u8>, start in 0..3usize) {
        let starts = [&b""[..], b"PK\x03\x04", &KINDS[1][..14]];
        prop_assert!(tensors(&[starts[start], &bytes].concat()).is_err());
    }
}
