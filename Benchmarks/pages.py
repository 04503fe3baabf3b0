#!/usr/bin/env python3
"""Pages: how fast one is read from cold and many are in bulk, what a notebook of 1,000 pages takes, and what `kill -9` leaves of an index.

    pages.py [--ductus .build/release/ductus] [--notes 1000] [--only cold,bulk,notebook,index,watch] [--json]
    pages.py --only stream --pages FILE.ndjson …      # the daemon's finals beside the page reader's lines

`stream` takes pages as JSON lines with `id`, `strokes` ([[x], [y], [ms]]) and `drawing`; it needs python3-websockets and `ductusd` beside `ductus`.

Pages are written by simulated pens (`ductus synthesize`): 25 lines each. Times are given as the wall's and the processor's: the second is fair on a
machine that is busy with other work.
"""
import argparse
import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORDS = ("we agreed to move the release to end of May because tests are not finished yet and list open questions is still longer than page "
         "milk bread apples meeting with Anna about new house on island ferry waits for nobody after seven").split()


def text(lines, seed):
    choice = random.Random(seed)
    return "\\n".join(" ".join(choice.choice(WORDS) for _ in range(6)) for _ in range(lines))


class Bench:
    def __init__(self, ductus, folder):
        self.ductus, self.folder = ductus, Path(folder)

    def run(self, *arguments, check=True):
        """Wall seconds, processor seconds and the largest resident size in MiB of a run of ductus."""
        began = time.perf_counter()
        process = subprocess.Popen([self.ductus, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if check and process.returncode != 0:
            sys.exit(f"ductus {' '.join(map(str, arguments))}: status {process.returncode}")
        return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def pages(self, count, lines=25):
        """Pages of several hands, as JSON lines, without times: so do most programs keep them."""
        out = []
        for seed in range(1, count + 1):
            file = self.folder / "one.ndjson"
            self.run("synthesize", text(lines, seed), "--seed", seed, "--out", file)
            ink = json.loads(file.read_text().splitlines()[0])
            out.append([stroke[:2] for stroke in ink["strokes"]])
        return out

    def write(self, pages, name):
        file = self.folder / name
        file.write_text("".join(json.dumps({"id": str(n), "strokes": strokes}) + "\n" for n, strokes in enumerate(pages)))
        return file


def cold(bench):
    """One page in a process of its own, on one thread: least of five runs."""
    page = bench.write(bench.pages(1), "page.ndjson")
    runs = [bench.run("recognize", "--layout", "page", "--threads", 1, page) for _ in range(5)]
    return {"lines": 25, "wall_ms": round(1e3 * min(r[0] for r in runs)), "cpu_ms": round(1e3 * min(r[1] for r in runs))}


def bulk(bench):
    pages = bench.pages(6)
    few, many = bench.write(pages[:1], "few.ndjson"), bench.write(pages * 10, "many.ndjson")
    base, whole = bench.run("recognize", "--layout", "page", "--threads", 1, few), bench.run("recognize", "--layout", "page", "--threads", 1, many)
    more = len(pages) * 10 - 1
    return {"pages": more, "pages_per_core_second": round(more / (whole[1] - base[1]), 1), "pages_per_second": round(more / (whole[0] - base[0]), 1)}


def xopp(pages, file):
    with gzip.open(file, "wt", compresslevel=1) as out:
        out.write('<?xml version="1.0"?>\n<xournal creator="benchmark" fileversion="4">\n')
        for strokes in pages:
            xs, ys = [x for s in strokes for x in s[0]], [y for s in strokes for y in s[1]]
            left, top, k = min(xs), min(ys), 500 / (max(xs) - min(xs))
            out.write('<page width="595" height="842"><background type="solid" color="#ffffffff" style="plain"/><layer>\n')
            for x, y in strokes:
                points = " ".join(f"{40 + (a - left) * k:.2f} {40 + (b - top) * k:.2f}" for a, b in zip(x, y))
                out.write(f'<stroke tool="pen" color="#000000ff" width="1.0">{points}</stroke>\n')
            out.write("</layer></page>\n")
        out.write("</xournal>\n")


def notebook(bench, notes):
    """The largest resident size for a notebook, beside that for one of its pages."""
    pages = bench.pages(4, lines=10)
    small, large = bench.folder / "small.xopp", bench.folder / "large.xopp"
    xopp(pages, small)
    xopp([pages[n % 4] for n in range(notes)], large)
    _, _, little = bench.run("recognize", "--layout", "page", "--threads", 1, small)
    wall, cpu, much = bench.run("recognize", "--layout", "page", "--threads", 1, large)
    return {"pages": notes, "MiB_of_4_pages": round(little), "MiB": round(much), "cpu_seconds": round(cpu), "wall_seconds": round(wall)}


def whole(file):
    """The notes that an index holds, after a check of the database and of the full-text table against the lines."""
    database = sqlite3.connect(file)
    try:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok", "the database is damaged"
        if not database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'line_text'").fetchone()[0]:
            return 0
        database.execute("INSERT INTO line_text(line_text, rank) VALUES ('integrity-check', 1)")
        halves = database.execute("SELECT count(*) FROM note WHERE fault IS NULL AND id NOT IN (SELECT note FROM line)").fetchone()[0]
        orphans = database.execute("SELECT count(*) FROM line WHERE note NOT IN (SELECT id FROM note)").fetchone()[0]
        assert halves == 0 and orphans == 0, f"{halves} notes without their lines, {orphans} lines without their note"
        return database.execute("SELECT count(*) FROM note").fetchone()[0]
    finally:
        database.rollback()
        database.close()


def index(bench, notes):
    """Indexes a folder, killed at random instants until it is done; after each kill the index must be whole, and hold no less than before."""
    folder, file = bench.folder / "notes", bench.folder / "notes.sqlite"
    folder.mkdir()
    pages = bench.pages(5, lines=3)
    for n in range(notes):
        strokes = [[[x + n for x in s[0]], s[1]] for s in pages[n % 5]]
        (folder / f"{n}.ndjson").write_text(json.dumps({"id": "1", "strokes": strokes}))
    choice, kills, before = random.Random(1), 0, 0
    while True:
        process = subprocess.Popen([bench.ductus, "index", folder, "--index", file, "--threads", "1"], stderr=subprocess.DEVNULL)
        try:
            process.wait(choice.uniform(0.02, 3))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        if file.exists():
            now = whole(file)
            assert now >= before, f"{now} notes after {before}"
            before = now
        if process.returncode == 0:
            break
    return {"notes": before, "kills": kills, "whole": before == notes}


def watch(bench):
    """Seconds from the end of writing a note to its being found, and from its change."""
    folder, file = bench.folder / "watched", bench.folder / "watched.sqlite"
    folder.mkdir()
    pages = bench.pages(2, lines=3)
    process = subprocess.Popen([bench.ductus, "index", folder, "--watch", "--index", file, "--threads", "1"], stderr=subprocess.PIPE, text=True)
    try:
        while "Watching" not in process.stderr.readline():
            assert process.poll() is None, "the index ended"
        times = []
        for strokes in pages:
            (folder / "note.ndjson").write_text(json.dumps({"id": "1", "strokes": strokes}))
            written, size = time.perf_counter(), (folder / "note.ndjson").stat().st_size
            while True:
                database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
                found = database.execute("SELECT count(*) FROM note WHERE size = ?", (size,)).fetchone()[0]
                database.close()
                if found:
                    break
                time.sleep(0.01)
            times.append(round(time.perf_counter() - written, 2))
        return {"new_s": times[0], "changed_s": times[1]}
    finally:
        process.terminate()
        process.wait()


class Daemon:
    """A daemon of its own, and its clients' library."""

    def __init__(self, bench):
        self.folder = bench.folder / "daemon"
        self.folder.mkdir()
        configuration = self.folder / "ductus.yaml"
        configuration.write_text(
            f'directories: {{runtime: "{self.folder}", state: "{self.folder}/state"}}\nhttp: {{address: "127.0.0.1:0"}}\nlogging: {{level: error}}\n'
            f'pipelines:\n  - {{name: ink, model: "{ROOT}/models/english"}}\n')
        self.process = subprocess.Popen([bench.ductus + "d", "--config", configuration])
        sys.path.insert(0, str(ROOT / "clients/python/src"))
        import ductus
        self.library = ductus
        while not (self.folder / "http.address").exists() or not (self.folder / "http.token").exists():
            assert self.process.poll() is None, "the daemon ended"
            time.sleep(0.05)
        self.client = ductus.Ductus(directory=str(self.folder))

    def finals(self, name, strokes):
        """The strokes and the text of each segment, the last ended by the end of the page."""
        finals = []
        with self.client.pen(name) as pen:
            for stroke in strokes:
                pen.stroke(self.library.Point(*point) for point in zip(*stroke))
            pen.end()
            for event in pen.events(timeout=60):
                if event.is_final:
                    finals.append((event.raw["strokes"], event.text))
                    if sum(len(numbers) for numbers, _ in finals) >= len(strokes):
                        break
        return finals

    def close(self):
        self.process.terminate()
        self.process.wait()


def stream(bench, files):
    """How many of the page reader's lines are finals of the daemon: the same strokes, and the same text, too."""
    result = {}
    daemon = Daemon(bench)
    try:
        for file in files:
            read = subprocess.run([bench.ductus, "recognize", "--layout", "page", "--json", file], stdout=subprocess.PIPE, check=True, text=True).stdout
            lines = {}
            for line in map(json.loads, read.splitlines()):
                if line["kind"] == "text":
                    lines.setdefault(line["id"], []).append(line)
            same = alike = count = 0
            for number, page in enumerate(map(json.loads, Path(file).read_text().splitlines())):
                # Points of one place are dots that may belong to any line.
                large = {n for n, s in enumerate(page["strokes"]) if len(set(zip(s[0], s[1]))) > 1}
                finals = {frozenset(set(strokes) & large): text for strokes, text in daemon.finals(f"page-{Path(file).stem}-{number}", page["strokes"])}
                for line in lines.get(page["id"], []):
                    strokes = frozenset(set(line["strokes"]) & large)
                    count += 1
                    same += strokes in finals
                    alike += finals.get(strokes) == line["text"]
            result[Path(file).stem] = {"lines": count, "same_strokes": round(same / max(1, count), 4), "same_text": round(alike / max(1, count), 4)}
    finally:
        daemon.close()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ductus", default=".build/release/ductus")
    parser.add_argument("--notes", type=int, default=1000)
    parser.add_argument("--only", default="cold,bulk,notebook,index,watch")
    parser.add_argument("--pages", nargs="*", default=[])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    checks = {"cold": cold, "bulk": bulk, "notebook": lambda b: notebook(b, arguments.notes), "index": lambda b: index(b, arguments.notes), "watch": watch,
              "stream": lambda b: stream(b, [os.path.abspath(file) for file in arguments.pages])}
    folder = tempfile.mkdtemp(prefix="ductus-pages-")
    try:
        bench = Bench(os.path.abspath(arguments.ductus), folder)
        for name in arguments.only.split(","):
            result = {"check": name, **checks[name](bench)}
            print(json.dumps(result) if arguments.json else "  ".join(f"{k} {v}" for k, v in result.items()), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
