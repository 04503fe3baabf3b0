#!/usr/bin/env python3
"""What one would write without Ductus: a loop with pyzmq and ONNX Runtime that reads the whole open line anew at every hop.

It takes the same packets, reads the same weights with the same features, and publishes the same events as ductusd, so that
`ductus benchmark daemon --daemon Benchmarks/onnx_daemon.py --decoder best-path` measures both alike; `Benchmarks/daemon.py` does. Features are
vectorized with numpy, the network runs on one thread, the likeliest class of each frame is the text (numpy; the program's own beam
with its language model has no counterpart here, `--decoder beam` takes fast-ctc-decode's without one). Hops are due in the time of the
samples; one that waits when the next comes is given up and counted, finals go first.

Needs torch, onnxruntime, onnx, numpy, pyzmq, protobuf, protoc; fast-ctc-decode for the beam.
Usage: onnx_daemon.py --config ductus.yaml     (directories.runtime, pipelines[0].model, .decoding and .window.hop are read)
"""
import argparse, collections, json, os, re, socket as sockets, subprocess, sys, tempfile, time
import numpy as np, onnxruntime, torch, zmq

import ductus_torch

HERE = os.path.dirname(os.path.abspath(__file__))


def protocol():
    """The messages' modules, made by protoc."""
    folder = tempfile.mkdtemp()
    protocols = os.path.join(HERE, "..", "protocols")
    files = [f"ductus/v1/{name}" for name in os.listdir(os.path.join(protocols, "ductus/v1")) if name.endswith(".proto")]
    subprocess.run(["protoc", "-I", protocols, f"--python_out={folder}", *files], check=True)
    sys.path.insert(0, folder)
    from ductus.v1 import control_pb2, ink_pb2, labels_pb2
    return control_pb2, ink_pb2, labels_pb2


class Features:
    """The recipe of Sources/Ink/FeatureExtractor.swift for clean ink: one row per point of the resampled line."""

    def __init__(self, recipe):
        self.recipe, self.local = recipe, recipe.get("local") or {}
        if recipe.get("usePressure") or self.local.get("followScale"):
            sys.exit("this script knows neither pressure nor a scale that follows the line")
        if self.local:
            deviation = self.local["baselineBandwidth"]
            reach = int(np.ceil(3 * deviation))
            self.kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)

    def __call__(self, strokes):
        """strokes: a list of arrays, samples × (x, y, seconds)."""
        points = np.concatenate(strokes)
        ends = np.cumsum([len(stroke) for stroke in strokes])
        inside = np.ones(len(points), bool)  # whether a piece of ink leads from a point to the next
        inside[ends - 1] = False
        pieces = np.flatnonzero(inside)
        x, y = self.normalized(points, pieces, ends)
        if self.local:
            y = y - self.drift(x, y, pieces)
        return self.frames(x, y, points[:, 2], ends)

    def normalized(self, points, pieces, ends):
        x, y = points[:, 0] - points[0, 0], points[:, 1] - points[0, 1]
        px, py, qx, qy = x[pieces], y[pieces], x[pieces + 1], y[pieces + 1]
        length = np.hypot(qx - px, qy - py)
        total = length.sum()
        if total > 0:
            mx, my = (length * (px + qx) / 2).sum() / total, (length * (py + qy) / 2).sum() / total
            xx = (length * (px * px + px * qx + qx * qx)).sum() / 3 / total - mx * mx
            yy = (length * (py * py + py * qy + qy * qy)).sum() / 3 / total - my * my
            xy = (length * (2 * (px * py + qx * qy) + px * qy + qx * py)).sum() / 6 / total - mx * my
        else:
            mx, my, xx, yy, xy = x.mean(), y.mean(), x.var(), y.var(), ((x - x.mean()) * (y - y.mean())).mean()
        width, height, slope = np.ptp(x), np.ptp(y), 0.0
        if width > self.recipe["slopeMinimumAspect"] * height and xx > 0:
            slope = float(np.clip(xy / xx, -self.recipe["slopeLimit"], self.recipe["slopeLimit"]))
        widest = max(np.ptp(stroke) for stroke in np.split(x, ends[:-1]))
        scale = max(
            max(0.0, yy - 2 * slope * xy + slope * slope * xx) ** 0.5, self.recipe["scaleFloorOfStroke"] * widest,
            self.recipe["scaleFloorOfSegment"] * width)
        scale = scale if scale >= 1e-6 else 1.0
        return (x - mx) / scale, (slope * (x - mx) - (y - my)) / scale

    def drift(self, x, y, pieces):
        """The wandering baseline at each point."""
        place = (x[pieces] + x[pieces + 1]) / 2 - x.min()
        middle = (y[pieces] + y[pieces + 1]) / 2
        length = np.hypot(x[pieces + 1] - x[pieces], y[pieces + 1] - y[pieces])
        cell = place.astype(int)
        share, size = place - cell, int(np.ptp(x)) + 3
        weight = np.bincount(cell, length * (1 - share), size) + np.bincount(cell + 1, length * share, size)
        height = np.bincount(cell, length * middle * (1 - share), size) + np.bincount(cell + 1, length * middle * share, size)
        reach = len(self.kernel) // 2
        weight = np.convolve(weight, self.kernel)[reach:reach + size]
        height = np.convolve(height, self.kernel)[reach:reach + size]
        return np.interp(x - x.min(), np.arange(size), height / (weight + self.local["priorLength"]))

    def frames(self, x, y, t, ends):
        step, rows, end, before, first = self.recipe["step"], [], None, None, 0
        for last in ends:
            sx, sy, st = x[first:last], y[first:last], t[first:last]
            first = last
            arc = np.concatenate(([0], np.cumsum(np.hypot(np.diff(sx), np.diff(sy)))))
            at = np.arange(int(arc[-1] / step) + 1) * step
            rest = arc[-1] - at[-1]
            fx, fy, ft = (np.interp(at, arc, values) for values in (sx, sy, st))
            if rest >= step / 2 or len(at) == 1 and rest > 0:
                fx, fy, ft, rest = np.append(fx, sx[-1]), np.append(fy, sy[-1]), np.append(ft, st[-1]), 0
            dx, dy = np.diff(fx, prepend=fx[0]), np.diff(fy, prepend=fy[0])
            turn = np.zeros(len(fx))
            if len(fx) > 2:
                norm = np.hypot(dx[1:-1], dy[1:-1]) * np.hypot(dx[2:], dy[2:])
                turn[1:-1] = np.divide(dx[1:-1] * dy[2:] - dy[1:-1] * dx[2:], norm, out=np.zeros_like(norm), where=norm > 0)
            if rest > 0:  # the last frame moves on to the stroke's end
                dx[-1] += sx[-1] - fx[-1]
                dy[-1] += sy[-1] - fy[-1]
                fx[-1], fy[-1], ft[-1] = sx[-1], sy[-1], st[-1]
            row = np.zeros((len(fx), 9), np.float32)
            row[:, 0], row[:, 1], row[:, 2] = dx / step, dy / step, np.clip(fy, -10, 10)
            if end is not None:
                row[0, 3], row[0, 4] = np.clip((fx[0] - end[0]) / 2, -4, 4), np.clip((fy[0] - end[1]) / 2, -2, 2)
            row[0, 5], row[-1, 6], row[:, 8] = 1, 1, turn
            if self.recipe["useTime"] and not np.isnan(st).any():
                row[1:, 7] = np.log1p(50 * np.clip(np.diff(ft), 0, 1))
                if before is not None:
                    row[0, 7] = np.log1p(5 * np.clip(ft[0] - before, 0, 2))
                before = st[-1]
            end = (sx[-1], sy[-1])
            rows.append(row)
        return np.concatenate(rows)


class Model:
    """A Ductus weight file in ONNX Runtime, one thread."""

    def __init__(self, folder, decoder):
        path = os.path.join(folder, "model.safetensors") if os.path.isdir(folder) else folder
        network, tensors, metadata = ductus_torch.load(path)
        self.features = Features(json.loads(metadata["ductus.features"]))
        self.alphabet = [""] + json.loads(metadata["ductus.alphabet"])
        self.mean, self.deviation = tensors["features.mean"], tensors["features.deviation"]
        self.beam = decoder == "beam"
        with tempfile.TemporaryDirectory() as scratch:
            file = os.path.join(scratch, "model.onnx")
            network.eval()
            with torch.no_grad():
                torch.onnx.export(
                    network, (torch.zeros(100, network.architecture["input"]),), file, input_names=["x"], output_names=["y"],
                    dynamic_axes={"x": {0: "frames"}}, dynamo=False)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            self.session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def read(self, strokes):
        if not strokes:
            return ""
        x = (self.features(strokes) - self.mean) / np.where(self.deviation > 1e-6, self.deviation, 1)
        y = self.session.run(["y"], {"x": x.astype(np.float32)})[0]
        if self.beam:
            import fast_ctc_decode
            single = [chr(0x100 + i) for i in range(len(self.alphabet))]
            text, _ = fast_ctc_decode.beam_search(np.exp(y), single, 16, 1e-3)
            return "".join(self.alphabet[ord(c) - 0x100] for c in text)
        best = y.argmax(1)
        return "".join(self.alphabet[c] for c in best[np.flatnonzero(np.diff(best, prepend=0))])


class Stream:
    def __init__(self):
        self.epoch, self.number, self.segment = int(time.time() * 1000), 0, 0
        self.strokes, self.samples, self.down, self.clock, self.next = [], [], False, 0, None
        self.due, self.finals, self.dropped, self.queued = None, collections.deque(), 0, False

    def take(self, ink, arrived, hop):
        columns = ink.samples
        times, clock, due = [], 0, False
        for step in columns.time:
            clock += step
            times.append(clock)
        contact = columns.contact or [True] * len(columns.x)
        for i, (x, y) in enumerate(zip(columns.x, columns.y)):
            if not contact[i]:
                self.lift()
                continue
            at = times[i] if times else None
            self.samples.append((x, y, at * 1e-6 if times else np.nan))
            at = arrived if at is None else at
            if self.next is None:
                self.next = at + hop
            elif at >= self.next:
                self.next = self.next + hop if at < self.next + hop else at + hop
                due = True
        if due:
            self.dropped += self.due is not None
            self.due = arrived

    def lift(self):
        if self.samples:
            self.strokes.append(np.array(self.samples))
            self.samples = []

    def ink(self):
        return self.strokes + [np.array(self.samples)] if self.samples else list(self.strokes)

    def end(self, arrived):
        self.lift()
        self.finals.append((self.strokes, arrived))
        self.strokes, self.due, self.next = [], None, None


def setting(text, key):
    match = re.search(rf"^\s*(?:- )?{key}:\s*\"?([^\"\n]*)", text, re.M)
    return match and match.group(1).strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    configuration = open(parser.parse_args().config).read()
    control_pb2, ink_pb2, labels_pb2 = protocol()
    model = Model(setting(configuration, "model"), setting(configuration, "decoding"))
    hop = int(setting(configuration, "hop").split()[0]) * 1000
    model.read([np.cumsum(np.random.default_rng(1).normal(5, 9, (400, 3)), 0)])

    context, folder = zmq.Context(), setting(configuration, "runtime")
    ink, labels, control = context.socket(zmq.SUB), context.socket(zmq.XPUB), context.socket(zmq.ROUTER)
    labels.setsockopt(zmq.XPUB_VERBOSE, 1)
    ink.subscribe("ink.")
    for socket, name in ((ink, "ink"), (labels, "labels"), (control, "control")):
        socket.set_hwm(100_000)
        socket.bind(f"ipc://{folder}/{name}")
    poller = zmq.Poller()
    for socket in (ink, labels, control):
        poller.register(socket, zmq.POLLIN)
    if "NOTIFY_SOCKET" in os.environ:  # sd_notify(3)
        sockets.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM).sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
    streams, queue, urgent = {}, collections.deque(), collections.deque()
    now = lambda: time.time_ns() // 1000

    def publish(name, stream, state, text, arrived, decided):
        stream.number += 1
        event = labels_pb2.LabelEvent(
            version=1, stream=name, epoch=stream.epoch, number=stream.number, segment=stream.epoch * 1000 + stream.segment,
            state=state, ending=3 if state == 2 else 0, text=text, committed=len(text) if state == 2 else 0,
            dropped_partials=stream.dropped, generation={}, gaps={})
        event.stamps.arrived, event.stamps.decided, event.stamps.published = arrived, decided, now()
        labels.send_multipart([b"labels." + name.encode(), event.SerializeToString()])

    while True:
        ready = dict(poller.poll(0 if queue or urgent else None))
        if labels in ready:
            subscription = labels.recv()
            if subscription[1:].startswith(b"ready."):
                labels.send_multipart([subscription[1:], b""])
        if control in ready:
            *frames, payload = control.recv_multipart()
            request = control_pb2.ControlRequest.FromString(payload)
            reply = control_pb2.ControlReply(version=1, id=request.id)
            reply.status.counters["dropped_partials"] = sum(stream.dropped for stream in streams.values())
            control.send_multipart([*frames, reply.SerializeToString()])
        while ink in ready:
            try:
                topic, payload = ink.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            name, message, arrived = topic[4:].decode(), ink_pb2.InkMessage.FromString(payload), now()
            stream = streams.setdefault(name, Stream())
            kind = message.WhichOneof("body")
            if kind == "samples":
                stream.take(message, arrived, hop)
                if stream.due is not None and not stream.queued:
                    stream.queued = True
                    queue.append(name)
            elif kind == "end_of_segment":
                stream.end(arrived)
                urgent.append(name)
        if urgent:
            name = urgent.popleft()
            strokes, decided = streams[name].finals.popleft()
            publish(name, streams[name], 2, model.read(strokes), decided, decided)
            streams[name].segment += 1
        elif queue:
            name = queue.popleft()
            stream = streams[name]
            stream.queued = False
            if stream.due is not None:
                text = model.read(stream.ink())
                publish(name, stream, 1, text, stream.due, stream.due)
                stream.due = None


main()
