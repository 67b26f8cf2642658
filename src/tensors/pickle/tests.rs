#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

const KNOWN: [&str; 2] = ["argparse.Namespace", "torch._utils._rebuild_tensor_v2"];

fn read(bytes: &[u8]) -> Result<Pickle, TensorsError> {
    Pickle::read(&mut &*bytes, &KNOWN)
}

fn root(bytes: &[u8]) -> PickleValue {
    let mut pickle = read(bytes).unwrap();
    pickle.values.swap_remove(pickle.root as usize)
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

/// `{'a': [1, -2, 0.5, None, True], 'b': (b'x', 'é'), 'c': OrderedDict([('k', {3})])}` by
/// `pickle.dumps(..., protocol)`.
const SAMPLES: [&[u8]; 3] = [
    b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01J\xfe\xff\xff\xffG?\xe0\x00\x00\x00\x00\x00\x00N\x88eX\x01\x00\x00\x00bq\x03c_codecs\nencode\nq\x04X\x01\x00\x00\x00xq\x05X\x06\x00\x00\x00latin1q\x06\x86q\x07Rq\x08X\x02\x00\x00\x00\xc3\xa9q\t\x86q\nX\x01\x00\x00\x00cq\x0bccollections\nOrderedDict\nq\x0c)Rq\rX\x01\x00\x00\x00kq\x0ec__builtin__\nset\nq\x0f]q\x10K\x03a\x85q\x11Rq\x12su.",
    b"\x80\x04\x95V\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01J\xfe\xff\xff\xffG?\xe0\x00\x00\x00\x00\x00\x00N\x88e\x8c\x01b\x94C\x01x\x94\x8c\x02\xc3\xa9\x94\x86\x94\x8c\x01c\x94\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93\x94)R\x94\x8c\x01k\x94\x8f\x94(K\x03\x90su.",
    b"\x80\x05\x95V\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01J\xfe\xff\xff\xffG?\xe0\x00\x00\x00\x00\x00\x00N\x88e\x8c\x01b\x94C\x01x\x94\x8c\x02\xc3\xa9\x94\x86\x94\x8c\x01c\x94\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93\x94)R\x94\x8c\x01k\x94\x8f\x94(K\x03\x90su.",
];

/// A value in words, for comparison.
fn words(pickle: &Pickle, id: Id) -> String {
    let list = |items: &[Id]| items.iter().map(|id| words(pickle, *id)).collect::<Vec<_>>().join(",");
    match pickle.get(id) {
        PickleValue::List(items) => format!("[{}]", list(items)),
        PickleValue::Tuple(items) => format!("({})", list(items)),
        PickleValue::Dict(items) => {
            let items =
                items.iter().map(|(key, value)| format!("{}:{}", words(pickle, *key), words(pickle, *value)));
            format!("{{{}}}", items.collect::<Vec<_>>().join(","))
        }
        PickleValue::Call { callable, arguments, .. } => {
            format!("{}{}", words(pickle, *callable), words(pickle, *arguments))
        }
        PickleValue::Text(text) => text.to_string(),
        PickleValue::Name(name) => name.to_string(),
        PickleValue::Int(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_python_wrote_comes_out() {
    let known = ["_codecs.encode"];
    for (sample, bytes) in
        SAMPLES.into_iter().zip(["_codecs.encode(x,latin1)", "Bytes([120])", "Bytes([120])"])
    {
        let pickle = Pickle::read(&mut &*sample, &known).unwrap();
        let found = words(&pickle, pickle.root());
        assert_eq!(found, format!("{{a:[1,-2,Float(0.5),None,Bool(true)],b:({bytes},é),c:{{k:[3]}}}}"));
    }
}

#[test]
fn numbers_of_every_length() {
    assert_eq!(root(b"\x80\x02M\x00\xff."), PickleValue::Int(0xff00));
    assert_eq!(root(b"\x8a\x00."), PickleValue::Int(0));
    assert_eq!(root(b"\x8a\x01\xff."), PickleValue::Int(-1));
    assert_eq!(root(b"\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."), PickleValue::Int(i64::MIN));
    assert_eq!(
        root(b"\x8b\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00."),
        PickleValue::Wide([0, 0, 0, 0, 0, 0, 0, 128, 0].into())
    );
}

#[test]
fn code_is_named_and_never_run() {
    for (bytes, name) in [
        (&b"cos\nsystem\n(X\x02\x00\x00\x00lstR."[..], "`os.system`"),
        (b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.", "`posix.system`"),
        (b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.", "`builtins.eval`"),
        (b"(X\x02\x00\x00\x00lsios\nsystem\n.", "`os.system`"),
        (b"(csubprocess\nPopen\nX\x02\x00\x00\x00lso.", "`subprocess.Popen`"),
        (b"\x80\x02c__main__\nNet\n)\x81}b.", "`__main__.Net`"),
        // A known name is known only whole, and a method of a known class is another name.
        (b"cargparse\nNamespace.__init__\n.", "`argparse.Namespace.__init__`"),
        (b"cargparse.Namespace\n\n.", "`argparse.Namespace.`"),
        (b"ctorch._utils\n_rebuild_tensor_v2 \n.", "`torch._utils._rebuild_tensor_v2 `"),
        (b"c\x1b[31mos\nsystem\n.", "`\\u{1b}[31mos.system`"),
    ] {
        let refusal = refusal(bytes);
        assert!(refusal.contains(name) && refusal.contains("nothing of it was run"), "{refusal}");
    }
    // What is known is kept as data, with its attributes dropped.
    let pickle = read(b"\x80\x02cargparse\nNamespace\n)\x81}X\x01\x00\x00\x00aK\x01sb.").unwrap();
    assert_eq!(words(&pickle, pickle.root()), "argparse.Namespace()");
    // Calls of what is no function, and attributes of what has none.
    assert!(refusal(b"K\x01)R.").contains("calls a value that is no function"));
    assert!(refusal(b"cargparse\nNamespace\nK\x01R.").contains("without a tuple"));
    assert!(refusal(b"cargparse\nNamespace\n)R)R.").contains("calls a value that is no function"));
    assert!(refusal(b"K\x01}b.").contains("attributes"));
}

#[test]
fn instructions_out_of_place_are_damage() {
    for bytes in [
        &b"."[..],
        b"0.",
        b"e.",
        b"(.",
        b"(e.",
        b"K\x01K\x02a.",
        b"}K\x01K\x02K\x03u.",
        b"}(K\x01u.",
        b"(K\x01d.",
        b"h\x00.",
        b"j\x00\x00\x00\x00.",
        b"q\x00.",
        b"\xffN.",
        b"R.",
        b"\x93.",
        b"K\x01K\x02\x93.",
        b"b.",
        b"Q.",
        b"(o.",
        b"N(0",
        b"]K\x01K\x02s.",
        b"ccollections\nOrderedDict\n]K\x01a\x85R.",
        b"c__builtin__\nset\nK\x01\x85R.",
    ] {
        let refusal = refusal(bytes);
        assert!(refusal.starts_with("the file is damaged"), "{bytes:?}: {refusal}");
    }
    for bytes in [&b"I1\n."[..], b"S'a'\n.", b"P0\n.", b"\x82\x01.", b"\x97."] {
        assert!(refusal(bytes).contains("instruction 0x"), "{bytes:?}");
    }
    assert_eq!(root(b"N(0."), PickleValue::None, "as in Python, a mark can be taken away");
}

#[test]
fn a_cut_pickle_is_damaged_at_every_length() {
    for sample in SAMPLES {
        for length in 0..sample.len() {
            let cut = Pickle::read(&mut &sample[..length], &["_codecs.encode"]).unwrap_err();
            assert!(cut.to_string().contains("ends too early"), "{length}: {cut}");
        }
    }
}

#[test]
fn sizes_are_refused_before_memory_is_taken() {
    for bytes in [
        &b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff."[..],
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"X\xff\xff\xff\xff.",
        b"\x8b\xff\xff\xff\x7f.",
    ] {
        assert!(refusal(bytes).contains("bytes in its pickle"), "{bytes:?}");
    }
    assert!(refusal(b"X\x00\x00\x7f\x00abc.").contains("ends too early"));
    assert!(refusal(&b"N".repeat(5_000_000)).contains("instructions in its pickle"));
    assert!(refusal(&b"(".repeat(5_000)).contains("containers within each other"));
    let name = [b"c".to_vec(), b"a".repeat(5_000), b"\n".to_vec()].concat();
    assert!(refusal(&name).contains("bytes in the name of a function"));
}

/// A long list that is copied again and again by instructions of a few bytes: 2,000 times 100,000 items.
#[test]
fn copies_of_a_list_are_counted() {
    for name in ["__builtin__\nset", "collections\nOrderedDict"] {
        let pairs =
            b"K\x01K\x01\x86q\x02".iter().chain(&b"h\x02".repeat(100_000)).copied().collect::<Vec<u8>>();
        let bytes = [
            b"(".to_vec(),
            pairs,
            b"lq\x00c".to_vec(),
            name.into(),
            b"\nq\x01".to_vec(),
            b"h\x01h\x00\x85R".repeat(2_000),
        ];
        assert!(refusal(&bytes.concat()).contains("instructions in its pickle"), "{name}");
    }
}

#[test]
fn a_list_in_itself_and_deep_nesting_are_data() {
    let pickle = read(b"]q\x00h\x00a.").unwrap();
    assert_eq!(*pickle.get(pickle.root()), PickleValue::List(vec![pickle.root()]));
    let deep = [b"]".repeat(200_000), b"a".repeat(199_999), b".".to_vec()].concat();
    drop(read(&deep).unwrap());
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(bytes: Vec<u8>) {
        drop(read(&bytes));
    }

    #[test]
    fn random_instructions_do_no_harm(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                &b"N"[..], b"K\x01", b"(", b")", b"]", b"}", b"t", b"l", b"d", b"a", b"e", b"s", b"u", b"\x85",
                b"\x86", b"q\x00", b"h\x00", b"\x94", b"R", b"\x81", b"\x92", b"b", b"o", b"Q", b"0", b"1", b"2",
                b"\x90", b"\x91", b"cargparse\nNamespace\n", b"ccollections\nOrderedDict\n", b"c__builtin__\nset\n",
            ]),
            0..60,
        ),
    ) {
        drop(read(&[&parts.concat()[..], b"."].concat()));
    }

    #[test]
    fn random_changes_do_no_harm(
        sample in 0..SAMPLES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut bytes = SAMPLES[sample].to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        drop(read(&bytes));
    }
}
