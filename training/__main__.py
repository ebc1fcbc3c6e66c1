"""`python -m training --work FOLDER`: makes ember; asked again, it goes on where it was."""

import argparse
import sys
import time
from pathlib import Path

import torch

from training.making import Making, Plan

__all__ = ["main"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for all that is made")
    parser.add_argument("--size", type=int, choices=(128, 256), default=256, help="pixels")
    parser.add_argument("--autoencoder-seconds", type=float, default=7200)
    parser.add_argument("--denoiser-seconds", type=float, default=36000)
    parser.add_argument("--autoencoder-batch", type=int, default=16)
    parser.add_argument("--denoiser-batch", type=int, default=32)
    parser.add_argument("--device", type=torch.device, default=_best_device())
    told = parser.parse_args()
    began = time.monotonic()

    def say(line: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:6.0f} s  {line}\n")
        sys.stdout.flush()

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    say(f"made: {Making(Plan(**vars(told), say=say))()}")


def _best_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


if __name__ == "__main__":
    main()
