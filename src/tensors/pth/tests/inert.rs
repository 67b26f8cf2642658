//! Objects beside the weights.

use super::*;

const INERT_OBJECTS: &[u8] = include_bytes!("../../../../tests/fixtures/wrapped/inert.pth");

#[test]
fn objects_beside_the_weights_are_left_out_and_nothing_else_is_accepted() {
    let found = tensors(INERT_OBJECTS).unwrap();
    assert_eq!(found.len(), 23);
    assert!(found.keys().all(|name| name.starts_with("generator.")));
    assert_eq!(read(INERT_OBJECTS).unwrap().tables().unwrap(), ["generator"]);
    // What an object is made of or given is not looked at, whatever it is: a tensor, or a call within a call.
    let tensor = tensor(8, 0, &[2], &[1]);
    let path = |argument: &[u8]| [b"cpathlib\nPosixPath\n(", argument, b"tR"].concat();
    let options = [b"cargparse\nNamespace\n)\x81}", &text("w")[..], &tensor, b"sb"].concat();
    let many = (0..900).fold(b"N".to_vec(), |inner, _| path(&inner));
    let objects = [
        ("a", path(&text("x"))),
        ("b", path(&tensor)),
        ("c", options),
        ("d", many),
        ("e", b"ctorch\nfloat32\n".to_vec()),
        ("g", [b"ceasydict\nEasyDict\n)\x81", &text("w")[..], &tensor, b"s}", &text("v"), b"Nsb"].concat()),
        ("w", tensor.clone()),
    ];
    assert_eq!(tensors(&file(&objects)).unwrap().keys().collect::<Vec<_>>(), ["w"]);
    // Neither the neighbours of what is accepted nor names that begin or end like it.
    for name in [
        "os\nsystem",
        "posix\nsystem",
        "builtins\neval",
        "builtins\nexec",
        "builtins\ngetattr",
        "builtins\n__import__",
        "__builtin__\napply",
        "pathlib\nos.system",
        "pathlib\nPosixPath.unlink",
        "pathlib.PosixPath\nunlink",
        "datetime\nsys",
        "argparse\nFileType",
        "numpy\nload",
        "numpy.core.multiarray\nfromfile",
        "torch\nload",
        "torch.storage\n_load_from_bytes",
        "collections\nnamedtuple",
        "functools\npartial",
        "operator\nattrgetter",
        "shutil\nrmtree",
        "subprocess\nPopen",
        " pathlib\nPosixPath",
        "pathlib\nPosixPath ",
        "\nos",
    ] {
        let call = [b"c", name.as_bytes(), b"\n(", &text("x"), b"tR"].concat();
        for entries in [
            vec![("w", tensor.clone()), ("x", call.clone())],
            vec![("x", path(&call)), ("w", tensor.clone())],
        ] {
            let said = refusal(&file(&entries));
            let called = name.replace('\n', ".");
            assert!(
                said.contains(&format!("`{called}`")) && said.contains("nothing of it was run"),
                "{said}"
            );
        }
        // By the older instructions, too.
        let (module, function) = name.split_once('\n').unwrap();
        let older = [b"(", &text("x")[..], format!("i{module}\n{function}\n").as_bytes()].concat();
        let by_object = [b"(c", name.as_bytes(), b"\n", &text("x"), b"o"].concat();
        for call in [older, by_object] {
            let said = refusal(&file(&[("w", tensor.clone()), ("x", call)]));
            assert!(said.contains(&format!("`{}`", name.replace('\n', "."))), "{said}");
        }
    }
}

/// An object of a class that nobody lists: what Python would make of the class alone, and fill.
fn object(class: &str, state: &[u8]) -> Vec<u8> {
    [b"c", class.as_bytes(), b"\n)\x81}", &text("w")[..], state, b"sb"].concat()
}

#[test]
fn objects_of_other_classes_beside_the_weights_are_left_out_and_named() {
    let tensor = tensor(8, 0, &[2], &[1]);
    let classes = ["omegaconf.dictconfig\nDictConfig", "box.box\nBox", "mmengine.config.config\nConfigDict"];
    let objects: Vec<Vec<u8>> = classes.iter().map(|class| object(class, &tensor)).collect();
    let with_names = [b"cbox.box\nBox\n)\x81(", &text("k")[..], b"ctyping\nAny\nu"].concat();
    let by_keywords = b"c__main__\nConfig\n)}\x92".to_vec();
    let bytes = file(&[
        ("a", objects[0].clone()),
        ("b", objects[1].clone()),
        ("w", tensor.clone()),
        ("c", objects[2].clone()),
        ("d", [&b"]("[..], &with_names, &by_keywords, b"e"].concat()),
    ]);
    // The tensors in them are not looked for.
    assert_eq!(tensors(&bytes).unwrap().into_keys().collect::<Vec<_>>(), ["w"]);
    let file_read = read(&bytes).unwrap();
    let classes =
        ["omegaconf.dictconfig.DictConfig", "box.box.Box", "mmengine.config.config.ConfigDict", "typing.Any"];
    assert_eq!(file_read.left_out(), [&classes[..], &["__main__.Config"]].concat());
    // The state of NumPy's random numbers is of known functions.
    let state = [
        &b"cnumpy.random._pickle\n__generator_ctor\n(cnumpy.random._pickle\n__bit_generator_ctor\n("[..],
        b"cnumpy.random._pcg64\nPCG64\n",
        b"tRtR",
    ];
    let bytes = file(&[("w", tensor.clone()), ("rng", state.concat())]);
    assert!(tensors(&bytes).is_ok() && read(&bytes).unwrap().left_out().is_empty());
    // Where nothing else is there, they are what is wrong.
    let said = refusal(&file(&[("model", object("__main__\nGenerator", &tensor))]));
    assert!(said.starts_with("the file refers to `__main__.Generator`, which no table"), "{said}");
    assert!(said.contains("torch.save(model.state_dict(), path)"), "{said}");
}

#[test]
fn tensors_with_attributes_of_their_own_are_tensors() {
    let tensor = tensor(8, 2, &[2], &[1]);
    let parameter = [b"ctorch._utils\n_rebuild_parameter_with_state\n(", &tensor[..], b"\x88}}tR"].concat();
    // The arguments of the call that makes the tensor, without the call itself.
    let arguments = tensor.strip_prefix(b"ctorch._utils\n_rebuild_tensor_v2\n").unwrap();
    let arguments = arguments.strip_suffix(b"R").unwrap();
    let start = b"ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\n";
    let of = |class: &[u8]| [&start[..], class, arguments, b"}tR"].concat();
    let attributed = of(b"ctorch\nTensor\n");
    let found = tensors(&file(&[("p", parameter), ("t", attributed)])).unwrap();
    for name in ["p", "t"] {
        assert_eq!(found[name], array(&[2], &[2.0, 3.0]), "{name}");
    }
    let said = refusal(&file(&[("t", of(b"cother\nTensor\n"))]));
    assert!(said.contains("described in an unknown way"), "{said}");
}
