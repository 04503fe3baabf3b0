#!/usr/bin/env python3
"""The pad in Debian's Chromium against the real daemon: pad_check.py --build DIR CHECK. Exit status 1 and a reason if it does not hold.

CHECKS: draw (a fixture drawn through the page gives the finals of its replay), correct (a word is corrected by tapping, and what is
learned is told), reconnect (kill -9 of the daemon loses no stroke), search (notes are found and drawn), pictures (three sizes, light and dark; stored under build/pad).
"""
import argparse, asyncio, json, os, shutil, socket, subprocess, sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from chromium import Page, fitted

ROOT = Path(__file__).resolve().parents[3]


class Daemon:
    def __init__(self, build):
        self.build = Path(build)
        self.folder = tempfile.mkdtemp(prefix="ductus-pad-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        Path(self.folder, "ductus.yaml").write_text(
            f'directories: {{runtime: "{self.folder}", state: "{self.folder}/state"}}\n'
            f'http: {{address: "127.0.0.1:{self.port}", notes: "{self.folder}/notes.sqlite"}}\nlogging: {{level: error}}\n'
            # A browser that draws by software may be slower than any hand: a line ends when the page says so.
            f'pipelines:\n  - {{name: ink, model: "{ROOT}/models/english", endpoint: {{idle: 60 s}}}}\n')
        self.start()

    def start(self, *flags):
        self.process = subprocess.Popen([self.build / "ductusd", "--config", self.folder + "/ductus.yaml", *flags])
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None, "the daemon ended"
                time.sleep(0.02)
        raise TimeoutError("the daemon does not serve")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ductus(self, *arguments):
        return subprocess.run([self.build / "ductus", *arguments], capture_output=True, text=True, check=True).stdout

    @property
    def pad(self):
        return self.ductus("pad", "--print", "--connect", self.folder).strip()

    def ink(self, text, seed):
        out = f"{self.folder}/{seed}.ndjson"
        self.ductus("synthesize", text, "--seed", str(seed), "--out", out)
        return json.loads(Path(out).read_text().splitlines()[0])["strokes"]

    def read(self, strokes):
        """What the strokes say, read at once."""
        import urllib.request
        body = json.dumps({"strokes": strokes}).encode()
        token = Path(self.folder, "http.token").read_text().strip()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/recognize", body, {
            "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))["text"]

    def end_process(self):
        self.process.terminate()
        self.process.wait()

    def end(self):
        self.end_process()
        shutil.rmtree(self.folder, ignore_errors=True)


LINES = "[...document.querySelectorAll('#lines li')].map((line) => [...line.querySelectorAll('.word')].map((word) => word.textContent).join(' '))"


async def opened(page, daemon):
    await page.open(daemon.pad)
    await page.until("document.body.classList.contains('open')")


def fixture_segments(name):
    """The strokes of a fixture's segments, [[x], [y], [ms]] each."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString((ROOT / "clients/python/src/ductus/protocol.desc").read_bytes()).file:
        pool.Add(file)
    make = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    envelope, ink = (make(pool.FindMessageTypeByName("ductus.v1." + name)) for name in ("Envelope", "InkMessage"))
    data, at, segments, strokes, down = (ROOT / f"fixtures/{name}.fixture").read_bytes(), 0, [], [], False
    while at < len(data):
        length = shift = 0
        while True:
            byte = data[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        message = ink.FromString(envelope.FromString(data[at:at + length]).payload)
        at += length
        kind = message.WhichOneof("body")
        if kind == "samples":
            samples, now = message.samples, 0
            for index in range(len(samples.x)):
                now += samples.time[index]
                touches = samples.contact[index] if samples.contact else True
                if touches and not down:
                    strokes.append([[], [], []])
                if touches:
                    for column, value in zip(strokes[-1], (samples.x[index], samples.y[index], now / 1000)):
                        column.append(value)
                down = touches
        elif kind == "end_of_segment":
            segments.append(strokes)
            strokes, down = [], False
    return segments


async def draw(daemon):
    expected = [line.split("\t")[1] for line in (ROOT / "fixtures/explicit-end.expected").read_text().splitlines()]
    async with Page() as page:
        await opened(page, daemon)
        for index, strokes in enumerate(fixture_segments("explicit-end")):
            await page.draw(fitted(strokes, 60, 120 + 140 * index, 800, 90), 1000 + 60 * index)
            await page.click("#done")
            await page.until(f"document.querySelectorAll('#lines li').length === {index + 1}")
        found = await page.value(LINES)
        assert found == expected, f"{found} instead of {expected}"
        spoken = await page.value("document.getElementById('live').textContent")
        assert spoken == expected[-1], f"a screen reader hears {spoken!r}"
        assert not page.errors, page.errors


def errors(text, truth):
    """Edits from one text to the other."""
    row = list(range(len(truth) + 1))
    for i, a in enumerate(text, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(truth, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


# A hand whose name is misread before anything was learned of it.
HAND = 20
TRUTHS = ("Szymon calls back", "call Szymon Kowal")


async def correct(daemon):
    async with Page(1200, 900) as page:
        await opened(page, daemon)
        await page.click("#panel-button")
        await page.click("#writer")
        await page.type("anna")
        await page.click("#writer-form button")
        before = 0

        async def write(truth, line):
            await page.draw(fitted(daemon.ink(truth, HAND), 60, 60 + 110 * (line % 4), 640, 70), 1000 + 60 * line)
            await page.click("#done")
            await page.until(f"document.querySelectorAll('#lines li').length === {line + 1}")
            return (await page.value(LINES))[line]

        for line, truth in enumerate(TRUTHS):
            read = await write(truth, line)
            if line == 0:
                before = errors(read, truth)
            wrong = next((index for index, (a, b) in enumerate(zip(read.split(), truth.split())) if a != b), 0)
            words = truth.split() if len(read.split()) == len(truth.split()) else None
            assert words, f"{read!r} has other words than {truth!r}"
            await page.click(f"#lines li:nth-child({line + 1}) .word:nth-of-type({wrong + 1})")
            await page.until("document.getElementById('word').open")
            await page.value("document.getElementById('word-text').select()")
            await page.type(words[wrong])
            await page.key("Enter", 13)
            await page.until(f"document.querySelector('#lines li:nth-child({line + 1}) .mark')?.textContent")
        assert before > 0, "the hand is read without errors already: choose another"
        outcome = await page.until("[...document.querySelectorAll('#learning li')].map((item) => item.textContent).find((text) => /^(Learned|Held back)/.test(text))", 150)
        assert "%" in outcome, f"without figures: {outcome}"
        marks = await page.value("[...document.querySelectorAll('#lines .mark')].map((mark) => mark.textContent)")
        assert {"learned", "held back"} & set(marks), marks
        after = errors(await write(TRUTHS[0], len(TRUTHS)), TRUTHS[0])
        assert after < before, f"{after} errors after learning, {before} before: {outcome}"
        assert "anna" in daemon.ductus("status", "--connect", daemon.folder)
        assert not page.errors, page.errors


async def reconnect(daemon):
    strokes = daemon.ink("we wait for the ferry", 5)
    expected = daemon.read(strokes)
    half = len(strokes) // 2
    placed = fitted(strokes, 60, 120, 800, 80)
    async with Page() as page:
        await opened(page, daemon)
        await page.draw(placed[:half])
        daemon.kill()
        await page.until("!document.body.classList.contains('open')")
        await page.draw(placed[half:])
        daemon.start()
        await page.until("document.body.classList.contains('open')", 30)
        await page.click("#done")
        await page.until("document.querySelectorAll('#lines li').length > 0")
        found = " ".join(await page.value(LINES))
        assert found == expected, f"{found!r} instead of {expected!r}"


async def search(daemon):
    """Two notes of a page each; the words of one are found, its page is drawn with the line marked; what is not there is said."""
    folder = Path(daemon.folder, "notes")
    folder.mkdir()
    page_of = lambda texts, seed: [[x, [v + 90 * row for v in y], [v + 60_000 * row for v in t]]
                                   for row, text in enumerate(texts) for x, y, t in fitted(daemon.ink(text, seed + row), 0, 0, 40 * len(text), 60)]
    for name, texts in (("list", ("bread and milk", "apples")), ("letter", ("we wait for the ferry", "on the island"))):
        (folder / f"{name}.ndjson").write_text(json.dumps({"id": "1", "strokes": page_of(texts, 7)}))
    async with Page() as page:
        await page.open(daemon.pad.replace("/#", "/search.html#"))

        async def find(words):
            await page.value("document.getElementById('words').value = ''; document.getElementById('words').focus()")
            await page.type(words)
            await page.key("Enter", 13)

        await find("ferry")
        said = await page.until("document.getElementById('found').textContent")
        assert "ductus index" in said, f"without an index: {said}"
        assert all("404" in error for error in page.errors), page.errors
        page.errors.clear()
        daemon.ductus("index", str(folder), "--index", daemon.folder + "/notes.sqlite")
        await find("ferry")
        await page.until("!!document.querySelector('#hits .page polygon')")
        names = await page.value("[...document.querySelectorAll('#hits summary span')].map((span) => span.textContent)")
        assert len(names) == 1 and names[0].startswith("letter.ndjson, page 1"), names
        drawn = await page.value("document.querySelectorAll('#hits svg path').length")
        assert drawn == len(page_of(("we wait for the ferry", "on the island"), 7)), drawn
        (ROOT / "build/pad").mkdir(parents=True, exist_ok=True)
        await page.picture(ROOT / "build/pad/search.png")
        await find("zebra")
        await page.until("document.getElementById('found').textContent === 'Not found.'")
        assert await page.value("document.querySelectorAll('#hits *').length") == 0
        assert not page.errors, page.errors


async def pictures(daemon):
    folder = ROOT / "build/pad"
    folder.mkdir(parents=True, exist_ok=True)
    for name, width, height in (("phone", 390, 780), ("desk", 1200, 800), ("wall", 2560, 1440)):
        async with Page(width, height, mobile=name == "phone") as page:
            await opened(page, daemon)
            for index, text in enumerate(("the quick brown fox", "jumps over")):
                place = fitted(daemon.ink(text, 7 + index), width * 0.06, height * (0.14 + 0.13 * index), width * 0.8, height * 0.08)
                await page.draw(place, 1000 + 30 * index)
                await page.click("#done")
                await page.until(f"document.querySelectorAll('#lines li').length === {index + 1}")
            for dark in (False, True):
                await page.scheme(dark)
                await asyncio.sleep(0.3)
                await page.picture(folder / f"{name}-{'dark' if dark else 'light'}.png")
            overflow = await page.value("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{name}: {overflow} pixels stick out"
            small = await page.value("[...document.querySelectorAll('button:not(.word)')].filter((button) => button.offsetParent && button.getBoundingClientRect().height < 32).map((button) => button.id)")
            assert not small, f"{name}: too small for a finger: {small}"
            assert not page.errors, page.errors


CHECKS = {"draw": draw, "correct": correct, "reconnect": reconnect, "search": search, "pictures": pictures}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=str(ROOT / ".build/release"))
    parser.add_argument("check", choices=CHECKS)
    arguments = parser.parse_args()
    daemon = Daemon(arguments.build)
    try:
        asyncio.run(CHECKS[arguments.check](daemon))
    except (AssertionError, TimeoutError, RuntimeError) as fault:
        sys.exit(f"{arguments.check}: {fault}")
    finally:
        daemon.end()
