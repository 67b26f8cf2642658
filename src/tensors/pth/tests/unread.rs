//! Tensors that are not read, beside others, and tables that have a value for keys that are not there.

use super::*;

#[test]
fn a_table_with_a_value_for_missing_keys_is_a_table() {
    let entries = [&text("l1.weight")[..], &tensor(8, 0, &[2, 4], &[4, 1])].concat();
    for factory in [&b"c__builtin__\ndict\n"[..], b"N"] {
        let table = [&b"ccollections\ndefaultdict\n"[..], factory, b"\x85R(", &entries, b"u"].concat();
        let found = tensors(&file(&[("g", table)])).unwrap();
        assert_eq!(found["g.l1.weight"].values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!((found.len(), &found["g.l1.weight"].shape[..]), (1, &[2, 4][..]));
    }
}

#[test]
fn a_tensor_that_is_not_read_harms_nobody_who_does_not_want_it() {
    let good = tensor(8, 0, &[8], &[1]);
    let calls = [
        ("_rebuild_tensor_v3", "float8 or uint16"),
        ("_rebuild_sparse_tensor", "it is sparse"),
        ("_rebuild_qtensor", "quantised"),
        ("_rebuild_meta_tensor_no_storage", "no numbers"),
        ("_rebuild_nested_tensor", "several shapes"),
    ];
    for (name, what) in calls {
        let call = format!("ctorch._utils\n{name}\n(ctorch\nuint16\nctorch.storage\nUntypedStorage\ntR")
            .into_bytes();
        let bytes = file(&[("w", good.clone()), ("q", call)]);
        let mut file = read(&bytes).unwrap();
        assert!(file.left_out().is_empty(), "{name}");
        let list = file.list().unwrap();
        assert_eq!((&*list[1].name, &list[1].shape), ("q", &None));
        assert_eq!(file.tensors(&|name| name == "w").unwrap()["w"].values.len(), 8);
        let refusal = file.tensors(&|_| true).unwrap_err().to_string();
        assert!(refusal.starts_with("tensor \"q\": ") && refusal.contains(what), "{refusal}");
    }
}
