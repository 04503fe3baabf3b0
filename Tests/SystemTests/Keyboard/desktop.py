"""A desktop for tests of the keyboard: X server, session bus, ibus-daemon, ductusd, a recorded pen, and fields of real toolkits."""
import json, os, queue, shutil, signal, subprocess, sys, tempfile, threading, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
PYTHON = "/usr/bin/python3"
# A virtual machine without hardware support is some twenty times slower.
PATIENCE = float(os.environ.get("DUCTUS_PATIENCE", 1))


def wait_until(holds, seconds=20, what="it"):
    deadline = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < deadline:
        value = holds()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")


class Recording:
    """What a tablet reports, as evemu-record writes it; the ink is that of simulated pens."""

    HEAD = ["# EVEMU 1.3", "N: Simulated Pen", "I: 0003 0001 0002 0003"] + \
        ["B: 01 00 00 00 00 00 00 00 00"] * 5 + ["B: 01 03 04 00 00 00 00 00 00"] + \
        ["A: 00 0 60000 0 0 100", "A: 01 0 40000 0 0 100", "A: 18 0 1000 0 0 0"]

    def __init__(self, start=0.05):
        self.lines, self.time = list(self.HEAD), 0
        # A recording is played from its first report on: without this one nothing would come before the writing.
        self.event((3, 0, 100), (3, 1, 100), (1, 0x140, 1))
        self.event((1, 0x140, 0))
        self.time = start
        # When each text, and its first stroke, is written, and when its samples are.
        self.ends, self.first_ends, self.samples = [], [], []

    def event(self, *changes):
        for kind, code, value in changes:
            self.lines.append(f"E: {self.time:.6f} {kind:04x} {code:04x} {value}")
        self.lines.append(f"E: {self.time:.6f} 0000 0000 0")

    def write(self, strokes, leaves=True):
        """Strokes as [[x], [y], [ms]]; the pen comes near before and leaves after."""
        start, first = self.time, strokes[0][2][0]
        x, y = int(strokes[0][0][0]), int(strokes[0][1][0])
        self.event((3, 0, x), (3, 1, y), (1, 0x140, 1))
        self.samples.append([])
        for number, (xs, ys, times, *_) in enumerate(strokes):
            for index, (x, y, ms) in enumerate(zip(xs, ys, times)):
                self.time = start + 0.02 + (ms - first) / 1000
                touch = [(1, 0x14a, 1)] if index == 0 else []
                self.event((3, 0, int(x)), (3, 1, int(y)), (3, 0x18, 500 + index % 2), *touch)
                self.samples[-1].append(self.time)
            if number == 0:
                self.first_ends.append(self.time)
            self.time += 0.004
            self.event((3, 0x18, 0), (1, 0x14a, 0))
        if leaves:
            self.time += 0.05
            self.event((3, 0x18, 0), (1, 0x140, 0))
        self.ends.append(self.time)

    def pause(self, seconds):
        self.time += seconds

    def save(self, path):
        Path(path).write_text("\n".join(self.lines) + "\n")
        return str(path)


class Field:
    """A program with a field, that says what its field holds."""

    def __init__(self, desktop, *command):
        self.states, self.errors = [], []
        self.process = subprocess.Popen(
            command, env=desktop.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        desktop.children.append(self.process)
        threading.Thread(target=self.read, daemon=True).start()
        wait_until(lambda: self.states, what="the field shows")

    def read(self):
        for line in self.process.stdout:
            self.states.append((time.monotonic(), json.loads(line)))

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    @property
    def text(self):
        return self.states[-1][1]["text"]

    @property
    def preedits(self):
        return [state["preedit"] for _, state in self.states if state.get("preedit")]

    def until(self, text, seconds=20):
        wait_until(lambda: self.text == text, seconds, lambda: f"{self.text!r} is {text!r}")


class Desktop:
    def __init__(self, build, model="english"):
        self.build = Path(build)
        self.folder = tempfile.mkdtemp(prefix="ductus-keyboard-")
        self.children = []
        home = Path(self.folder, "home")
        home.mkdir()
        runtime = Path(self.folder, "run")
        runtime.mkdir(mode=0o700)
        self.environment = {name: value for name, value in os.environ.items() if name not in (
            "IBUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
        self.environment.update(
            HOME=str(home), XDG_RUNTIME_DIR=str(runtime), GTK_IM_MODULE="ibus", QT_IM_MODULE="ibus", XMODIFIERS="@im=ibus",
            GDK_BACKEND="x11", QT_QPA_PLATFORM="xcb", NO_AT_BRIDGE="1", GSETTINGS_BACKEND="memory", LANG="C.UTF-8")
        self.start_display()
        self.start_bus()
        self.start_ibus()
        self.model = model
        self.daemon = None

    # The desktop

    def child(self, *command, **options):
        process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, **options)
        self.children.append(process)
        return process

    def start_display(self):
        receive, send = os.pipe()
        self.child("Xvfb", "-displayfd", str(send), "-screen", "0", "1024x600x24", "-nolisten", "tcp",
                   pass_fds=(send,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(send)
        with os.fdopen(receive) as reader:
            self.environment["DISPLAY"] = ":" + reader.readline().strip()

    def start_bus(self):
        bus = self.child("dbus-daemon", "--session", "--nofork", "--print-address=1", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()

    PANEL = "disable"

    def install_component(self, *options):
        """As the package does, with the program that was built."""
        folder = Path(self.folder, "component")
        folder.mkdir()
        text = (ROOT / "packaging/ibus/ductus.xml").read_text()
        program = " ".join([str(self.build / "ductus"), "keyboard", "--ibus", "--connect", self.folder + "/ductus", *options])
        (folder / "ductus.xml").write_text(text.replace("/usr/bin/ductus keyboard --ibus", program))
        self.environment["IBUS_COMPONENT_PATH"] = f"{folder}:/usr/share/ibus/component"

    def restart_ibus(self):
        self.ibus.terminate()
        self.ibus.wait()
        self.start_ibus()

    def start_ibus(self):
        self.ibus = self.child("ibus-daemon", "--xim", "--cache=none", "--panel=" + self.PANEL, "--emoji-extension=disable",
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.ibus_says("address") not in ("", "(null)"), what="ibus-daemon listens")
        self.ibus_says("engine", "xkb:us::eng")

    def ibus_says(self, *arguments):
        return subprocess.run(["ibus", *arguments], env=self.environment, capture_output=True, text=True).stdout.strip()

    @property
    def engine(self):
        return self.ibus_says("engine")

    # Ductus

    def start_daemon(self):
        Path(self.folder, "ductus.yaml").write_text(
            f'directories: {{runtime: "{self.folder}/ductus", state: "{self.folder}/state"}}\n'
            f'http: {{address: off}}\nlogging: {{level: error}}\n'
            f'pipelines:\n  - {{name: ink, model: "{ROOT}/models/{self.model}"}}\n')
        os.makedirs(self.folder + "/ductus", mode=0o700, exist_ok=True)
        self.daemon = self.child(str(self.build / "ductusd"), "--config", self.folder + "/ductus.yaml")
        wait_until(lambda: self.ductus("status", "--json", check=False).returncode == 0, 30, "the daemon answers")

    def ductus(self, *arguments, check=True):
        connect = [] if arguments[0] == "synthesize" else ["--connect", self.folder + "/ductus"]
        return subprocess.run([self.build / "ductus", *arguments, *connect], env=self.environment, capture_output=True, text=True, check=check)

    def ink(self, text, seed, hand="printed", scale=1, down=0):
        out = f"{self.folder}/ink.ndjson"
        self.ductus("synthesize", text, "--seed", str(seed), "--writer", "4", "--hand", hand, "--out", out)
        strokes = json.loads(Path(out).read_text().splitlines()[0])["strokes"]
        return [[[scale * x for x in xs], [scale * y + down for y in ys], *more] for xs, ys, *more in strokes]

    def start_keyboard(self, *arguments):
        self.log = open(self.folder + "/keyboard.log", "ab")
        self.began = time.monotonic()
        self.keyboard = self.child(str(self.build / "ductus"), "keyboard", "--connect", self.folder + "/ductus", *arguments,
                                   stdout=self.log, stderr=self.log)
        return self.keyboard

    def wait_for_pen(self, end):
        """Until the recording is at this time, and a second longer: what has not happened then does not happen."""
        time.sleep(max(0, self.began + end + 1 - time.monotonic()))

    @property
    def log_text(self):
        return Path(self.folder, "keyboard.log").read_text()

    def corrections(self):
        return [json.loads(line) for line in self.ductus("journal", "export").stdout.splitlines()]

    # Fields

    def gtk(self, kind="entry"):
        field = Field(self, PYTHON, str(HERE / "gtk_field.py"), kind)
        self.focus("field")
        return field

    def qt(self, kind="line"):
        field = Field(self, PYTHON, str(HERE / "qt_field.py"), kind)
        self.focus("field")
        return field

    def focus(self, title):
        """There is no window manager: the window gets the keys by hand."""
        subprocess.run(["xdotool", "search", "--sync", "--onlyvisible", "--name", f"^{title}$", "windowfocus", "--sync"],
                       env=self.environment, check=True, capture_output=True, timeout=20 * PATIENCE)

    def type(self, *keys):
        subprocess.run(["xdotool", "key", *keys], env=self.environment, check=True)

    def click(self, x, y):
        subprocess.run(["xdotool", "mousemove", str(x), str(y), "click", "1"], env=self.environment, check=True)

    def window(self, title):
        """(left, top, width, height) of a window, once it is shown and keeps its size."""
        def geometry():
            found = subprocess.run(["xdotool", "search", "--sync", "--onlyvisible", "--name", f"^{title}$", "getwindowgeometry", "--shell"],
                                   env=self.environment, check=True, capture_output=True, text=True, timeout=20)
            places = dict(line.split("=") for line in found.stdout.splitlines())
            return tuple(int(places[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))

        def settled():
            before = geometry()
            time.sleep(0.5)
            return before == geometry() and before
        return wait_until(settled, 10, f"{title} keeps its size")

    def ink_on_screen(self):
        """A place where there are points of the ink's colour; none: []."""
        found = subprocess.run([PYTHON, str(HERE / "ink_on_screen.py")], env=self.environment, check=True, capture_output=True, text=True)
        return found.stdout.split()

    def picture(self, path):
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment, check=True)

    def end(self):
        for process in reversed(self.children):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class PicturedDesktop(Desktop):
    """The same with the panel that shows other readings, and letters that can be read in a picture."""

    PANEL = "/usr/libexec/ibus-ui-gtk3"

    def start_display(self):
        self.environment["GDK_DPI_SCALE"] = "1.7"
        super().start_display()


class SwayDesktop(Desktop):
    """The same under sway without a screen: the programs speak Wayland, and ask IBus because their environment names it."""

    NOBODY = 65534

    def start_display(self):
        runtime = Path(self.environment["XDG_RUNTIME_DIR"])
        self.environment.pop("DISPLAY", None)
        self.environment.update(
            WLR_BACKENDS="headless", WLR_LIBINPUT_NO_DEVICES="1", WLR_RENDERER="pixman", GDK_BACKEND="wayland", QT_QPA_PLATFORM="wayland")
        configuration = Path(self.folder, "sway.conf")
        configuration.write_text("xwayland disable\noutput HEADLESS-1 mode 1024x600\n")
        command = ["sway", "-c", str(configuration)]
        if os.getuid() == 0:
            # sway refuses to be root.
            os.chmod(self.folder, 0o755)
            os.chown(runtime, self.NOBODY, self.NOBODY)
            command = ["setpriv", f"--reuid={self.NOBODY}", f"--regid={self.NOBODY}", "--clear-groups", *command]
        self.child(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def displays():
            return [path.name for path in runtime.glob("wayland-*") if path.suffix != ".lock"]
        self.environment["WAYLAND_DISPLAY"] = wait_until(displays, 10, "sway runs")[0]
        # A seat without a keyboard gives no window the focus: one that presses its key in a minute.
        self.child("wtype", "-s", "60000", "a")

    def focus(self, title):
        """sway gives a new window the focus by itself."""
