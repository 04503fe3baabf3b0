"""Says where on the screen of an X server ink is drawn: x and y of one of its points; nothing where there is none."""
import gi

gi.require_version("Gdk", "3.0")
from gi.repository import Gdk

INK = bytes.fromhex("1a3fb0")
root = Gdk.get_default_root_window()
width, height = root.get_width(), root.get_height()
picture = Gdk.pixbuf_get_from_window(root, 0, 0, width, height)
pixels, stride, channels = picture.get_pixels(), picture.get_rowstride(), picture.get_n_channels()
points = [(x, y) for y in range(height) for x in range(width) if pixels[y * stride + x * channels:y * stride + x * channels + 3] == INK]
if len(points) > 20:
    print(*points[len(points) // 2])
