#!/usr/bin/env python3
"""The clients against the real daemon: clients_check.py --build DIR CHECK. Exit status 1 and a reason if it does not hold.

CHECKS: python (installed by pip into an environment of its own; every example of its README), javascript (the README's example, in
Node), openapi (schemathesis against /v1/openapi.json), iink (a signed batch, as programs for the commercial service send it).
"""
import argparse, hashlib, hmac, json, os, re, shutil, subprocess, sys, tempfile, urllib.error, urllib.request, venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests/SystemTests/Pad"))
from pad_check import Daemon


def run(*command, folder=None, seconds=300):
    # Debian keeps Node's modules where only its own node looks.
    environment = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=seconds, env=environment)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
    return done.stdout


def blocks(readme, language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / readme).read_text(), re.S)


def environment(folder, *packages):
    venv.create(folder, with_pip=True)
    run(folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *packages)
    return folder / "bin"


def ink(daemon):
    """Strokes as x, y and time, without pressure and tilt."""
    return [stroke[:3] for stroke in daemon.ink("quick brown fox", 3)]


def ink_file(daemon):
    path = Path(daemon.folder, "ink.json")
    path.write_text(json.dumps({"strokes": ink(daemon)}))
    return path


def python(daemon, work):
    # A copy, so that the build leaves nothing in the checkout.
    shutil.copytree(ROOT / "clients/python", work / "client")
    programs = environment(work / "venv", f"{work}/client[zeromq]")
    strokes, outputs = ink_file(daemon), []
    for index, example in enumerate(blocks("clients/python/README.md", "python")):
        Path(work, f"example{index}.py").write_text(example)
        outputs.append(run(programs / "python", work / f"example{index}.py", strokes, daemon.folder))
    text = "".join(outputs)
    expected = daemon.read(json.loads(strokes.read_text())["strokes"])
    for part in (f"at once: {expected}", f"live: {expected}", "is kept", f"final {expected}", f"over ZeroMQ: {expected}"):
        assert part in text, f"{part!r} is not in {text}"


def javascript(daemon, work):
    (example,) = blocks("clients/javascript/README.md", "js")[:1]
    shutil.copy(ROOT / "clients/javascript/ductus.js", work)
    Path(work, "package.json").write_text('{"type": "module"}')
    Path(work, "example.js").write_text(example)
    strokes = ink_file(daemon)
    text = run("node", work / "example.js", daemon.folder, strokes)
    expected = daemon.read(json.loads(strokes.read_text())["strokes"])
    for part in (f"at once: {expected}", f"live: {expected}", "is kept"):
        assert part in text, f"{part!r} is not in {text}"


def openapi(daemon, work):
    programs = environment(work / "venv", "schemathesis>=4,<5")
    token = Path(daemon.folder, "http.token").read_text().strip()
    address = f"http://127.0.0.1:{daemon.port}"
    # In the JSON mapping of protocol buffers null and the empty value stand for what is absent: that is no wrong request.
    run(programs / "schemathesis", "run", f"{address}/v1/openapi.json", "--header", f"Authorization: Bearer {token}",
        "--max-examples", "40", "--seed", "1", "--workers", "1", "--exclude-checks", "unsupported_method,positive_data_acceptance,negative_data_rejection",
        folder=work)


def iink(daemon, work):
    keys = work / "keys"
    keys.write_text("app secret\n")
    daemon.end_process()
    daemon.start("--set", f"http.ink_service_keys={keys}")
    strokes = [{"x": x, "y": y, "t": [round(v) for v in t], "pointerType": "PEN"} for x, y, t in ink(daemon)]
    body = json.dumps({"xDPI": 96, "yDPI": 96, "contentType": "Text", "configuration": {"lang": "en_US"},
                       "strokeGroups": [{"strokes": strokes}]}).encode()

    def post(headers):
        request = urllib.request.Request(f"http://127.0.0.1:{daemon.port}/api/v4.0/iink/batch", body, {
            "Content-Type": "application/json", "Accept": "application/vnd.myscript.jiix", **headers})
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    signature = hmac.new(b"appsecret", body, hashlib.sha512).hexdigest()
    status, answer = post({"applicationKey": "app", "hmac": signature})
    assert status == 200, answer
    expected = daemon.read([[stroke["x"], stroke["y"]] for stroke in strokes])
    assert answer["type"] == "Text" and answer["label"] == expected, answer["label"]
    for member in ("id", "bounding-box", "words", "chars", "lines"):
        assert member in answer, f"{member} is missing"
    words = [word for word in answer["words"] if word["label"].strip()]
    assert all({"label", "candidates", "bounding-box", "items", "first-char", "last-char"} <= set(word) for word in words), words
    assert "".join(char["label"] for char in answer["chars"]) == expected
    assert post({"applicationKey": "app", "hmac": "0" * 128})[0] == 403
    assert post({})[0] == 401


CHECKS = {"python": python, "javascript": javascript, "openapi": openapi, "iink": iink}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=str(ROOT / ".build/release"))
    parser.add_argument("check", choices=CHECKS)
    arguments = parser.parse_args()
    daemon, work = Daemon(arguments.build), Path(tempfile.mkdtemp(prefix="ductus-clients-"))
    try:
        CHECKS[arguments.check](daemon, work)
    except (AssertionError, subprocess.TimeoutExpired) as fault:
        sys.exit(f"{arguments.check}: {fault}")
    finally:
        daemon.end()
        shutil.rmtree(work, ignore_errors=True)
