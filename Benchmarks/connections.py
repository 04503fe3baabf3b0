#!/usr/bin/env python3
"""What connections with CURVE cost one ductusd: memory, processor time, and the storm of handshakes after a restart.

Starts a daemon with keys on loopback, lets a number of pens connect (each with an XPUB socket of its own, as a pen has), waits until the
daemon has let all of them in, and reads its memory and processor time from /proc. Then the daemon is ended and started again: all pens
come back by themselves. Processor times hold on a busy machine too; the seconds of the storm do not. Prints one JSON object for each number.

Needs python3-zmq, and as many descriptors as connections in the daemon, twice as many in each of the clients' processes.
Usage: connections.py [--ductus .build/release] [--pens 1000 5000 10000] [--database CONNINFO]
With --database the daemon is the only one of a cell, and subscribes to all 1024 slots at each pen.
"""
import argparse, json, multiprocessing, os, re, resource, shutil, signal, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser()
parser.add_argument("--ductus", default=".build/release")
parser.add_argument("--pens", type=int, nargs="+", default=[1000, 5000, 10000])
parser.add_argument("--database", default="none")
parser.add_argument("--port", type=int, default=17711)
options = parser.parse_args()
PER_PROCESS = 2500


def raise_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (65536, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, max(limit, hard)))
            return
        except (ValueError, PermissionError):
            pass


def tool(*arguments):
    return subprocess.run([f"{options.ductus}/ductus", *arguments], capture_output=True, text=True, check=True).stdout


def key(path):
    return [re.search(rf"^{name} = (.+)$", open(path).read(), re.M).group(1).encode() for name in ("public", "secret")]


def clients(count, server, pair, connected, end):
    """One process of pens."""
    import zmq
    raise_limit()
    context = zmq.Context(io_threads=1)
    context.set(zmq.MAX_SOCKETS, count + 16)
    sockets = []
    for number in range(count):
        socket = context.socket(zmq.XPUB)
        socket.curve_serverkey, socket.curve_publickey, socket.curve_secretkey = server, *pair
        socket.linger = 0
        socket.reconnect_ivl, socket.reconnect_ivl_max = 50, 1000
        socket.connect(f"tcp://127.0.0.1:{options.port}")
        sockets.append(socket)
    connected.set()
    end.wait()
    context.destroy(linger=0)


class Daemon:
    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [f"{options.ductus}/ductusd", "--config", f"{folder}/ductus.yaml"], stderr=open(f"{folder}/log", "a"),
            preexec_fn=raise_limit)
        self.began = time.monotonic()
        while not os.path.exists(f"{folder}/run/control"):
            time.sleep(0.02)

    def status(self):
        return json.loads(tool("status", "--connect", f"{self.folder}/run", "--json"))

    def figures(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        resident = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1))
        descriptors = len(os.listdir(f"/proc/{self.process.pid}/fd"))
        return {"processor": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), "kib": resident,
                "descriptors": descriptors}

    def wait_for(self, connections):
        """Until so many stand and the daemon has nothing more to do with them."""
        while True:
            text = subprocess.run(["ss", "-Htn", "state", "established", f"sport = :{options.port}"],
                                  capture_output=True, text=True).stdout
            before = self.figures()["processor"]
            time.sleep(0.25)
            if text.count("\n") >= connections and self.figures()["processor"] - before < 0.03:
                return
            if time.monotonic() - self.began > 300:
                raise SystemExit(f"only {text.count(chr(10))} of {connections} connections came")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def measure(pens):
    folder = tempfile.mkdtemp(prefix="ductus-connections-")
    tool("keygen", "--server", f"{folder}/server.key")
    entry = tool("keygen", "--client", "pens", "-o", f"{folder}/pens.key", "--stream", "")
    with open(f"{folder}/clients.yaml", "w") as file:
        file.write("clients:\n" + "\n".join(line for line in entry.splitlines() if not line.startswith("#")) + "\n")
    with open(f"{folder}/ductus.yaml", "w") as file:
        file.write(f"""directories: {{runtime: {folder}/run, state: {folder}/state}}
endpoints: {{ink: ['tcp://127.0.0.1:{options.port}']}}
security: {{server_key: {folder}/server.key, clients: {folder}/clients.yaml}}
quotas: {{connections: 100000}}
adaptation: {{enabled: no}}
http: {{address: 'off'}}
""")
        if options.database != "none":
            file.write(f"cluster: {{database: '{options.database}', member: measured}}\n")
    server, pair = key(f"{folder}/server.key")[0], key(f"{folder}/pens.key")
    daemon = Daemon(folder)
    time.sleep(2)
    empty = daemon.figures()
    end = multiprocessing.Event()
    processes = []
    for first in range(0, pens, PER_PROCESS):
        connected = multiprocessing.Event()
        process = multiprocessing.Process(
            target=clients, args=(min(PER_PROCESS, pens - first), server, pair, connected, end))
        process.start()
        processes.append(process)
        connected.wait()
    daemon.wait_for(pens)
    full = daemon.figures()
    time.sleep(10)
    idle = daemon.figures()
    daemon.end()
    daemon = Daemon(folder)
    ready = daemon.figures()
    began = time.monotonic()
    daemon.wait_for(pens)
    again = daemon.figures()
    seconds = time.monotonic() - began
    end.set()
    for process in processes:
        process.join()
    daemon.end()
    shutil.rmtree(folder)
    return {
        "pens": pens, "cell": options.database != "none", "kib_per_connection": round((full["kib"] - empty["kib"]) / pens, 1),
        "descriptors_per_connection": round((full["descriptors"] - empty["descriptors"]) / pens, 2),
        "handshake_ms": round(1000 * (full["processor"] - empty["processor"]) / pens, 3),
        "idle_processor_percent": round(10 * (idle["processor"] - full["processor"]), 2),
        "restart_processor_seconds": round(again["processor"] - ready["processor"], 2),
        "restart_seconds": round(seconds, 1), "resident_mib": again["kib"] >> 10}


raise_limit()
for number in options.pens:
    print(json.dumps(measure(number)), flush=True)
