//! CIFAR-100: 60,000 images in a hundred classes, which are its fine labels; the coarse ones are left out.

use super::cifar::{CifarReader, CifarVersion, PIXELS};
use crate::data::reader::{Download, RemoteFile};

const TRAIN: usize = 50_000;
const TEST: usize = 10_000;
/// Bytes of a record: the coarse label, the fine one, the pixels.
const RECORD: u64 = 2 + PIXELS as u64;

/// The names of the fine labels, in order.
#[rustfmt::skip]
const CLASSES: [&str; 100] = [
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl",
    "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair",
    "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin",
    "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp",
    "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck",
    "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
    "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel",
    "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
];

/// Reads the files of either version in a folder, or in the archive's folder in it.
pub(super) static CIFAR100: CifarReader = CifarReader {
    prefix: "cifar100",
    label: "CIFAR-100",
    downloads: &DOWNLOADS,
    classes: &CLASSES,
    labels: 2,
    keys: ["fine_labels", "fine_label_names"],
    most: TRAIN,
    binary: CifarVersion {
        folder: "cifar-100-binary",
        train: &["train.bin"],
        test: "test.bin",
        names: "fine_label_names.txt",
    },
    python: CifarVersion { folder: "cifar-100-python", train: &["train"], test: "test", names: "meta" },
};

static DOWNLOADS: [Download; 1] = [Download {
    name: "cifar100",
    about: "60,000 colour images of 32 x 32 in 100 classes, 169 MB to download",
    files: &[RemoteFile {
        base: "https://www.cs.toronto.edu/~kriz/",
        file: "cifar-100-binary.tar.gz",
        most: 200_000_000,
        md5: "03b5dce01913d631647c71ecec9e9cb8",
        members: &[("train.bin", TRAIN as u64 * RECORD), ("test.bin", TEST as u64 * RECORD)],
    }],
}];
