def load(path, device="cpu"):
    """The generator with the weights of a safetensors file, ready to make images."""
    generator = Generator()
    generator.load_state_dict(read_safetensors(path))
    return generator.to(device).eval()


def read_safetensors(path):
    """All tensors of a safetensors file by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']}, and only F32 is read")
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def write_safetensors(path, name, tensor):
    """A safetensors file with a single tensor."""
    data = array.array("f", tensor.flatten().tolist()).tobytes()
    entry = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [0, len(data)]}
    header = json.dumps({name: entry}).encode()
    header += b" " * (-len(header) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(header)) + header + data)


def write_png(path, images, gap=2):
    """The images as a nearly square grid, left to right and top to bottom."""
    levels = (images * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)
    count, _, side, _ = levels.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    height, width = rows * (side + gap) - gap, columns * (side + gap) - gap
    grid = torch.full((height, width, 3), 255, dtype=torch.uint8)
    for index, image in enumerate(levels):
        top, left = index // columns * (side + gap), index % columns * (side + gap)
        grid[top : top + side, left : left + side] = image.permute(1, 2, 0)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    # Each row of a PNG begins with its filter: none.
    pixels = b"".join(b"\0" + bytes(row.flatten().tolist()) for row in grid)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def main():
    parser = argparse.ArgumentParser(description="Makes images with a generator that AutoGAN found.")
    weights = Path(__file__).with_name("winner.safetensors")
    parser.add_argument("--weights", default=weights, help="the safetensors file [default: beside this file]")
    parser.add_argument("--latents", help=f"a safetensors file with a tensor z of [n, {LATENT}]")
    parser.add_argument("--n", type=int, default=64, help="number of images, without --latents")
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        help="seed of PyTorch's latents, which are not AutoGAN's of that seed; without --latents",
    )
    parser.add_argument(
        "--out",
        required=True,
        help="a .png for a grid, a .safetensors or a .pt for the tensor images, [n, 3, side, side] from -1 to 1",
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda or what else PyTorch knows")
    args = parser.parse_args()

    kind = Path(args.out).suffix
    if kind not in (".png", ".safetensors", ".pt"):
        parser.error(f"--out {args.out} is no .png, .safetensors or .pt")
    if args.latents:
        z = read_safetensors(args.latents)["z"]
    else:
        z = torch.randn(args.n, LATENT, generator=torch.Generator().manual_seed(args.seed))

    generator = load(args.weights, args.device)
    with torch.no_grad():
        images = torch.cat([generator(batch.to(args.device)).cpu() for batch in z.split(64)])
    if kind == ".png":
        write_png(args.out, images)
    elif kind == ".pt":
        torch.save(images, args.out)
    else:
        write_safetensors(args.out, "images", images)


if __name__ == "__main__":
    main()
