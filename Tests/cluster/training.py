#!/usr/bin/env python3
"""Trains a small model on several ranks of Open MPI, and checks that the bits are the same whatever their number.

- 1, 2 and 4 ranks with batches that are as large together give the same weights, on loopback, twice, and in network namespaces with delays
  and losses between them;
- a rank is killed, the job run again with --resume: the same weights as of one that nobody disturbed;
- --average-every 3 gives the same weights each time, and others than without it.

Needs openmpi-bin; the part in namespaces needs root. Exit status 0: all hold.
Usage: training.py [--programs .build/release] [--epochs 3] [--only loopback kill average namespaces]
"""
import argparse, glob, hashlib, json, os, resource, shutil, signal, stat, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cell import Network, run

WORDS = "the of and a to in is you that it he was for on are as with his they I at be this have from or one had by word".split()
OPEN_MPI = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]

parser = argparse.ArgumentParser()
parser.add_argument("--programs", default=".build/release")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--only", nargs="+", default=["loopback", "kill", "average", "namespaces"])
options = parser.parse_args()
ductus = os.path.abspath(f"{options.programs}/ductus")


class Bench:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ductus-ranks-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.failures = []
        with open(f"{self.folder}/texts", "w") as file:
            for line in range(40):
                file.write(" ".join(WORDS[(7 * line + 5 * word * word + word) % len(WORDS)] for word in range(3)) + "\n")
        run(ductus, "synthesize", "--from", f"{self.folder}/texts", "--out", f"{self.folder}/corpus.ndjson")
        recipe = json.load(open(os.path.join(os.path.dirname(__file__), "../../models/english/recipe.json")))
        self.frames = 2400
        recipe["optimization"].update(epochs=options.epochs, warmUpSteps=5)
        for ranks in (1, 2, 4):
            recipe["optimization"]["framesPerBatch"] = self.frames // ranks
            json.dump(recipe, open(f"{self.folder}/recipe-{ranks}.json", "w"))

    def command(self, name, ranks, *more, launcher=OPEN_MPI):
        """A training of so many ranks with four parts of a batch together."""
        words = [ductus, "train", "--recipe", f"{self.folder}/recipe-{ranks}.json", "--data", f"{self.folder}/corpus.ndjson", "--threads", "1",
                 "--shards", str(4 // ranks), "--out", f"{self.folder}/{name}", *more]
        return ([*launcher, "-np", str(ranks)] if ranks > 1 else []) + words

    def train(self, name, ranks, *more, **how):
        began, used = time.monotonic(), processor_seconds()
        done = subprocess.run(self.command(name, ranks, *more, **how), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise SystemExit(f"{name}: ended with {done.returncode}\n{done.stderr[-3000:]}")
        digest = hashlib.sha256(open(f"{self.folder}/{name}/model.safetensors", "rb").read()).hexdigest()
        print(json.dumps({"run": name, "ranks": ranks, "weights": digest[:16], "seconds": round(time.monotonic() - began, 1),
                          "processor_seconds": round(processor_seconds() - used, 1)}), flush=True)
        return digest

    def expect(self, what, holds):
        print(json.dumps({"check": what, "holds": holds}), flush=True)
        if not holds:
            self.failures.append(what)


def processor_seconds():
    """Of all children that have ended, and theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ranks_of(mpirun):
    """Process numbers of the ranks that an mpirun has started."""
    parents = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            fields = open(path).read().rsplit(")", 1)[1].split()
            parents[int(path.split("/")[2])] = int(fields[1])
        except OSError:
            pass
    return sorted(child for child, parent in parents.items() if parent == mpirun)


def kill(bench, undisturbed):
    job = subprocess.Popen(bench.command("killed", 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    checkpoint = f"{bench.folder}/killed/checkpoint.safetensors"
    while not os.path.exists(checkpoint) and job.poll() is None:
        time.sleep(0.02)
    victims = ranks_of(job.pid)
    bench.expect("a checkpoint is there while the job runs", job.poll() is None and len(victims) == 2)
    os.kill(victims[-1], signal.SIGKILL)
    bench.expect("a job without one of its ranks ends with an error", job.wait(60) != 0)
    bench.expect("a killed job that is run again has the same weights", bench.train("killed", 2, "--resume") == undisturbed)


def namespaces(bench, one):
    network = Network([f"rank{number}" for number in range(4)], delay=2, loss=0.1)
    try:
        # What mpirun calls for each machine: it steps into the machine's namespace, with a name of its own.
        agent = f"{bench.folder}/agent"
        places = " ".join(f"{address}) name={name} space={network.space(name)};;" for name, address in network.address.items())
        with open(agent, "w") as file:
            file.write(f"#!/bin/sh\ncase $1 in {places} esac\nshift\nexec ip netns exec $space unshare -u sh -c \"hostname $name; $*\"\n")
        os.chmod(agent, os.stat(agent).st_mode | stat.S_IXUSR)
        for ranks in (2, 4):
            hosts = ",".join(list(network.address.values())[:ranks])
            launcher = [*network.command("rank0", "unshare", "-u", "sh", "-c", 'hostname rank0; exec "$@"', "sh"), *OPEN_MPI, "--mca", "plm_rsh_agent",
                        agent, "--host", hosts, "--mca", "oob_tcp_if_include", "eth0", "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "eth0"]
            bench.expect(f"{ranks} ranks in namespaces give the same weights as one", bench.train(f"namespaces-{ranks}", ranks, launcher=launcher) == one)
    finally:
        network.close()


def main():
    bench = Bench()
    try:
        one = bench.train("one", 1)
        two = bench.train("two", 2)
        if "loopback" in options.only:
            bench.expect("2 ranks give the same weights as one with twice the batch", two == one)
            bench.expect("4 ranks give the same weights as one with four times the batch", bench.train("four", 4) == one)
            bench.expect("4 ranks give the same weights again", bench.train("four-again", 4) == one)
        if "kill" in options.only:
            kill(bench, two)
        if "average" in options.only:
            average = bench.train("average", 2, "--average-every", "3")
            bench.expect("--average-every 3 gives the same weights each time", bench.train("average-again", 2, "--average-every", "3") == average)
            bench.expect("--average-every 3 gives other weights than each step alone", average != two)
        if "namespaces" in options.only:
            namespaces(bench, one)
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    print(f"{len(bench.failures)} of the checks do not hold", file=sys.stderr)
    return 1 if bench.failures else 0


sys.exit(main())
