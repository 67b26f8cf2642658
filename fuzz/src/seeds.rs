//! What each target begins with: the tests' fixtures, and what the program itself writes.

use std::collections::HashMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::sync::OnceLock;

use autogan::arch::Genotype;
use autogan::config::{PRESETS, RunConfig};
use autogan::engine::{Control, Event, JobSpec, LiveEvent, LogEvent, SampleRequest, SampleWeights, Tick};
use autogan::export::{LatentRecipe, Picture, PictureRecipe};
use autogan::ipc::WorkerCommand;
use autogan::model::{ModelConfig, ModelFile, to_safetensors};
use autogan::rng::Latent;
use autogan::run::RunInfo;
use autogan::search::{Curve, SampleSource, SearchEvent, TrainingId};
use burn::tensor::{Device, TensorData};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use crate::{gzipped, zipped};

/// The inputs that the target of this name begins with.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "config" => configs(),
        "settings" => vec![settings()],
        "genotype" => genotypes(),
        "pipe" | "log" => vec![lines(&events()), lines(&commands())],
        "run_json" => vec![[info(), b"\n--\n".to_vec(), configs().remove(0)].concat(), info()],
        "checkpoint" => vec![manifest()],
        "safetensors" => {
            let own = [small_safetensors(), model().to_bytes().unwrap()];
            let kinds = ["half", "bfloat16", "double"].map(|kind| format!("fixtures/wrapped/{kind}.safetensors"));
            own.into_iter().chain(fixtures(&kinds.each_ref().map(String::as_str))).collect()
        }
        "model" => models(),
        "pth" => fixtures(&[
            "fixtures/kinds_legacy.pth",
            "fixtures/kinds_protocol4.pth",
            "fixtures/kinds_zip.pth",
            "fixtures/whole_model.pth",
            "fixtures/checkpoint_legacy.pth",
            "fixtures/wrapped/inert.pth",
            "fixtures/wrapped/lightning.ckpt",
            "peers/autogan_views.pth",
        ]),
        "pickle" => pickles(),
        "npz" => npz(),
        "numpy" => numpy(),
        "idx" => idx(),
        "cifar10" => vec![vec![0b0000_0010, 3], vec![0b0011_0100], [&[1u8][..], &[7; 3073]].concat()],
        "cifar_python" => pickled_batches(),
        "stl10" => vec![vec![1, 1, 10], vec![9, 3], vec![4, 3]],
        "image" => images(),
        "jpeg" => jpegs(),
        "unpack" => archives(),
        "recipe" => recipes(),
        "window" => vec![window()],
        other => panic!("{other} has no seeds"),
    }
}

fn fixtures(names: &[&str]) -> Vec<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    names.iter().map(|name| fs::read(tests.join(name)).unwrap()).collect()
}

fn configs() -> Vec<Vec<u8>> {
    let own =
        "[space]\ncells = 3\n[[space.cell]]\nnumber = 3\nup = [\"nearest\"]\nskips = [\"never\", \"free\"]\n";
    let presets = PRESETS.iter().map(|preset| RunConfig::preset(preset.name).unwrap().to_toml().unwrap());
    presets.chain([own.to_owned()]).map(String::into_bytes).collect()
}

fn settings() -> Vec<u8> {
    let lines = [
        "data.source=cifar10:some where",
        "search.iterations=[1, 2]",
        "space.cell=[{number = 2, conv = [\"pre\"]}]",
        "recipe.generator_learning_rate=1e-4",
        "name=2024",
    ];
    lines.join("\n").into_bytes()
}

fn genotypes() -> Vec<Vec<u8>> {
    let known = [Genotype::autogan_a(), Genotype::autogan_b(), Genotype::autogan_c()];
    let json = known.iter().map(|genotype| serde_json::to_vec(genotype).unwrap());
    known.iter().map(|genotype| genotype.to_string().into_bytes()).chain(json).collect()
}

fn lines(values: &[serde_json::Value]) -> Vec<u8> {
    values.iter().map(|value| format!("{value}\n")).collect::<String>().into_bytes()
}

fn events() -> Vec<serde_json::Value> {
    let genotype = Genotype::autogan_a();
    let live = [
        LiveEvent::Started { dir: "runs/a".into(), device: "cpu".into(), seed: 1, resumed: false },
        LiveEvent::Progress { done: 0.5, eta_seconds: Some(3.5), speed: None },
        LiveEvent::CurrentArchitecture { genotype: genotype.clone() },
        LiveEvent::Generated { id: 1, side: 1, count: 1, rgba: "AAAA".into() },
        LiveEvent::Failed { text: "no".into() },
        LiveEvent::Stopped,
    ];
    let samples = LogEvent::Samples {
        source: SampleSource::Training { training: TrainingId::Winner, step: None },
        genotype: Some(genotype),
        tick: Tick(7),
        file: "samples/7.png".into(),
    };
    let search = [
        SearchEvent::Metric { curve: Curve::from("loss".to_owned()), step: 3, value: 1.5 },
        SearchEvent::Beam { cells: 1, candidates: vec![0, 2] },
        SearchEvent::Reset { iteration: 1, reason: "collapse".into() },
    ];
    let events = live.into_iter().map(Event::from).chain([samples.into()]).chain(search.map(Event::from));
    events.map(|event| serde_json::json!(event)).collect()
}

fn commands() -> Vec<serde_json::Value> {
    let plane = Latent::Plane { seed: 3, x: 0.5, y: -1.0 };
    let between = Latent::Between { from: Box::new(Latent::Seed { seed: 1 }), to: Box::new(plane), t: 0.25 };
    let commands = [
        WorkerCommand::Start { job: JobSpec::Search, config: Box::default(), dir: "runs/a".into() },
        WorkerCommand::Load { model: "a".into(), device: None },
        WorkerCommand::Generate(SampleRequest {
            id: 1,
            latents: vec![between],
            truncation: Some(0.7),
            offset: vec![0.25, -1.5],
            weights: SampleWeights::Raw,
        }),
        Control::Preview { every_ms: Some(500) }.into(),
    ];
    commands.iter().map(|command| serde_json::json!(command)).collect()
}

fn info() -> Vec<u8> {
    serde_json::to_vec(&RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH)).unwrap()
}

fn manifest() -> Vec<u8> {
    let json = r#"{"format":1,"step":3,"logs":{"events":10,"candidates":0},"files":{"state.json":{"sha256":"SUM","bytes":5}},"meta":{"a":[1,2]}}"#;
    format!("{json}\n--\nhello").into_bytes()
}

fn small_safetensors() -> Vec<u8> {
    let tensors = [
        ("a".to_owned(), TensorData::new(vec![1f32, -2.5], [1, 2])),
        ("b".to_owned(), TensorData::new(vec![0.5f32], [1])),
    ];
    let metadata = HashMap::from([("key".to_owned(), "value".to_owned())]);
    to_safetensors(&tensors.into(), metadata).unwrap()
}

/// The smallest model there is.
fn model() -> ModelFile {
    let config =
        ModelConfig { latent_dim: 1, generator_channels: 1, bottom_width: 1, ..ModelConfig::default() };
    let genotype = Genotype::parse("0 0 1 0").unwrap();
    let generator = config.derived_generator(&genotype, &Device::flex(), 1, "fuzz");
    ModelFile { tensors: generator.state_dict(), genotype, config }
}

fn models() -> Vec<Vec<u8>> {
    let files = fixtures(&[
        "peers/autogan_cifar10_a.safetensors",
        "peers/autogan_cifar10_c.pth",
        "fixtures/kinds_legacy.pth",
    ]);
    // Its description lies: found by reading, and once an allocation of terabytes.
    let mut liar = model();
    liar.config.latent_dim = 1 << 40;
    let own = [model().to_bytes().unwrap(), small_safetensors(), liar.to_bytes().unwrap()];
    // The architecture by its first two cells, which are those of these files; with a table, and at the first stage.
    let wrapped = fixtures(&[
        "fixtures/wrapped/half.safetensors",
        "fixtures/wrapped/averaged.pth",
        "fixtures/wrapped/tables.pth",
        "fixtures/wrapped/foreign.pth",
    ]);
    let wrapped = wrapped.into_iter().zip([9u8, 11, 13 + 16, 9]);
    let all = own.into_iter().chain(files).map(|file| (file, 0)).chain(wrapped);
    all.map(|(file, choice)| [&[choice][..], &file].concat()).collect()
}

/// The pickles of the fixtures' archives, each with a storage.
fn pickles() -> Vec<Vec<u8>> {
    let archives =
        fixtures(&[
            "fixtures/kinds_zip.pth",
            "fixtures/kinds_protocol4.pth",
            "fixtures/whole_model.pth",
            "fixtures/wrapped/inert.pth",
        ]);
    let pickle = |bytes: Vec<u8>| {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
        let name = archive.file_names().filter_map(Result::ok).find(|name| name.ends_with("data.pkl"))?;
        let name = name.into_owned();
        let mut pickle = Vec::new();
        archive.by_name(&name).ok()?.read_to_end(&mut pickle).ok()?;
        Some([&pickle[..], b"\n--\n", &[1; 64]].concat())
    };
    archives.into_iter().filter_map(pickle).collect()
}

/// Batches that Python wrote, without names of classes and with some that are too few.
fn pickled_batches() -> Vec<Vec<u8>> {
    let names = fixtures(&["fixtures/pickled/meta"]).remove(0);
    let all = [
        "python2", "protocol2", "protocol3", "protocol4", "protocol5", "columns4", "columns5", "arrays2", "arrays4",
        "arrays5",
    ];
    let batches = fixtures(&all.map(|name| format!("fixtures/pickled/{name}")).each_ref().map(String::as_str));
    let both = [&[1][..], &batches[0], b"\n--\n", &names].concat();
    batches.iter().map(|batch| [&[0][..], batch].concat()).chain([both]).collect()
}

/// An array as a `.npy` file.
fn npy(kind: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), values].concat()
}

fn npz() -> Vec<Vec<u8>> {
    let array = |shape: &str, values: &[f64]| {
        let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        npy("<f8", shape, &values)
    };
    let (mu, sigma) = (array("(2,)", &[1.0, 2.0]), array("(2, 2)", &[2.0, 0.5, 0.5, 1.0]));
    let whole =
        fixtures(&["fixtures/moments.npz", "fixtures/moments_packed.npz", "fixtures/moments_objects.npz"]);
    let whole = whole.into_iter().map(|file| [&[0][..], &file].concat());
    let own = zipped(&[("mu.npy", &mu), ("sigma.npy", &sigma)]);
    whole.chain([[&[1][..], &mu, b"\n--\n", &sigma].concat(), [&[0][..], &own].concat()]).collect()
}

fn numpy() -> Vec<Vec<u8>> {
    let grey = npy("|u1", "(2, 4, 4)", &[3; 32]);
    let colour = npy("|u1", "(1, 3, 4, 4)", &[200; 48]);
    let labels = npy("<i8", "(2, 1)", &[[0; 8], [1, 0, 0, 0, 0, 0, 0, 0]].concat());
    let own = zipped(&[("x_train.npy", &grey), ("y_train.npy", &labels)]);
    let by_columns = String::from_utf8_lossy(&npy("|u1", "(2, 4, 4)", &[3; 32])[10..]).replace("False", "True ");
    let length = (by_columns.len() as u16 - 32).to_le_bytes();
    let by_columns = [b"\x93NUMPY\x01\x00", &length[..], by_columns.as_bytes()].concat();
    let wide = npy(">i2", "(2, 4, 4)", &[0, 7].repeat(32));
    vec![
        [&[0][..], &grey].concat(),
        [&[0][..], &by_columns].concat(),
        [&[0][..], &wide].concat(),
        [&[0][..], &colour].concat(),
        [&[1][..], &grey, b"\n--\n", &labels].concat(),
        [&[0][..], &own].concat(),
    ]
}

fn idx() -> Vec<Vec<u8>> {
    let file = |dims: &[u32], values: usize| {
        let dims_bytes: Vec<u8> = dims.iter().flat_map(|dim| dim.to_be_bytes()).collect();
        [&[0, 0, 8, dims.len() as u8][..], &dims_bytes, &vec![3; values]].concat()
    };
    let grey = [file(&[2, 4, 4], 32), b"\n--\n".to_vec(), file(&[2], 2)].concat();
    let colour = file(&[1, 3, 4, 4], 48);
    let table = [&[0, 0, 12, 2, 0, 0, 0, 2, 0, 0, 0, 8][..], &[0; 64]].concat();
    let qmnist = [file(&[2, 4, 4], 32), b"\n--\n".to_vec(), table].concat();
    vec![
        [&[4 + 16][..], &grey].concat(),
        [&[4 + 32][..], &grey].concat(),
        [&[4 + 48][..], &qmnist].concat(),
        [&[0][..], &grey].concat(),
        [&[4 + 8 + 2][..], &grey].concat(),
        [&[1][..], &colour].concat(),
        [&[0][..], &gzipped(&file(&[2, 4, 4], 32))].concat(),
        [&[0][..], &gzipped(&file(&[4_000_000, 1, 1], 4_000_000))].concat(),
    ]
}

fn images() -> Vec<Vec<u8>> {
    let clear = RgbaImage::from_fn(9, 7, |x, y| Rgba([x as u8 * 20, y as u8 * 30, 90, x as u8 * 28]));
    let clear = DynamicImage::from(clear);
    let plain = DynamicImage::from(clear.to_rgb8());
    let all = [
        (&clear, ImageFormat::Png),
        (&plain, ImageFormat::Png),
        (&plain, ImageFormat::Jpeg),
        (&clear, ImageFormat::Gif),
        (&plain, ImageFormat::Bmp),
        (&clear, ImageFormat::WebP),
        (&clear, ImageFormat::Tiff),
        (&plain, ImageFormat::Tiff),
    ];
    let encoded = |(image, format): (&DynamicImage, ImageFormat)| {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let deep = DynamicImage::from(clear.to_rgba16());
    let grey = DynamicImage::from(clear.to_luma8());
    let more = [(&deep, ImageFormat::Png), (&grey, ImageFormat::Jpeg), (&deep, ImageFormat::Tiff)];
    let made = all.into_iter().chain(more).map(encoded);
    made.chain(tiffs()).chain(others()).chain(fixtures(&["fixtures/progressive.jpg"])).collect()
}

/// Grey pages of 6 x 4 in other forms than the encoder writes: packed, tiled, of a bit a pixel, with a palette and of
/// four inks.
fn tiffs() -> Vec<Vec<u8>> {
    let zlib = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let [bits, photometric, samples] = [258, 262, 277];
    let size = [(256, 6), (257, 4)];
    let strip = |bytes: usize| [(273, 8), (279, bytes as u32)];
    let form = |pixels: &[u8], tags: &[(u16, u32)]| {
        let mut tags = [&size[..], tags].concat();
        tags.sort();
        let at = 8 + pixels.len() as u32;
        let mut file = [b"II*\0", &at.to_le_bytes()[..], pixels, &(tags.len() as u16).to_le_bytes()].concat();
        for (tag, value) in tags {
            // A palette of 256 colours lies behind the directory.
            let (kind, count) = if tag == 320 { (3u16, 768u32) } else if tag == 262 { (3, 1) } else { (4, 1) };
            let entry = [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()];
            file.extend(entry.concat());
        }
        file.extend([0; 4]);
        file
    };
    let grey: Vec<u8> = (0..24).collect();
    let packed = zlib(&grey);
    let behind = 8 + 24 + 2 + 12 * 7 + 4;
    let mut palette = form(&grey, &[&strip(24)[..], &[(bits, 8), (photometric, 3), (320, behind)]].concat());
    palette.extend((0..1536u32).map(|value| value as u8));
    vec![
        form(&packed, &[&strip(packed.len())[..], &[(bits, 8), (photometric, 1), (259, 8), (317, 2)]].concat()),
        form(&[7; 256], &[(322, 16), (323, 16), (324, 8), (325, 256), (bits, 8), (photometric, 1)]),
        form(&[0xa5; 4], &[&strip(4)[..], &[(bits, 1), (photometric, 0)]].concat()),
        form(&[3; 96], &[&strip(96)[..], &[(bits, 8), (photometric, 5), (samples, 4)]].concat()),
        palette,
    ]
}

/// How files begin that are no pictures that are read.
fn others() -> Vec<Vec<u8>> {
    let starts: [&[u8]; 5] = [
        b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf",
        b"<?xml version=\"1.0\"?><!-- a page --><!DOCTYPE html><html><body><svg>",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        b"\0\0\0\x0cJXL \r\n\x87\n",
        b"II+\0\x08\0\0\0",
    ];
    starts.map(<[u8]>::to_vec).into()
}

/// Files each of another kind, and where the data of each begins.
fn jpeg_files() -> Vec<(Vec<u8>, usize)> {
    let files = images().into_iter().filter(|file| file.starts_with(&[0xff, 0xd8]));
    files
        .map(|file| {
            let scan = file.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
            let length = usize::from(u16::from_be_bytes([file[scan + 2], file[scan + 3]]));
            (file, scan + 2 + length)
        })
        .collect()
}

/// The headers of JPEG files up to the data of the first scan.
pub fn jpeg_headers() -> &'static [Vec<u8>] {
    static HEADERS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    HEADERS.get_or_init(|| jpeg_files().into_iter().map(|(file, data)| file[..data].to_vec()).collect())
}

fn jpegs() -> Vec<Vec<u8>> {
    let files = jpeg_files().into_iter().enumerate();
    files.map(|(number, (file, data))| [&[number as u8][..], &file[data..]].concat()).collect()
}

fn archives() -> Vec<Vec<u8>> {
    let archive = |files: &[(&str, &[u8])]| {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap()
    };
    let good = archive(&[("x/a.bin", b"12345"), ("b.bin", b"ok")]);
    let hostile = archive(&[("../../evil", b"evil"), ("/deep/a.bin", b"12345"), ("../b.bin", b"ok")]);
    vec![[&[1][..], &good].concat(), [&[1][..], &hostile].concat(), [&[0][..], &gzipped(&good)].concat()]
}

fn recipes() -> Vec<Vec<u8>> {
    let latents = LatentRecipe::Named { latents: vec![Latent::Seed { seed: 2 }] };
    let recipe = PictureRecipe::new(&Genotype::autogan_a(), latents);
    let picture = Picture::grid(&[0.5; 4 * 3 * 16], 4, 2);
    vec![recipe.to_json().into_bytes(), picture.png_with(&recipe), picture.enlarged(4).png()]
}

fn window() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let (settings, _) = autogan::gui::WindowSettings::read(Some(dir.path()));
    settings.write(dir.path()).unwrap();
    fs::read(dir.path().join("window.json")).unwrap()
}
