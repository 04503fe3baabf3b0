"""A window of Chromium with a text field f, a password p, a PIN n, another text field g: chromium_field.py PROFILE.

Says on standard output what they hold, whenever that changes."""
import asyncio, json, subprocess, sys, time
from pathlib import Path

import websockets

PAGE = ("data:text/html,<title>field</title><input id=f style='font-size:24px;width:90%25' autofocus>"
        "<p><input id=p type=password><p><input id=n type=password inputmode=numeric><p><input id=g>")
profile = Path(sys.argv[1])
browser = subprocess.Popen(
    ["/usr/bin/chromium", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
     "--remote-debugging-port=0", f"--user-data-dir={profile}", "--window-position=0,0", "--window-size=1000,500",
     "--password-store=basic", "--disable-features=Translate", f"--app={PAGE}"],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def main():
    active = profile / "DevToolsActivePort"
    while not (active.exists() and len(active.read_text().split()) == 2):
        await asyncio.sleep(0.05)
    port = active.read_text().split()[0]
    import urllib.request
    while True:
        targets = [t for t in json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json")) if t["type"] == "page"]
        if targets:
            break
        await asyncio.sleep(0.05)
    async with websockets.connect(targets[0]["webSocketDebuggerUrl"], max_size=None) as socket:
        last, number = None, 0
        while True:
            number += 1
            await socket.send(json.dumps({"id": number, "method": "Runtime.evaluate", "params": {
                "returnByValue": True, "expression": "JSON.stringify({text: f.value, p: p.value, n: n.value, g: g.value, active: document.activeElement.id, has: document.hasFocus()})"}}))
            while True:
                answer = json.loads(await socket.recv())
                if answer.get("id") == number:
                    break
            value = answer["result"]["result"].get("value")
            if value and value != last:
                last = value
                print(value, flush=True)
            await asyncio.sleep(0.02)


try:
    asyncio.run(main())
finally:
    browser.terminate()
