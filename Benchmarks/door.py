#!/usr/bin/env python3
"""What the HTTP door costs: one JSON object with the time to readiness, memory, one-shot reading, live pads, and the way to the screen.

  start    seconds until /health/ready, and resident MiB with one pen that writes
  reading  POST /v1/recognize of one line on one connection, ms; wrk's lines a second against those of `ductus evaluate` on the same cores
  pads     so many WebSockets that write at a hand's speed: finals that came, and ms from the end of a line to its final
  shared   the same pads while wrk asks for readings
  screen   ms from a final's publication to the frame that shows it in Chromium

Ink is simulated. Needs python3-websockets, wrk, and for `screen` Chromium; a quiet machine, or one where this goes first (nice -n -15).
Usage: door.py [--build .build/release] [--cores 0,1] [--pads 50] [--seconds 20] [PART…]
"""
import argparse, asyncio, http.client, json, os, re, subprocess, sys, tempfile, threading, time, urllib.request
from pathlib import Path
import websockets

ROOT = Path(__file__).resolve().parents[1]
PARTS = ["start", "reading", "pads", "shared", "screen"]
parser = argparse.ArgumentParser()
parser.add_argument("--build", default=str(ROOT / ".build/release"))
parser.add_argument("--cores", default=",".join(map(str, sorted(os.sched_getaffinity(0)))))
parser.add_argument("--pads", type=int, default=50)
parser.add_argument("--seconds", type=float, default=20)
parser.add_argument("parts", nargs="*")
options = parser.parse_args()
READERS = 5  # The niceness of the daemon's threads for readings that nobody writes live; what they are compared with has the same.
TEXTS = ["the quick brown fox", "jumps over the lazy dog", "meet me at noon", "a letter to my sister", "we need more paper",
         "seven days of rain", "turn left at the bridge", "milk bread and apples", "the train is late again", "thank you for the book"]


class Daemon:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ductus-door-")
        (Path(self.folder) / "ductus.yaml").write_text(
            f'directories: {{runtime: "{self.folder}", state: "{self.folder}/state"}}\nhttp: {{address: "127.0.0.1:0"}}\n'
            f'logging: {{level: error}}\npipelines:\n  - {{name: ink, model: "{ROOT}/models/english"}}\n')
        begun = time.monotonic()
        self.process = subprocess.Popen(
            ["taskset", "-c", options.cores, options.build + "/ductusd", "--config", self.folder + "/ductus.yaml"])
        address = Path(self.folder, "http.address")
        while True:
            try:
                self.address = address.read_text().split()[0]
                with urllib.request.urlopen(self.address + "/health/ready", timeout=1) as answer:
                    if answer.status == 200:
                        break
            except (OSError, IndexError):
                pass
            assert self.process.poll() is None and time.monotonic() - begun < 30, "the daemon does not come up"
            time.sleep(0.002)
        self.ready = time.monotonic() - begun
        self.token = Path(self.folder, "http.token").read_text().strip()
        self.port = int(self.address.rsplit(":", 1)[1])

    @property
    def resident(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def dropped(self):
        status = json.loads(self.ductus("status", "--json", "--connect", self.folder))
        return {name: int(count) for name, count in status.get("counters", {}).items() if name.startswith("dropped") and int(count)}

    @staticmethod
    def ductus(*arguments):
        return subprocess.run([options.build + "/ductus", *arguments], capture_output=True, text=True, check=True).stdout

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        subprocess.run(["rm", "-rf", self.folder])


def quantile(values, share):
    values = sorted(values)
    return round(values[min(len(values) - 1, int(len(values) * share))], 2) if values else None


def lines(folder):
    """Simulated ink with its texts, written by as many people."""
    path = folder + "/lines.ndjson"
    Daemon.ductus("synthesize", *(TEXTS * 4), "--seed", "11", "--out", path)
    return path, [[stroke[:3] for stroke in json.loads(line)["strokes"]] for line in open(path)]


class Pad:
    """A WebSocket that writes line after line, each report at its own time, and waits for no answer."""

    def __init__(self, daemon, name, ink):
        self.daemon, self.name, self.ink = daemon, name, ink
        self.ends, self.latencies, self.finals = [], [], 0

    async def write(self, until):
        async with websockets.connect(f"ws://127.0.0.1:{self.daemon.port}/v1/pen", max_size=None) as socket:
            await socket.send(json.dumps({"type": "hello", "token": self.daemon.token, "stream": self.name,
                                          "epoch": time.time_ns() // 1000, "sequence": 0}))
            reader = asyncio.create_task(self.read(socket))
            sequence, stroke, line = 0, 0, 0
            await asyncio.sleep(len(self.name) % 7 * 0.1 + hash(self.name) % 100 / 50)
            while time.monotonic() < until:
                began, strokes = time.monotonic(), self.ink[line % len(self.ink)]
                first = strokes[0][2][0]
                for x, y, t in strokes:
                    for at in range(0, len(x), 4):
                        late = began + (t[min(at + 3, len(t) - 1)] - first) / 1000 - time.monotonic()
                        if late > 0:
                            await asyncio.sleep(late)
                        part, last = slice(at, at + 4), at + 4 >= len(x)
                        sequence += 1
                        columns = [list(column[part]) + ([column[-1]] if last else []) for column in (x, y)]
                        base = int(began * 1000)
                        times = [base + value - first for value in t[part]]
                        await socket.send(json.dumps({
                            "type": "samples", "sequence": sequence, "stroke": stroke, "x": columns[0], "y": columns[1],
                            "t": times + ([times[-1] + 1] if last else []), "contact": [1] * len(times) + ([0] if last else [])}))
                    stroke += 1
                sequence += 1
                self.ends.append(time.monotonic())
                await socket.send(json.dumps({"type": "end", "sequence": sequence}))
                line += 1
                await asyncio.sleep(0.3)
            for _ in range(200):
                if self.finals >= len(self.ends):
                    break
                await asyncio.sleep(0.05)
            reader.cancel()

    async def read(self, socket):
        # What an earlier pad of this name missed comes before the welcome.
        while '"type":"welcome"' not in await socket.recv():
            pass
        async for text in socket:
            if text.startswith('{"type":"final"'):
                self.latencies.append(1000 * (time.monotonic() - self.ends[self.finals]))
                self.finals += 1


def pads(daemon, ink, count, seconds):
    everyone = [Pad(daemon, f"pad{number}", ink[number % len(ink):] + ink) for number in range(count)]

    async def write():
        until = time.monotonic() + seconds
        await asyncio.gather(*(pad.write(until) for pad in everyone))
    asyncio.run(write())
    latencies = [value for pad in everyone for value in pad.latencies]
    return {"pads": count, "lines": sum(len(pad.ends) for pad in everyone), "finals": sum(pad.finals for pad in everyone),
            "final_ms": {"p50": quantile(latencies, 0.5), "p95": quantile(latencies, 0.95), "p99": quantile(latencies, 0.99)},
            "dropped": daemon.dropped()}


def bodies(ink):
    return [json.dumps({"strokes": [{"x": x, "y": y, "t": t} for x, y, t in strokes]}) for strokes in ink]


def one_by_one(daemon, ink, count=400):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port)
    headers = {"Authorization": "Bearer " + daemon.token, "Content-Type": "application/json"}
    asked, taken = bodies(ink), []
    for number in range(count + 20):
        body = asked[number % len(asked)]
        begun = time.perf_counter()
        connection.request("POST", "/v1/recognize", body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        if number >= 20:
            taken.append(1000 * (time.perf_counter() - begun))
    return taken


def wrk(daemon, ink, seconds, connections=8):
    script = daemon.folder + "/lines.lua"
    quoted = ",\n".join("[==[" + body + "]==]" for body in bodies(ink))
    Path(script).write_text(
        f'local bodies = {{{quoted}}}\nlocal at = 0\nwrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.headers["Authorization"] = "Bearer {daemon.token}"\n'
        "request = function() at = at % #bodies + 1 return wrk.format(nil, nil, nil, bodies[at]) end\n")
    output = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{int(seconds)}s", "-s", script, daemon.address + "/v1/recognize"],
                            capture_output=True, text=True, check=True).stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), int(wrong[1]) if wrong else 0


def evaluate(path):
    many = path + ".many"
    Path(many).write_text(Path(path).read_text() * 10)
    threads = str(len(options.cores.split(",")))
    figures = json.loads(subprocess.run(
        ["taskset", "-c", options.cores, options.build + "/ductus", "evaluate", "--data", many, "--model", str(ROOT / "models/english"),
         "--threads", threads, "--json"], capture_output=True, text=True, check=True,
        preexec_fn=lambda: os.setpriority(os.PRIO_PROCESS, 0, READERS)).stdout)
    return figures["lines"] / figures["seconds"]


async def screen(daemon, ink):
    """Draws lines in the pad, and compares when their finals were published with when they were shown."""
    sys.path.insert(0, str(ROOT / "Tests/SystemTests/Pad"))
    from chromium import Page, fitted
    watch = subprocess.Popen([options.build + "/ductus", "watch", "--json", "--connect", daemon.folder], stdout=subprocess.PIPE, text=True)
    published = []

    def follow():
        for line in watch.stdout:
            event = json.loads(line)
            if event["state"] == "final":
                published.append(event["published"] / 1000)
    threading.Thread(target=follow, daemon=True).start()
    shown = []
    async with Page(1200, 800) as page:
        await page.open(daemon.ductus("pad", "--print", "--connect", daemon.folder).strip())
        await page.until("document.body.classList.contains('open')")
        await page.value("""window.shown = []; new MutationObserver(() => {
            const count = document.querySelectorAll('#lines li').length;
            if (count > window.shown.length) { window.shown.length = count; requestAnimationFrame(() => setTimeout(() => {
              window.shown[count - 1] = performance.timeOrigin + performance.now(); })); }
          }).observe(document.body, {childList: true, subtree: true}), 0""")
        for number in range(24):
            await page.draw(fitted(ink[number % len(ink)], 60, 80 + number % 5 * 70, 900, 50), 1000 + 30 * number)
            await page.click("#done")
            await page.until(f"window.shown.filter(Boolean).length === {number + 1}", 60)
        shown = await page.value("window.shown")
    watch.terminate()
    # What was published before greets every new subscriber.
    return [late - early for early, late in zip(published[-len(shown):], shown)]


chosen = options.parts or PARTS
figures = {}
daemon = Daemon()
try:
    path, ink = lines(daemon.folder)
    if "start" in chosen:
        alone = pads(daemon, ink, 1, 8)
        figures["start"] = {"ready_s": round(daemon.ready, 3), "resident_mib_with_a_pen": round(daemon.resident, 1), "final_ms": alone["final_ms"]}
    if "reading" in chosen:
        taken = one_by_one(daemon, ink)
        ratios = []
        for _ in range(3):
            rate, wrong = wrk(daemon, ink, max(5, options.seconds / 3))
            ratios.append((rate, evaluate(path), wrong))
        best = max(ratios, key=lambda pair: pair[0] / pair[1])
        figures["reading"] = {"ms": {"p50": quantile(taken, 0.5), "p99": quantile(taken, 0.99)}, "wrk_lines_s": round(best[0], 1),
                              "evaluate_lines_s": round(best[1], 1), "ratio": round(best[0] / best[1], 3), "wrong": sum(pair[2] for pair in ratios)}
    if "pads" in chosen:
        figures["pads"] = pads(daemon, ink, options.pads, options.seconds)
    if "shared" in chosen:
        rates = []
        asking = threading.Thread(target=lambda: rates.append(wrk(daemon, ink, options.seconds)))
        asking.start()
        figures["shared"] = pads(daemon, ink, options.pads, options.seconds)
        asking.join()
        figures["shared"]["wrk_lines_s"] = round(rates[0][0], 1)
    if "screen" in chosen:
        late = asyncio.run(screen(daemon, ink))
        figures["screen"] = {"lines": len(late), "ms": {"p50": quantile(late, 0.5), "p95": quantile(late, 0.95)}}
finally:
    daemon.end()
print(json.dumps(figures))
