//! Weights as training programs leave them: the same generator in any wrapping gives the same images.
//!
//! `tests/fixtures/make_wrapped.py` makes the files and says what each holds.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use autogan::app::{Images, Latents, Origin, sample};
use autogan::arch::Genotype;
use autogan::engine::{ModelOptions, ModelRead, read_model};
use burn::tensor::Device;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

/// The generator's two cells.
const VECTOR: &str = "1 0 1 1 1 0 0 1 1";
/// What is said where the architecture was named.
const NAMED: &str = "its architecture is the one that was named";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wrapped").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

/// The architecture, and nothing else.
fn named() -> ModelOptions {
    ModelOptions { arch: Some(Genotype::parse(VECTOR).unwrap()), ..ModelOptions::default() }
}

fn in_table(table: &str) -> ModelOptions {
    ModelOptions { table: Some(table.to_owned()), ..named() }
}

/// The images of the fixture's latents, and what was said of the model.
fn images_of(model: &[u8], latents: &str, options: &ModelOptions) -> (Images, Vec<String>) {
    let ModelRead { file, notes, .. } = read_model(model, options).unwrap();
    (sample(&file, &Latents::Given(bytes(latents)), &Device::flex()).unwrap(), notes)
}

fn images(model: &str, options: &ModelOptions) -> (Vec<f32>, Vec<String>) {
    let (images, notes) = images_of(&bytes(model), "latents.safetensors", options);
    assert_eq!((images.count, images.side), (3, 8), "{model}");
    (images.values, notes)
}

fn refusal(model: &[u8], options: &ModelOptions) -> String {
    format!("{:#}", read_model(model, options).unwrap_err())
}

/// The sums of PyTorch's images: of all, and of the first.
fn expected(generator: &str) -> [f32; 2] {
    let json: Value = serde_json::from_slice(&bytes("expected.json")).unwrap();
    ["sum", "first"].map(|key| json[generator][key].as_f64().unwrap() as f32)
}

fn sums(images: &[f32]) -> [f32; 2] {
    [images.iter().sum(), images[..3 * 8 * 8].iter().sum()]
}

fn assert_sums(images: &[f32], generator: &str) {
    let (found, wanted) = (sums(images), expected(generator));
    let near = found.iter().zip(&wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-3);
    assert!(near, "{found:?} instead of {wanted:?}");
}

#[test]
fn the_same_generator_in_any_wrapping_makes_the_same_images() {
    let (plain, notes) = images("plain.pth", &named());
    assert_sums(&plain, "generator");
    assert_eq!(notes, [NAMED]);
    for (model, table) in [
        ("plain.safetensors", ""),
        ("half.safetensors", ""),
        ("bfloat16.safetensors", ""),
        ("double.safetensors", ""),
        ("half.pth", ""),
        ("blocks.pth", ""),
        ("tables.pth", "its table models.netG is taken"),
        ("lightning.ckpt", "its table state_dict.generator is taken"),
        ("averaged.pth", "its table G_ema of averaged weights is taken; --table G takes the other one"),
        ("inert.pth", "its table generator is taken"),
    ] {
        let (values, notes) = images(model, &named());
        assert_eq!(values, plain, "{model}");
        let table: Vec<&str> = Some(table).filter(|table| !table.is_empty()).into_iter().collect();
        assert_eq!(notes, [table, vec![NAMED]].concat(), "{model}");
    }
}

#[test]
fn a_table_that_is_asked_for_is_taken() {
    let (averaged, _) = images("averaged.pth", &in_table("G_ema"));
    let (raw, notes) = images("averaged.pth", &in_table("G"));
    assert_sums(&averaged, "generator");
    assert_sums(&raw, "raw");
    assert_eq!(notes[0], "its table G is taken");
    for (table, generator) in [("netG_A", "generator"), ("netG_B", "raw")] {
        assert_sums(&images("several.pth", &in_table(table)).0, generator);
    }
    for (model, table) in [("lightning.ckpt", "generator"), ("tables.pth", "models"), ("plain.pth", ".")] {
        assert_sums(&images(model, &in_table(table)).0, "generator");
    }
}

#[test]
fn the_table_that_was_taken_is_named_so_that_it_is_found_again() {
    let table = |model: &str| read_model(&bytes(model), &named()).unwrap().table;
    for (model, taken) in [
        ("plain.pth", None),
        ("half.safetensors", None),
        ("tables.pth", Some("models.netG")),
        ("lightning.ckpt", Some("state_dict.generator")),
        ("averaged.pth", Some("G_ema")),
    ] {
        assert_eq!(table(model).as_deref(), taken, "{model}");
        let Some(taken) = taken else { continue };
        assert_eq!(images(model, &in_table(taken)).0, images(model, &named()).0, "{model}");
    }
}

#[test]
fn latents_are_read_in_every_kind_of_number() {
    let plain = images("plain.pth", &named()).0;
    for latents in ["latents.pth", "latents_half.safetensors", "latents_double.safetensors"] {
        let (images, _) = images_of(&bytes("plain.pth"), latents, &named());
        assert_eq!(images.values, plain, "{latents}");
    }
}

#[test]
fn an_earlier_stage_of_growth_is_made_only_where_it_is_asked_for() {
    let first = Some(Genotype::parse(VECTOR).unwrap().prefix(1));
    let said = refusal(&bytes("plain.pth"), &ModelOptions { arch: first.clone(), ..ModelOptions::default() });
    assert!(said.contains("the weights have 2 cells and --arch names 1"), "{said}");
    assert!(said.contains("name all 2 cells, or add --stage 1"), "{said}");
    let stage = |arch, stage| ModelOptions { arch, stage: Some(stage), table: None };
    let of_stage = |arch: &Option<Genotype>| {
        let (images, notes) = images_of(&bytes("plain.pth"), "latents.safetensors", &stage(arch.clone(), 1));
        assert_eq!((images.count, images.side), (3, 4));
        assert!(
            notes.contains(&"stage 1 of its growth is taken: 1 cell, images of 4 px".to_owned()),
            "{notes:?}"
        );
        images.values
    };
    assert_eq!(of_stage(&first), of_stage(&named().arch));
    let (whole, notes) = images("plain.pth", &stage(named().arch, 2));
    assert_eq!(whole, images("plain.pth", &named()).0);
    assert!(
        notes.contains(&"stage 2 of its growth is taken: 2 cells, images of 8 px".to_owned()),
        "{notes:?}"
    );
    for (arch, number, part) in [
        (
            named().arch,
            3,
            "the weights have 2 cells, and stage 3 was asked for; choose one from 1 to 2 with --stage",
        ),
        (first, 2, "--arch names 1 cell and --stage 2 needs 2"),
    ] {
        let said = refusal(&bytes("plain.pth"), &stage(arch, number));
        assert!(said.contains(part), "{said}");
    }
    // A model that describes itself is cut alike.
    let own = read_model(&bytes("plain.pth"), &named()).unwrap().file.to_bytes().unwrap();
    let (cut, notes) = images_of(&own, "latents.safetensors", &stage(None, 1));
    assert_eq!(cut.values, of_stage(&named().arch));
    assert_eq!(notes, ["stage 1 of its growth is taken: 1 cell, images of 4 px"]);
    assert!(
        refusal(&own, &stage(None, 3))
            .contains("has 2 cells, and stage 3 was asked for; choose one from 1 to 2")
    );
    let tables = ModelOptions { table: Some("g".to_owned()), ..ModelOptions::default() };
    assert!(refusal(&own, &tables).contains("leave out --table"));
}

#[test]
fn what_cannot_be_read_is_one_sentence_that_says_what_it_is() {
    for (model, options, parts) in [
        ("empty.pth", named(), &["the file has no tensors", "save the weights"][..]),
        ("several.pth", named(), &["several generators, in the tables netG_A, netG_B", "--table"]),
        (
            "averaged.pth",
            in_table("D"),
            &["its table D holds no generator", "D.block1.c1.weight [2, 3, 3, 3]"],
        ),
        ("averaged.pth", in_table("g"), &["no table \"g\"; choose one with a generator: G, G_ema"]),
        (
            "foreign.pth",
            named(),
            &["another network", "tables netG, netD", "4 tensors such as netG.main.0.weight [4, 2, 4, 4]"],
        ),
        ("resnet.pth", named(), &["another network", "conv1.weight [4, 3, 7, 7], bn1.weight [4],"]),
        ("resnet.pth", ModelOptions::default(), &["another network", "AutoGAN"]),
        ("latents.safetensors", named(), &["another network", "1 tensor z [3, 4]"]),
        ("plain.pth", ModelOptions::default(), &["its 2 cells do not say which architecture", "--arch"]),
    ] {
        let said = refusal(&bytes(model), &options);
        assert!(parts.iter().all(|part| said.contains(part)), "{model}: {said}");
        assert!(!said.contains("shared generator") && !said.contains('\n'), "{model}: {said}");
    }
}

/// `plain.pth` with its table as `generator`, and beside it what these instructions of a pickle make.
fn beside(object: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes("plain.pth"))).unwrap();
    let mut wrapped = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if name.ends_with("data.pkl") {
            let table = content.strip_prefix(b"\x80\x02").and_then(|table| table.strip_suffix(b".")).unwrap();
            let keys = [&b"\x80\x02}(X\x09\0\0\0generator"[..], table, b"X\x03\0\0\0cfg", object, b"u."];
            content = keys.concat();
        }
        let options =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        wrapped.start_file(name, options).unwrap();
        wrapped.write_all(&content).unwrap();
    }
    wrapped.finish().unwrap().into_inner()
}

#[test]
fn objects_of_other_programs_beside_the_weights_are_left_out_with_a_note() {
    // As Hydra, Box and schedulers are saved: an object of a class, filled with what it has.
    let config = b"comegaconf.dictconfig\nDictConfig\n)\x81}b";
    let (images, notes) = images_of(&beside(config), "latents.safetensors", &named());
    assert_sums(&images.values, "generator");
    let left_out = "objects of other programs are left out, and nothing of them was run: \
                    omegaconf.dictconfig.DictConfig (weights in them are read once they are saved with \
                    torch.save(model.state_dict(), path))";
    assert_eq!(notes, ["its table generator is taken", left_out, NAMED]);
    let many = b"](ca\nA\n)\x81cb\nB\n)\x81cc\nC\n)\x81cd\nD\n)\x81e";
    let (_, notes) = images_of(&beside(many), "latents.safetensors", &named());
    assert!(notes[1].contains("was run: a.A, b.B, c.C and others (weights"), "{notes:?}");
    // A function that is called is refused.
    let said = refusal(&beside(b"cos\nsystem\n(X\x01\0\0\0xtR"), &named());
    assert!(said.contains("`os.system`") && said.contains("nothing of it was run"), "{said}");
    // Where no generator is found, it may be in one of them.
    let said = refusal(&beside(config), &in_table("cfg"));
    assert!(said.starts_with("it has no table \"cfg\"; its generator is in generator; objects of"), "{said}");
}

#[test]
fn what_stands_in_the_place_of_weights_is_named() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    for (content, said) in [
        ("", "the file is empty; copy it or download it again"),
        (pointer, "the file is a Git LFS pointer, not the file itself; run `git lfs pull` in its folder"),
        ("<!DOCTYPE html><html>", "the file is a web page, not the file itself; download the file itself"),
        (
            "GIF89a",
            "it is neither a safetensors (.safetensors) nor a PyTorch (.pth, .pt) file; choose one that is",
        ),
    ] {
        assert_eq!(refusal(content.as_bytes(), &named()), said);
    }
    // What NVIDIA's programs write, and packed files.
    let said =
        refusal(b"\x80\x03}q\x00(X\x05\x00\x00\x00G_emaq\x01cdnnlib.tflib.network\nNetwork\n", &named());
    assert!(said.starts_with("it is a Python pickle, as StyleGAN's checkpoints are"), "{said}");
    assert!(said.contains("nothing of it was run. Make images with that program, and score their folder"));
    let said = refusal(b"\x1f\x8b\x08\0", &named());
    assert_eq!(said, "it is packed with gzip; unpack it, and name the file that was in it");
    let tar = [&[b'a'; 257][..], b"ustar"].concat();
    assert_eq!(refusal(&tar, &named()), "it is a tar archive; unpack it, and name the file that was in it");
}

/// Tensors of one number each, of these kinds.
fn tensors_of(kinds: &[(&str, Dtype)]) -> Vec<u8> {
    let view = |kind: Dtype| TensorView::new(kind, vec![1], &[0; 8][..kind.bitsize() / 8]).unwrap();
    safetensors::serialize(kinds.iter().map(|(name, kind)| (*name, view(*kind))), None).unwrap()
}

#[test]
fn the_same_file_has_the_same_complaint_every_time() {
    let many = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let odd = tensors_of(&many.map(|name| (name, Dtype::F8_E4M3)));
    let mut odd_weights = tensors_of(&[
        ("l1.weight", Dtype::F8_E5M2),
        ("l1.bias", Dtype::F8_E5M2),
        ("cell1.c1.bias", Dtype::C64),
        ("to_rgb.0.weight", Dtype::F8_E4M3),
    ]);
    let overlapping = {
        let tensors =
            many.map(|name| format!(r#""{name}":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#));
        let header = format!("{{{}}}", tensors.join(","));
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat()
    };
    for (file, part) in [
        (&odd, "another network: 8 tensors such as a [1], b [1], c [1]"),
        (&odd_weights, "tensor \"cell1.c1.bias\" holds C64 numbers, which are not read"),
        (&overlapping, "invalid offset for tensor \"b\""),
    ] {
        let said: BTreeSet<String> = (0..50).map(|_| refusal(file, &named())).collect();
        assert!(said.len() == 1 && said.iter().all(|said| said.contains(part)), "{said:?}");
    }
    odd_weights.truncate(odd_weights.len() - 1);
    assert!(refusal(&odd_weights, &named()).contains("damaged"));
}

#[test]
fn scoring_knows_checkpoints_by_the_endings_that_programs_give_them() {
    for name in ["a.pth", "a.PT", "dir/a.ckpt", "a.bin", "a.safetensors", "checkpoint.pth.tar"] {
        assert_eq!(Origin::parse(name).unwrap(), Origin::Model(name.into()), "{name}");
    }
    assert!(!matches!(Origin::parse("pictures.tar"), Ok(Origin::Model(_))));
}

#[test]
fn the_command_line_takes_table_and_stage_wherever_a_generator_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let run = |words: &[&str], json: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_autogan"));
        command.current_dir(&dir).args(words).args(["--arch", VECTOR]);
        let output = command.args(json.then_some("--json")).output().unwrap();
        let [out, err] =
            [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        (output.status.code(), out, err)
    };
    let (averaged, resnet) = (path("averaged.pth"), path("resnet.pth"));
    let [averaged, resnet] = [averaged.to_str().unwrap(), resnet.to_str().unwrap()];
    let sampled = ["sample", "--model", averaged, "--device", "cpu", "--n", "2", "--out", "a.safetensors"];
    let (code, out, err) = run(&sampled, false);
    assert_eq!(code, Some(0), "{err}");
    assert!(
        err.contains("averaged.pth: its table G_ema of averaged weights is taken; --table G takes"),
        "{err}"
    );
    assert!(out.contains("2 images of 8 px"), "{out}");
    let (_, out, _) = run(&[&sampled[..], &["--table", "G", "--stage", "1"]].concat(), true);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["side"], 4);
    assert_eq!(json["notes"][0], "its table G is taken");
    let (code, out, err) = run(&["export", averaged, "--to", "out", "--stage", "1", "--only", "arch"], false);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("its table G_ema") && err.contains("stage 1 of its growth"), "{err}");
    assert!(out.contains("architecture.json"), "{out}");
    let described: Value =
        serde_json::from_slice(&fs::read(dir.path().join("out/architecture.json")).unwrap()).unwrap();
    assert_eq!(described["genotype"]["cells"].as_array().map(Vec::len), Some(1));
    let (code, _, err) = run(&["sample", "--model", resnet, "--device", "cpu", "--out", "b"], false);
    assert_eq!(code, Some(1));
    assert!(
        err.lines().count() == 1 && err.contains("resnet.pth cannot be used as a model: it holds no"),
        "{err}"
    );
    let score =
        ["score", "--real", "toys", "--n", "16", "--metrics", "fid", "--device", "cpu", "--fake", averaged];
    let (code, _, err) = run(&[&score[..], &["--table", "D"]].concat(), false);
    assert!(code == Some(1) && err.contains("its table D holds no generator"), "{err}");
    let (code, ..) = run(&[&sampled[..], &["--stage", "0"]].concat(), false);
    assert_eq!(code, Some(2));
    for command in ["sample", "score", "export"] {
        let (_, help, _) = run(&[command, "--help"], false);
        assert!(help.contains("--table <NAME>") && help.contains("--stage <N>"), "{help}");
    }
}
