#!/usr/bin/env python3
"""Takes a Ductus weight file to PyTorch and back.

    pytorch_exchange.py show MODEL            the network as PyTorch sees it
    pytorch_exchange.py copy MODEL OUT        through a PyTorch module into a new file, which Ductus loads
    pytorch_exchange.py run MODEL FRAMES.npy  log posteriors of frames × width numbers, as FRAMES.out.npy

Needs torch and numpy.
"""
import sys

import numpy as np
import torch

from ductus_torch import load, save


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in ("show", "copy", "run") or len(arguments) != 2 + (arguments[0] != "show"):
        sys.exit(__doc__)
    network, tensors, metadata = load(arguments[1])
    if arguments[0] == "show":
        print(network)
        print(f"{sum(p.numel() for p in network.parameters())} parameters; beside them: {', '.join(tensors) or 'nothing'}")
    elif arguments[0] == "copy":
        save(arguments[2], network, tensors, metadata)
    else:
        with torch.inference_mode():
            output = network(torch.from_numpy(np.load(arguments[2]).astype("f4")))
        np.save(arguments[2].removesuffix(".npy") + ".out.npy", output.numpy())


main(sys.argv[1:])
