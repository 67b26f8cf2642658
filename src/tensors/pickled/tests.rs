#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

/// What Python and NumPy wrote: tests/fixtures/make_pickled.py.
const PYTHON_2: &[u8] = include_bytes!("../../../tests/fixtures/pickled/python2");
const TEXT: &[u8] = include_bytes!("../../../tests/fixtures/pickled/protocol2");
const ROWS: [&[u8]; 4] = [
    PYTHON_2,
    include_bytes!("../../../tests/fixtures/pickled/protocol3"),
    include_bytes!("../../../tests/fixtures/pickled/protocol4"),
    include_bytes!("../../../tests/fixtures/pickled/protocol5"),
];
const COLUMNS: [&[u8]; 2] = [
    include_bytes!("../../../tests/fixtures/pickled/columns4"),
    include_bytes!("../../../tests/fixtures/pickled/columns5"),
];
const META: &[u8] = include_bytes!("../../../tests/fixtures/pickled/meta");
const ARRAYS: [&[u8]; 3] = [
    include_bytes!("../../../tests/fixtures/pickled/arrays2"),
    include_bytes!("../../../tests/fixtures/pickled/arrays4"),
    include_bytes!("../../../tests/fixtures/pickled/arrays5"),
];
const MOST: u64 = 2 * 3072;

fn read(bytes: &[u8]) -> Result<PickledTable, TensorsError> {
    PickledTable::read(&mut &*bytes, MOST)
}

/// One with arrays beside the pixels.
fn read_arrays(bytes: &[u8]) -> PickledTable {
    PickledTable::read(&mut &*bytes, 2 * MOST).unwrap()
}

/// The numbers under a key.
fn numbers(bytes: &[u8], key: &str) -> Result<Option<Vec<i64>>, TensorsError> {
    PickledTable::read(&mut &*bytes, 2 * MOST)?.whole_numbers(key, 1_000, &mut std::io::Cursor::new(bytes))
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

/// A byte of an image, as the script has it.
fn pixel(image: usize, place: usize) -> u8 {
    ((7 * image + place + place / 256) % 256) as u8
}

/// `pickle.dumps({'k': [b'a', b'']}, protocol=2)` of Python 3, without what is remembered.
#[test]
fn no_bytes_are_read_as_python_3_writes_them_by_protocol_2() {
    let empty = b"c__builtin__\nbytes\n)R";
    let letter = b"c_codecs\nencode\nX\x01\0\0\0aX\x06\0\0\0latin1\x86R";
    let bytes = [&b"\x80\x02}X\x01\0\0\0k]("[..], letter, empty, b"es."].concat();
    assert_eq!(read(&bytes).unwrap().texts("k").unwrap().unwrap(), ["a", ""]);
}

#[test]
fn what_python_2_and_3_wrote_is_the_same() {
    for bytes in ROWS {
        let table = read(bytes).unwrap();
        assert_eq!(table.keys(), "batch_label, labels, fine_labels, data, filenames");
        assert_eq!(numbers(bytes, "labels").unwrap().unwrap(), [3, 8]);
        assert_eq!(numbers(bytes, "fine_labels").unwrap().unwrap(), [42, 99]);
        assert_eq!(table.texts("filenames").unwrap().unwrap(), ["a_s_000001.png", "b_s_000002.png"]);
        let PickledBytes { shape, by_columns, start, .. } = table.bytes("data").unwrap().unwrap();
        assert_eq!((shape, by_columns), (vec![2, 3072], false));
        let there = &bytes[start as usize..][..2 * 3072];
        assert!((0..2 * 3072).all(|at| there[at] == pixel(at / 3072, at % 3072)));
        assert_eq!(table.bytes("other").unwrap(), None);
        assert_eq!(numbers(bytes, "other").unwrap(), None);
    }
    for bytes in COLUMNS {
        let PickledBytes { shape, by_columns, start, .. } =
            read(bytes).unwrap().bytes("data").unwrap().unwrap();
        assert_eq!((shape, by_columns), (vec![2, 3072], true));
        let there = &bytes[start as usize..][..2 * 3072];
        assert!((0..2 * 3072).all(|at| there[at] == pixel(at % 2, at / 2)));
    }
    // Pixels as a text, which Python 3 writes by protocol 2.
    let table = read(TEXT).unwrap();
    assert_eq!(numbers(TEXT, "labels").unwrap().unwrap(), [3, 8]);
    let PickledBytes { shape, by_columns, start, is_text } = table.bytes("data").unwrap().unwrap();
    assert_eq!((shape, by_columns, is_text), (vec![2, 3072], false, true));
    let mut there = Vec::new();
    LatinReader::new(&TEXT[start as usize..]).take(2 * 3072).read_to_end(&mut there).unwrap();
    assert!((0..2 * 3072).all(|at| there[at] == pixel(at / 3072, at % 3072)));
    let names = read(META).unwrap().texts("label_names").unwrap().unwrap();
    assert_eq!(names, ["ape", "bee", "cow"]);
}

#[test]
fn labels_are_read_as_arrays_and_numbers_of_numpy_too() {
    for bytes in ARRAYS {
        assert_eq!(numbers(bytes, "labels").unwrap().unwrap(), [3, 8]);
        assert_eq!(numbers(bytes, "fine_labels").unwrap().unwrap(), [42, 99]);
        assert_eq!(numbers(bytes, "column").unwrap().unwrap(), [3, 8]);
        let many: Vec<i64> = (-100..500).collect();
        assert_eq!(numbers(bytes, "many").unwrap().unwrap(), many);
        let refused = |key: &str, most: usize| {
            let mut file = std::io::Cursor::new(bytes);
            read_arrays(bytes).whole_numbers(key, most, &mut file).unwrap_err().to_string()
        };
        assert!(refused("many", 599).contains("it has 600 numbers under \"many\" where at most 599 belong"));
        assert!(refused("halves", 9).contains("\"halves\" is no array of whole numbers"));
        assert!(read_arrays(bytes).bytes("labels").unwrap_err().to_string().contains("of unsigned bytes"));
    }
    // A shape that does not fit: `[4]` for two numbers, and `[600]` for one byte less.
    let [_, four, _] = ARRAYS;
    let swap = |from: &[u8], to: &[u8], key: &str| {
        let at = four.windows(from.len()).position(|part| part == from).unwrap();
        let changed = [&four[..at], to, &four[at + from.len()..]].concat();
        numbers(&changed, key).unwrap_err().to_string()
    };
    assert!(
        swap(b"K\x02\x85\x94", b"K\x04\x85\x94", "labels").contains("shape [4] of \"labels\" does not fit")
    );
    assert!(swap(b"M\x58\x02", b"M\x57\x02", "many").contains("shape [599] of \"many\" does not fit"));
}

#[test]
fn values_of_another_kind_are_named() {
    let table = read(PYTHON_2).unwrap();
    let error = |problem: TensorsError| problem.to_string();
    let table_again = numbers(PYTHON_2, "data").map_err(error).unwrap_err();
    assert!(table_again.contains("the shape [2, 3072] of \"data\" is none of a list"), "{table_again}");
    let names = numbers(PYTHON_2, "filenames").map_err(error).unwrap_err();
    assert!(names.contains("\"filenames\" is no list of whole numbers"), "{names}");
    assert!(table.texts("labels").map_err(error).unwrap_err().contains("no list of texts"));
    assert!(
        table
            .bytes("labels")
            .map_err(error)
            .unwrap_err()
            .contains("\"labels\" is no array of unsigned bytes")
    );
    let swap = |from: &[u8], to: &[u8]| {
        let at = PYTHON_2.windows(from.len()).position(|part| part == from).unwrap();
        let changed = [&PYTHON_2[..at], to, &PYTHON_2[at + from.len()..]].concat();
        read(&changed).and_then(|table| table.bytes("data")).unwrap_err().to_string()
    };
    assert!(swap(b"U\x02u1", b"U\x02i1").contains("no array of unsigned bytes"));
    assert!(
        swap(b"K\x02M\x00\x0c", b"K\x03M\x00\x0c")
            .contains("shape [3, 3072] of \"data\" does not fit its 6144 bytes")
    );
    assert!(swap(b"M\x00\x0c\x86", b"J\xff\xff\xff\xff\x86").contains("no array of unsigned bytes"));
    assert!(swap(b"_reconstruct\n", b"_reconstruck\n").contains("`numpy.core.multiarray._reconstruck`"));
    assert!(refusal(b"\x80\x02]\x2e").contains("no pickled dictionary"));
    assert!(refusal(b"").contains("ends too early"));
    assert!(refusal(b"\x80\x02cos\nsystem\n.").contains("`os.system`"));
}

#[test]
fn sizes_are_refused_before_they_are_read() {
    let more = PickledTable::read(&mut &*PYTHON_2, MOST - 1).unwrap_err().to_string();
    assert!(more.contains("6144 bytes in its arrays, and at most 6143"), "{more}");
    for bytes in [&b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff."[..], b"T\xff\xff\xff\xff.", b"B\xff\xff\xff\xff."]
    {
        assert!(refusal(bytes).contains("bytes in its arrays"), "{bytes:?}");
    }
    let text = PickledTable::read(&mut &*TEXT, 3072).unwrap_err().to_string();
    assert!(text.contains("bytes in its arrays, and at most 6144"), "{text}");
    // Many, one after the other.
    let part = [&b"B\x00\x08\x00\x00"[..], &[7; 2048]].concat();
    assert!(refusal(&part.repeat(4)).contains("8192 bytes in its arrays"));
    for length in 0..PYTHON_2.len() {
        assert!(refusal(&PYTHON_2[..length]).contains("ends too early"), "{length}");
    }
}

proptest! {
    #[test]
    fn random_changes_do_no_harm(
        sample in 0..ROWS.len(),
        changes in prop::collection::vec((0..500usize, any::<u8>()), 1..5),
        at_end: bool,
    ) {
        let mut bytes = ROWS[sample].to_vec();
        for (at, byte) in changes {
            let at = if at_end { bytes.len() - 1 - at % 200 } else { at };
            bytes[at] = byte;
        }
        if let Ok(table) = read(&bytes)
            && let Ok(Some(PickledBytes { shape, start, .. })) = table.bytes("data")
        {
            let end = start + shape.iter().product::<usize>() as u64;
            prop_assert!(end <= bytes.len() as u64);
        }
    }
}
