#!/usr/bin/env python3
"""Runs a command in a virtual machine whose kernel has /dev/uinput: virtual_machine.py COMMAND…

The machine runs Debian's kernel over this machine's files: it sees them all, and what it writes is gone with it; /tmp, /run and /dev are its
own. Its processor is emulated, so that it needs no hardware support and is some twenty times slower. Exit status: that of the command.
Needs root, qemu-system-x86, kmod, cpio, busybox-static, and a linux-image in apt's lists.
"""
import glob, os, shlex, subprocess, sys, tempfile

MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "evdev", "uinput"]
CACHE = os.path.abspath("build/kernel")
INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc; $b mount -t sysfs sysfs /sys; $b mount -t devtmpfs dev /dev
while read m; do $b insmod /modules/$m; done < /modules/order
$b mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,msize=512000,ro host /below
$b mount -t tmpfs none /above; $b mkdir /above/files /above/work
$b mount -t overlay -o lowerdir=/below,upperdir=/above/files,workdir=/above/work none /root
for m in dev proc sys; do $b mount --move /$m /root/$m; done
$b mkdir -p /root/dev/pts /root/dev/shm
$b mount -t devpts none /root/dev/pts
for m in dev/shm tmp run; do $b mount -t tmpfs none /root/$m; $b chmod 1777 /root/$m; done
$b ip link set lo up
$b cp /command /root/run/command
exec $b switch_root /root /bin/bash /run/command
"""


def kernel():
    """The kernel's package of Debian, unpacked beside the build."""
    if not glob.glob(CACHE + "/boot/vmlinuz-*"):
        depends = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], check=True, capture_output=True, text=True).stdout
        package = next(line.split()[-1] for line in depends.splitlines() if "Depends: linux-image" in line)
        os.makedirs(CACHE, exist_ok=True)
        subprocess.run(["apt-get", "download", package], check=True, cwd=CACHE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        archive = glob.glob(f"{CACHE}/{package}_*.deb")[0]
        subprocess.run(["dpkg-deb", "-x", archive, CACHE], check=True)
        os.remove(archive)
        subprocess.run(["depmod", "-b", CACHE, release()], check=True)
    return f"{CACHE}/boot/vmlinuz-{release()}"


def release():
    return os.listdir(CACHE + "/lib/modules")[0]


def initial_files(folder, command):
    """A file system in memory that mounts this machine's files and starts the command in them."""
    for name in ("bin", "modules", "proc", "sys", "dev", "below", "above", "root"):
        os.makedirs(f"{folder}/{name}")
    subprocess.run(["cp", "/bin/busybox", folder + "/bin"], check=True)
    order = []
    for module in MODULES:
        needed = subprocess.run(["modprobe", "-d", CACHE, "-S", release(), "--show-depends", module], check=True, capture_output=True, text=True)
        for line in needed.stdout.splitlines():
            words = line.split()
            if words[0] == "insmod" and words[1] not in order:
                order.append(words[1])
    subprocess.run(["cp", *order, folder + "/modules"], check=True)
    write(folder + "/modules/order", "".join(os.path.basename(path) + "\n" for path in order))
    write(folder + "/init", INIT, 0o755)
    environment = " ".join(f"{name}={shlex.quote(os.environ[name])}" for name in ("PATH", "HOME") if name in os.environ) + " DUCTUS_PATIENCE=10"
    write(folder + "/command", f"cd {shlex.quote(os.getcwd())}\nexec >/dev/ttyS1 2>&1\nstty -onlcr\nexport {environment}\n"
          f"{shlex.join(command)}\necho \"exit status $?\"\nsync\necho o >/proc/sysrq-trigger\nsleep 60\n")
    files = subprocess.run(["find", "."], check=True, capture_output=True, cwd=folder).stdout
    return subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=files, check=True, capture_output=True, cwd=folder).stdout


def write(path, text, mode=0o644):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        image = kernel()
        archive = initial_files(scratch + "/files", sys.argv[1:])
        with open(scratch + "/initrd", "wb") as file:
            file.write(archive)
        machine = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "4096", "-smp", "2", "-kernel", image,
             "-initrd", scratch + "/initrd", "-append", "console=ttyS0 quiet panic=-1", "-display", "none", "-nodefaults", "-no-reboot",
             "-serial", f"file:{scratch}/console", "-serial", "stdio",
             "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
        last = ""
        for line in machine.stdout:
            if line.startswith("exit status "):
                last = line
            else:
                print(line, end="", flush=True)
        machine.wait()
        if not last:
            sys.exit("The machine ended without an answer. Its console:\n" + open(scratch + "/console", errors="replace").read())
        sys.exit(int(last.split()[-1]))


main()
