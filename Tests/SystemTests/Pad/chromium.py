"""Debian's Chromium, headless, over its debugging protocol: a page, its pens, its pictures."""
import asyncio, base64, json, os, shutil, subprocess, tempfile
import websockets


class Page:
    """One page. `async with Page(width, height) as page`."""

    def __init__(self, width=1100, height=800, scale=1, dark=False, mobile=False):
        self.size, self.scale, self.dark, self.mobile = (width, height), scale, dark, mobile
        self.messages, self.errors, self.count = {}, [], 0

    async def __aenter__(self):
        self.folder = tempfile.mkdtemp(prefix="ductus-chromium-")
        self.process = subprocess.Popen(
            [shutil.which("chromium") or "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-port=0", "--no-first-run", f"--user-data-dir={self.folder}", "--ignore-certificate-errors",
             f"--window-size={self.size[0]},{self.size[1]}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        active = self.folder + "/DevToolsActivePort"
        for _ in range(600):
            if os.path.exists(active) and len(open(active).read().split()) == 2:
                break
            await asyncio.sleep(0.05)
        port, path = open(active).read().split()
        self.socket = await websockets.connect(f"ws://127.0.0.1:{port}{path}", max_size=None)
        self.session = None
        self.reader = asyncio.create_task(self.read())
        target = (await self.send("Target.createTarget", url="about:blank"))["targetId"]
        self.session = (await self.send("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            await self.send(domain + ".enable")
        await self.resize(*self.size)
        return self

    async def resize(self, width, height):
        await self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=self.scale, mobile=self.mobile)
        await self.scheme(self.dark)

    async def scheme(self, dark):
        await self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    async def __aexit__(self, *_):
        self.reader.cancel()
        try:
            await asyncio.wait_for(self.send("Browser.close", session=False), 5)
        except Exception:
            pass
        await self.socket.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def read(self):
        async for text in self.socket:
            message = json.loads(text)
            if "id" in message:
                self.messages.pop(message["id"]).set_result(message)
            elif message["method"] == "Runtime.exceptionThrown":
                self.errors.append(message["params"]["exceptionDetails"].get("exception", {}).get("description", "exception"))
            elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.errors.append(message["params"]["entry"]["text"] + " " + message["params"]["entry"].get("url", ""))

    async def send(self, method, session=True, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if session and self.session:
            message["sessionId"] = self.session
        answer = self.messages[self.count] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps(message))
        message = await answer
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        return message["result"]

    async def open(self, address):
        await self.send("Page.navigate", url=address)
        await self.until("document.readyState === 'complete'")

    async def value(self, script):
        result = await self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", script))
        return result["result"].get("value")

    async def until(self, script, seconds=20):
        """Waits until the script's value is true, and gives it."""
        for _ in range(int(seconds / 0.02)):
            value = await self.value(script)
            if value:
                return value
            await asyncio.sleep(0.02)
        raise TimeoutError(script)

    async def picture(self, path):
        data = (await self.send("Page.captureScreenshot", format="png"))["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    async def click(self, selector):
        """With the mouse, in the middle of the first element that matches."""
        x, y = await self.value(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'nearest'}}); const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()")
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def type(self, text):
        await self.send("Input.insertText", text=text)

    async def key(self, key, code):
        for kind in ("rawKeyDown", "char", "keyUp"):
            await self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text="\r" if key == "Enter" and kind == "char" else "")

    async def pen(self, kind, x, y, seconds=None, force=0.5, pointer="pen"):
        params = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "pointerType": pointer,
                  "force": force, "tiltX": 20, "tiltY": -10, "clickCount": 1}
        if seconds is not None:
            params["timestamp"] = seconds
        await self.send("Input.dispatchMouseEvent", **params)

    async def draw(self, strokes, start=None):
        """Strokes [[x], [y], [ms]], drawn with a pen at their own times, as fast as the page takes them."""
        start = start if start is not None else 1000.0
        for x, y, t in strokes:
            at = lambda index: start + t[index] / 1000
            await self.pen("mousePressed", x[0], y[0], at(0))
            for index in range(1, len(x)):
                await self.pen("mouseMoved", x[index], y[index], at(index))
            await self.pen("mouseReleased", x[-1], y[-1], at(len(x) - 1), force=0)


def fitted(strokes, left, top, width, height):
    """The strokes, moved and scaled as a whole into a box."""
    xs = [x for stroke in strokes for x in stroke[0]]
    ys = [y for stroke in strokes for y in stroke[1]]
    scale = min(width / max(1e-6, max(xs) - min(xs)), height / max(1e-6, max(ys) - min(ys)))
    return [[[left + (x - min(xs)) * scale for x in stroke[0]], [top + (y - min(ys)) * scale for y in stroke[1]], stroke[2]] for stroke in strokes]
