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
    }
}
