"""Ductus weight files in PyTorch: a module built from the architecture in a file, and the file written from a module.

Tensors are named `layers.<i>.<PyTorch's name>`, so that a state dictionary is the file's contents; the architecture is JSON in the
metadata (key `ductus.architecture`). The format is safetensors, read and written here in a few lines.
"""
import json
import struct

import numpy as np
import torch
from torch import nn

ARCHITECTURE = "ductus.architecture"


def read_safetensors(path):
    """The tensors (as numpy arrays) and the metadata of a file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    metadata = header.pop("__metadata__", {})
    types = {"F32": "<f4", "F16": "<f2"}
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[begin:end], types[entry["dtype"]]).reshape(entry["shape"]).astype("f4")
    return tensors, metadata


def write_safetensors(path, tensors, metadata):
    """Writes numpy arrays as 32-bit floats."""
    header, body = {"__metadata__": metadata}, b""
    for name in sorted(tensors):
        data = np.ascontiguousarray(tensors[name], "<f4")
        header[name] = {"dtype": "F32", "shape": list(data.shape), "data_offsets": [len(body), len(body) + data.nbytes]}
        body += data.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def make_layer(layer):
    kind = layer["kind"]
    if kind == "convolution1D":
        return nn.Conv1d(layer["in"], layer["out"], layer["kernel"], layer.get("stride", 1), layer.get("padding", 0))
    if kind == "recurrent":
        cell = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[layer["cell"]]
        return cell(layer["in"], layer["hidden"], bidirectional=layer.get("bidirectional", False))
    if kind == "linear":
        return nn.Linear(layer["in"], layer["out"])
    return nn.LogSoftmax(-1)


class Network(nn.Module):
    """The network that an architecture describes; one sequence (frames × width) at a time."""

    def __init__(self, architecture):
        super().__init__()
        self.architecture = architecture
        self.layers = nn.ModuleList(make_layer(layer) for layer in architecture["layers"])

    def forward(self, x):
        activations = {"silu": nn.functional.silu, "relu": torch.relu, "tanh": torch.tanh, "none": lambda x: x}
        for layer, module in zip(self.architecture["layers"], self.layers):
            if layer["kind"] == "convolution1D":
                x = activations[layer.get("activation", "none")](module(x.T[None])[0].T)
            elif layer["kind"] == "recurrent":
                y = module(x[:, None])[0][:, 0]
                x = x + y if layer.get("residual", False) else y
            else:
                x = module(x)
        return x


def load(path):
    """The network of a file, and its other tensors and metadata."""
    tensors, metadata = read_safetensors(path)
    network = Network(json.loads(metadata[ARCHITECTURE]))
    own = {name: torch.from_numpy(tensors.pop(name)) for name in network.state_dict()}
    network.load_state_dict(own)
    return network, tensors, metadata


def save(path, network, tensors=None, metadata=None):
    """Writes a network with other tensors and metadata beside it."""
    own = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    texts = {ARCHITECTURE: json.dumps(network.architecture, separators=(",", ":"))}
    write_safetensors(path, {**own, **(tensors or {})}, {**(metadata or {}), **texts})
