"""Times one update of a discriminator and of a generator in PyTorch and in this program, in turns, and prints the ratio.

    python time_step.py --autogan FILE [--lines quick,32,64,128] [--threads 2] [--rounds 3] [--updates 10] [--device cpu]

Needs torch and numpy (2.15 was used) and the built program. Run it on an idle machine: both sides use all threads, and
PyTorch's spin. The networks are those of ../fixtures/reference_models.py with the architecture that the program names;
an update is what the program's is: the generator's images, hinge loss, backward, Adam, for the generator its moving
average too. Each round times the program (`autogan bench step`), PyTorch in its default layout and in channels_last;
the medians of all rounds' medians are compared. On `cuda`, `--compile` adds torch.compile.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent / "fixtures"))
from reference_models import Discriminator, Generator, split_arch  # noqa: E402

# Channels of the generator and of the discriminator, cells, and images in a batch of either network.
LINES = {
    "quick": (32, 32, 2, 32),
    "32": (32, 32, 3, 32),
    "64": (64, 64, 3, 32),
    "128": (128, 64, 3, 64),
}
LATENT, BOTTOM_WIDTH, DECAY, LEARNING_RATE = 128, 4, 0.999, 2e-4


class Prefix(Generator):
    """The generator of as many cells as its architecture has."""

    def __init__(self, channels: int, arch: list[int]):
        super().__init__(channels, LATENT, BOTTOM_WIDTH)
        self.arch = arch

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        h = self.l1(z).view(-1, self.channels, self.bottom_width, self.bottom_width)
        taps = []
        for cell, choice in zip((self.cell1, self.cell2, self.cell3), split_arch(self.arch)):
            tap, h = cell(h, taps, choice, True)
            taps.append(tap)
        return self.to_rgb(h)


class Gan:
    """Both networks with their optimisers, and the two updates."""

    def __init__(self, line: str, arch: list[int], device: str, layout: torch.memory_format, compiled: bool):
        channels, critic_channels, cells, self.batch = LINES[line]
        torch.manual_seed(1)
        self.device, self.stage, self.layout = device, cells - 1, layout
        side = BOTTOM_WIDTH << cells
        self.generator = Prefix(channels, arch).to(device, memory_format=layout)
        self.critic = Discriminator(critic_channels).to(device, memory_format=layout)
        self.real = torch.rand(self.batch, 3, side, side, device=device).mul(2).sub(1).to(memory_format=layout)
        # What the architecture does not use costs nothing.
        self.generator(self.noise()).sum().backward()
        used = [parameter for parameter in self.generator.parameters() if parameter.grad is not None]
        self.critic(self.real, self.stage).sum().backward()
        critic_used = [parameter for parameter in self.critic.parameters() if parameter.grad is not None]
        self.parameters, self.average = used, [copy.deepcopy(parameter.detach()) for parameter in used]
        self.generator_adam = torch.optim.Adam(used, LEARNING_RATE, (0.0, 0.9))
        self.critic_adam = torch.optim.Adam(critic_used, LEARNING_RATE, (0.0, 0.9))
        self.make, self.score = self.generator, lambda images: self.critic(images, self.stage)
        if compiled:
            self.make, self.score = torch.compile(self.make), torch.compile(self.score)

    def noise(self) -> torch.Tensor:
        return torch.randn(self.batch, LATENT, device=self.device)

    def discriminator_update(self) -> None:
        with torch.no_grad():
            fake = self.make(self.noise())
        real, fake = self.score(self.real), self.score(fake)
        loss = torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()
        self.critic_adam.zero_grad()
        loss.backward()
        self.critic_adam.step()
        loss.item()

    def generator_update(self) -> None:
        for parameter in self.critic.parameters():
            parameter.requires_grad_(False)
        loss = -self.score(self.make(self.noise())).mean()
        self.generator_adam.zero_grad()
        loss.backward()
        self.generator_adam.step()
        with torch.no_grad():
            for average, parameter in zip(self.average, self.parameters):
                average.mul_(DECAY).add_(parameter, alpha=1 - DECAY)
        for parameter in self.critic.parameters():
            parameter.requires_grad_(True)
        loss.item()

    def milliseconds(self, updates: int) -> float:
        """The median of both updates together."""
        taken = []
        for _ in range(updates):
            begin = time.perf_counter()
            self.discriminator_update()
            self.generator_update()
            if self.device == "cuda":
                torch.cuda.synchronize()
            taken.append(time.perf_counter() - begin)
        return 1e3 * statistics.median(taken)


def ours(program: str, line: str, device: str, updates: int, threads: int) -> dict:
    """What `autogan bench step` says of a line."""
    channels, critic_channels, cells, batch = LINES[line]
    settings = {
        "space.cells": cells,
        "model.latent_dim": LATENT,
        "model.generator_channels": channels,
        "model.discriminator_channels": critic_channels,
        "recipe.batch": batch,
        "recipe.generator_batch": batch,
    }
    call = [program, "bench", "step", "--json", "--device", device, "--updates", str(updates), "--no-operators"]
    call += [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    return json.loads(subprocess.run(call, check=True, capture_output=True, text=True, env=environment).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--autogan", required=True, help="the program")
    parser.add_argument("--lines", default=",".join(LINES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=10)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--adapter", help="the program's name of the GPU [default: auto on cuda]")
    parser.add_argument("--compile", action="store_true", help="torch.compile as well")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    layouts = {"default": torch.contiguous_format, "channels_last": torch.channels_last}
    adapter = args.adapter or ("cpu" if args.device == "cpu" else "auto")
    print(f"torch {torch.__version__}, {args.threads} threads, {args.rounds} rounds of {args.updates} updates")
    print("line | autogan ms | torch ms | ratio | channels_last ms | ratio" + (" | compiled ms | ratio" if args.compile else ""))
    for line in args.lines.split(","):
        first = ours(args.autogan, line, adapter, 1, args.threads)
        arch = [int(token) for token in first["vector"].split()]
        kinds = {name: Gan(line, arch, args.device, layout, False) for name, layout in layouts.items()}
        if args.compile:
            kinds["compiled"] = Gan(line, arch, args.device, torch.contiguous_format, True)
        for gan in kinds.values():
            gan.milliseconds(3)
        taken: dict[str, list[float]] = {"autogan": [], **{name: [] for name in kinds}}
        memory = 0
        for _ in range(args.rounds):
            found = ours(args.autogan, line, adapter, args.updates, args.threads)
            taken["autogan"].append(found["both"]["median"])
            memory = found["peak_memory"] or 0
            for name, gan in kinds.items():
                taken[name].append(gan.milliseconds(args.updates))
        median = {name: statistics.median(times) for name, times in taken.items()}
        row = [line, f"{median['autogan']:.1f}"]
        for name in kinds:
            row += [f"{median[name]:.1f}", f"{median['autogan'] / median[name]:.2f}"]
        print(" | ".join(row), f"| autogan's memory at its highest {memory >> 20} MiB", flush=True)
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"memory of this process at its highest, all lines and layouts: {highest} MiB")


if __name__ == "__main__":
    main()
