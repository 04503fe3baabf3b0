"""Bridges a Lab Streaming Layer stream to the daemon: lsl_bridge.py FEATURES-ENDPOINT STREAM [PROPERTY VALUE], for example
lsl_bridge.py ipc:///run/ductus/features eeg-1 type EEG. Needs pylsl, pyzmq, protobuf, and beside it the modules of
`protoc -I protocols --python_out=. protocols/ductus/v1/*.proto`."""
import itertools, sys, time, pylsl, zmq
from ductus.v1 import features_pb2

endpoint, stream, *wanted = sys.argv[1:]
found = pylsl.resolve_byprop(*(wanted or ["type", "Accelerometer"]), timeout=10)
if not found:
    sys.exit("no such stream in the lab's network; give a property and its value, such as: name MyDevice")
# LSL's clock counts from the sender's start; with clocksync its times are those of this machine's pylsl.local_clock().
inlet = pylsl.StreamInlet(found[0], processing_flags=pylsl.proc_clocksync | pylsl.proc_dejitter)
info = inlet.info()
rate, names = info.nominal_srate(), info.get_channel_labels() or []  # by names the daemon finds what its model reads
if rate <= 0:
    sys.exit(f"{info.name()} has no regular rate; the daemon reads vectors that are equally far apart")
since_1970 = time.time() - pylsl.local_clock()
sensor = zmq.Context().socket(zmq.XPUB)
sensor.connect(endpoint)
sensor.recv()  # the daemon has subscribed
epoch, body = time.time_ns() // 1000, {"hello": {"device": info.name(), "channels": names if all(names) else []}}
for sequence in itertools.count():
    message = features_pb2.FeatureMessage(version=1, epoch=epoch, sequence=sequence, **body)
    sensor.send_multipart([f"features.{stream}".encode(), message.SerializeToString()])
    vectors = []
    while not vectors:
        vectors, times = inlet.pull_chunk(timeout=0.2, max_samples=max(1, int(rate / 20)))
    body = {"frames": {"channels": info.channel_count(), "values": list(itertools.chain.from_iterable(vectors)),
                       "rate": rate, "time": int((times[0] + since_1970) * 1e6)}}
