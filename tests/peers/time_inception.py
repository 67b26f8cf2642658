"""Times the Inception network in PyTorch and in this program, in turns, and prints the ratio.

    python time_inception.py --autogan FILE [--threads 2] [--batch 32] [--count 128] [--rounds 3]

Needs torch and numpy (2.15 was used) and the built program. Run it on an idle machine: both sides use all threads. The
network is pytorch-fid's in plain torch (`inception_torch.py` says how it was taken); weights are the hash's for the
program and random ones for PyTorch, which costs the same. Timed in PyTorch is the forward pass from uint8 pictures of
side 32, the resize included, after one batch to warm up: in its default layout, which pytorch-fid uses, and in
channels_last. Timed of the program is `autogan score --metrics is`; what it takes for one batch (start, weights) is taken off
what it takes for one batch and `count` pictures. The medians of all rounds are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from counter_hash import picture
from inception_torch import inception
from inception_weights import values


@torch.no_grad()
def theirs(network: nn.Module, images: torch.Tensor, batch: int, layout: torch.memory_format) -> float:
    """Seconds that PyTorch takes for all images, in batches."""
    begin = time.perf_counter()
    for part in images.split(batch):
        network((part.float() / 255).contiguous(memory_format=layout))
    return time.perf_counter() - begin


class Program:
    """This program with weights and pictures in files."""

    def __init__(self, program: str, threads: int, folder: Path, pictures: np.ndarray, batch: int):
        self.program = program
        self.environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "XDG_CACHE_HOME": str(folder / "cache")}
        listed = json.loads((Path(__file__).parent / "inception_shapes.json").read_text(encoding="utf-8"))
        tensors = {name: torch.from_numpy(values(name, tuple(shape))) for name, shape, *_ in listed["tensors"]}
        self.weights, self.few, self.many = folder / "inception.pth", folder / "few.npy", folder / "many.npy"
        torch.save(tensors, self.weights)
        np.save(self.few, pictures[:batch])
        np.save(self.many, np.concatenate([pictures[:batch], pictures]))

    def call(self, pictures: Path) -> float:
        """Seconds of a call."""
        call = [self.program, "score", "--real", f"numpy:{pictures}", "--fake", f"numpy:{pictures}", "--device", "cpu"]
        call += ["--extractor", "inception", "--weights", str(self.weights), "--metrics", "is", "--splits", "1", "--json"]
        begin = time.perf_counter()
        subprocess.run(call, check=True, capture_output=True, env=self.environment)
        return time.perf_counter() - begin

    def seconds(self) -> float:
        """Seconds for `count` pictures."""
        start = self.call(self.few)
        return self.call(self.many) - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--autogan", required=True, help="the program")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--count", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    pictures = np.stack([picture("real", number) for number in range(args.count)])
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()
    layouts = {"pytorch": torch.contiguous_format, "channels_last": torch.channels_last}
    networks = {name: inception().to(memory_format=layout) for name, layout in layouts.items()}
    for name, network in networks.items():
        theirs(network, images[: args.batch], args.batch, layouts[name])
    taken: dict[str, list[float]] = {"autogan": [], **{name: [] for name in layouts}}
    with tempfile.TemporaryDirectory() as folder:
        program = Program(args.autogan, args.threads, Path(folder), pictures, args.batch)
        for _ in range(args.rounds):
            taken["autogan"].append(program.seconds())
            for name, network in networks.items():
                taken[name].append(theirs(network, images, args.batch, layouts[name]))
    print(f"torch {torch.__version__}, {args.threads} threads, batches of {args.batch}, {args.count} pictures of side 32")
    median = {name: statistics.median(times) for name, times in taken.items()}
    for name, seconds in median.items():
        ratio = "" if name == "autogan" else f", autogan takes {median['autogan'] / seconds:.2f} of that"
        print(f"{name:15} {1000 * seconds / args.count:.1f} s for 1,000 pictures{ratio}")


if __name__ == "__main__":
    main()
