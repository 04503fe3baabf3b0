#!/usr/bin/env python3
"""Reads an archive with three workers that are killed at random while the database restarts, and compares with one quiet reading.

Checked: results equal those of one run, byte for byte, and no page is there twice; the same for `ductus recognize --shard` without a
database. Needs root and PostgreSQL 15. Exit status 0: all hold.
Usage: archive.py [--programs .build/release] [--pages 2000] [--seed 1] [--only queue shards]
"""
import argparse, hashlib, json, os, random, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cell import Database, Network, run

WORDS = "the of and a to in is you that it he was for on are as with his they at be this have from or one had by word but not what all were".split()
WORKERS, PAGES_PER_FILE = 3, 20
# Pages between two kills, and between two restarts of the database, on average.
KILL_EVERY, RESTART_EVERY = 40, 200

parser = argparse.ArgumentParser()
parser.add_argument("--programs", default=".build/release")
parser.add_argument("--model", default="models/english")
parser.add_argument("--pages", type=int, default=2000)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--only", nargs="+", default=["queue", "shards"])
options = parser.parse_args()
ductus, model = os.path.abspath(f"{options.programs}/ductus"), os.path.abspath(options.model)


class Workers:
    """Processes that are started again whenever they end, as Slurm does it, until they have nothing left to do."""

    def __init__(self, commands, log):
        self.commands, self.log, self.kills, self.faults = commands, open(log, "a"), 0, 0
        self.running = [self.start(command) for command in commands]

    def start(self, command): return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.log, stdin=subprocess.DEVNULL)

    def kill(self, number):
        if self.running[number].poll() is None:
            self.running[number].kill()
            self.kills += 1

    def turn(self):
        """Starts again what was killed or failed.

        Returns: whether somebody still works.
        """
        for number, process in enumerate(self.running):
            if process.poll() not in (None, 0):
                self.faults += process.returncode > 0
                self.running[number] = self.start(self.commands[number])
        return any(process.poll() is None for process in self.running)

    def end(self):
        for process in self.running:
            process.kill()
            process.wait()


def disturb(workers, draw, progress, restart=None):
    """Kills a worker again and again, and restarts the database now and then, until all is done. How often the pages decide, not the
    clock: a slow machine gets no further otherwise.

    Args:
        progress: how many pages are read.
    """
    began = time.monotonic()
    next_kill, next_restart, restarts = draw.randint(1, KILL_EVERY), draw.randint(1, RESTART_EVERY), 0
    while workers.turn():
        done = progress()
        if done >= next_kill:
            workers.kill(draw.randrange(WORKERS))
            next_kill = done + draw.randint(1, 2 * KILL_EVERY)
        if restart and done >= next_restart:
            restart()
            restarts += 1
            next_restart = done + draw.randint(1, 2 * RESTART_EVERY)
        time.sleep(0.1)
    return {"seconds": round(time.monotonic() - began, 1), "kills": workers.kills, "restarts": restarts, "failed workers": workers.faults}


def archive(folder):
    os.mkdir(f"{folder}/pages")
    draw = random.Random(options.seed)
    files = []
    for first in range(0, options.pages, PAGES_PER_FILE):
        count = min(PAGES_PER_FILE, options.pages - first)
        with open(f"{folder}/texts", "w") as file:
            file.writelines(" ".join(draw.choices(WORDS, k=4)) + "\n" for _ in range(count))
        files.append(f"{folder}/pages/{first:05}.ndjson")
        run(ductus, "synthesize", "--from", f"{folder}/texts", "--seed", str(first + 1), "--out", files[-1])
    return files


def lines(text): return [line for line in text.splitlines() if line]


def check_queue(folder, files, expect):
    network = Network(["db1", "db2", *[f"w{number}" for number in range(WORKERS)]], delay=2, loss=0.1, seed=options.seed)
    database = None
    try:
        os.mkdir(f"{folder}/database")
        database = Database(network, f"{folder}/database")
        def queue(*words, space="w0"):
            return network.command(space, ductus, "queue", *words, "--database", database.conninfo)
        for job in ("quiet", "disturbed"):
            run(*queue("add", job, *files))
        began = time.monotonic()
        run(*queue("work", "quiet", "--model", model, "--niceness", "0"))
        print(json.dumps({"reading": "queue, one worker", "seconds": round(time.monotonic() - began, 1)}), flush=True)
        def restart():
            database.stop(database.primary)
            time.sleep(1)
            database.start(database.primary)
        def progress():
            try:
                return int(database.ask("SELECT count(*) FROM work WHERE job = 'disturbed' AND state = 'done'")[0][0])
            except subprocess.CalledProcessError:
                return 0
        workers = Workers([queue("work", "disturbed", "--model", model, "--lease", "10", "--niceness", "0", space=f"w{number}") for number in range(WORKERS)], f"{folder}/log")
        try:
            print(json.dumps({"reading": "queue, disturbed", **disturb(workers, random.Random(options.seed), progress, restart)}), flush=True)
        finally:
            workers.end()
        quiet, disturbed = (run(*queue("results", job)).stdout for job in ("quiet", "disturbed"))
        status = json.loads(run(*queue("status", "disturbed", "--json")).stdout)
        tries = database.ask("SELECT attempts, count(*) FROM work WHERE job = 'disturbed' GROUP BY 1 ORDER BY 1")
        print(json.dumps({"pages by tries": dict(map(tuple, tries)), "status": status}), flush=True)
        expect("every page is done, none set aside", status["done"] == options.pages and not status["aside"])
        expect("results of the queue equal those of one run, byte for byte", quiet == disturbed and len(lines(quiet)) >= options.pages)
        expect("no page is there twice", len(set(lines(disturbed))) == len(lines(disturbed)))
    finally:
        if database:
            for name in ("db1", "db2"):
                try:
                    database.stop(name)
                except subprocess.CalledProcessError:
                    pass
        network.close()


def contents(folder):
    """Files by their hashes; a hidden one is what a killed process had not finished."""
    return {name: hashlib.sha256(open(f"{folder}/{name}", "rb").read()).hexdigest() for name in sorted(os.listdir(folder)) if name[0] != "."}


def check_shards(folder, files, expect):
    def reading(out, *more): return [ductus, "recognize", "--json", "--model", model, "--out", f"{folder}/{out}", *more, *files]
    run(*reading("whole", "--shard", "1/1"))
    def progress(): return len(os.listdir(f"{folder}/parts")) if os.path.exists(f"{folder}/parts") else 0
    commands = [[*reading("parts", "--shard", f"{number + 1}/{WORKERS}", "--resume")] for number in range(WORKERS)]
    workers = Workers(commands, f"{folder}/log")
    try:
        print(json.dumps({"reading": "shards, disturbed", **disturb(workers, random.Random(options.seed), progress)}), flush=True)
    finally:
        workers.end()
    whole, parts = contents(f"{folder}/whole"), contents(f"{folder}/parts")
    expect("shards give the same files as one run, byte for byte", parts == whole and len(whole) == options.pages)


def main():
    folder = tempfile.mkdtemp(prefix="ductus-archive-", dir="/tmp")
    os.chmod(folder, 0o755)
    failures = []
    def expect(what, holds):
        print(json.dumps({"check": what, "holds": holds}), flush=True)
        if not holds:
            failures.append(what)
    try:
        files = archive(folder)
        if "queue" in options.only:
            check_queue(folder, files, expect)
        if "shards" in options.only:
            check_shards(folder, files, expect)
        if failures:
            sys.stderr.write(open(f"{folder}/log").read()[-3000:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"seed {options.seed}: {len(failures)} of the checks do not hold", file=sys.stderr)
    return 1 if failures else 0


sys.exit(main())
