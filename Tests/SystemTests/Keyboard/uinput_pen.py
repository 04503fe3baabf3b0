"""A tablet that the kernel takes for a real one: made through /dev/uinput, with the axes of a `Recording`."""
import fcntl, os, struct, time

UI_DEV_CREATE, UI_DEV_DESTROY, UI_DEV_SETUP, UI_ABS_SETUP = 0x5501, 0x5502, 0x405c5503, 0x401c5504
UI_SET_EVBIT, UI_SET_KEYBIT, UI_SET_ABSBIT, UI_SET_PROPBIT = 0x40045564, 0x40045565, 0x40045567, 0x4004556e
EVIOCGRAB = 0x40044590
# (code, largest value, units for each millimetre), as in the head of a recording.
AXES = [(0x00, 60000, 100), (0x01, 40000, 100), (0x18, 1000, 0)]
PEN, TOUCH, SYNC, KEY, AXIS = 0x140, 0x14a, 0, 1, 3


class UinputPen:
    def __init__(self, name="Simulated Pen"):
        self.device = os.open("/dev/uinput", os.O_WRONLY | os.O_NONBLOCK)
        for kind in (SYNC, KEY, AXIS):
            fcntl.ioctl(self.device, UI_SET_EVBIT, kind)
        for key in (PEN, TOUCH):
            fcntl.ioctl(self.device, UI_SET_KEYBIT, key)
        fcntl.ioctl(self.device, UI_SET_PROPBIT, 0)
        for code, largest, resolution in AXES:
            fcntl.ioctl(self.device, UI_SET_ABSBIT, code)
            fcntl.ioctl(self.device, UI_ABS_SETUP, struct.pack("=HHiiiiii", code, 0, 0, 0, largest, 0, 0, resolution))
        fcntl.ioctl(self.device, UI_DEV_SETUP, struct.pack("=HHHH80sI", 3, 1, 2, 3, name.encode(), 0))
        fcntl.ioctl(self.device, UI_DEV_CREATE)
        time.sleep(0.5)
        self.path = next(path for path in event_devices() if name_of(path) == name)

    def play(self, recording):
        """Reports what the recording holds, each event when it is due."""
        began = time.monotonic()
        for line in recording.lines:
            if line.startswith("E: "):
                at, kind, code, value = line.split()[1:]
                time.sleep(max(0, began + float(at) - time.monotonic()))
                os.write(self.device, struct.pack("=qqHHi", 0, 0, int(kind, 16), int(code, 16), int(value)))

    def unplug(self):
        fcntl.ioctl(self.device, UI_DEV_DESTROY)
        os.close(self.device)

    @property
    def is_taken(self):
        """Whether a program has the tablet for itself."""
        with open(self.path, "rb") as device:
            try:
                fcntl.ioctl(device, EVIOCGRAB, 1)
            except OSError:
                return True
            fcntl.ioctl(device, EVIOCGRAB, 0)
            return False


def event_devices():
    return [f"/dev/input/{name}" for name in os.listdir("/dev/input") if name.startswith("event")]


def name_of(path):
    with open(f"/sys/class/input/{os.path.basename(path)}/device/name") as name:
        return name.read().strip()
