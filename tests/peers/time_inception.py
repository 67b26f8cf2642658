"""Prints how many seconds torch-fidelity and pytorch-fid take for 1,000 pictures of side 32 on this CPU.

    python time_inception.py [--threads 2] [--batch 32] [--count 64]

Needs what README.md beside this file lists. Timed is the forward pass from uint8 pictures, the resize included, after
one batch to warm up; the weights are the hash's, which costs the same as any others.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from counter_hash import picture
from inception_weights import pytorch_fid_model, state_dict, torch_fidelity_extractor
from peers import versions


@torch.no_grad()
def seconds(network: Callable[[torch.Tensor], object], images: torch.Tensor, batch: int) -> float:
    """Seconds for all images, in batches, after one."""
    network(images[:batch])
    begin = time.perf_counter()
    for part in images.split(batch):
        network(part)
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--count", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    weights = state_dict()
    pictures = np.stack([picture("real", number) for number in range(args.count)])
    # As the libraries' loaders hand them over: channels-last strides would make pytorch-fid half as fast again.
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()
    fid = pytorch_fid_model(weights)
    networks = {
        "torch-fidelity": torch_fidelity_extractor(weights),
        "pytorch-fid": lambda part: fid(part.float() / 255),
    }
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    print(f"{args.threads} threads, batches of {args.batch}, {args.count} pictures of side 32")
    for name, network in networks.items():
        taken = seconds(network, images, args.batch)
        print(f"{name:15} {1000 * taken / args.count:.0f} s for 1,000 pictures ({args.count / taken:.2f} a second)")


if __name__ == "__main__":
    main()
