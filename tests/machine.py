"""A machine of its own to install the registry on: this one's Debian, booted again by systemd in namespaces.

It sees this machine's files and writes over a layer in memory, has its own processes, users, services and network (no
way out), and is gone when it is stopped. It takes root, as an installation does.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

# What would reach for this machine's kernel and hardware, or wait for them.
MASKED = """
    apparmor.service e2scrub_reap.service networking.service systemd-binfmt.service systemd-logind.service
    systemd-modules-load.service systemd-networkd.service systemd-pcrphase-sysinit.service systemd-pcrphase.service
    systemd-random-seed.service systemd-remount-fs.service systemd-resolved.service systemd-sysctl.service
    systemd-timesyncd.service systemd-udev-trigger.service systemd-udevd.service proc-sys-fs-binfmt_misc.automount
    dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount
    sys-kernel-tracing.mount
"""

BOOT = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o size=75%,mode=755 layer "$ROOM"
mkdir "$ROOM/written" "$ROOM/work" "$ROOM/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$ROOM/written,workdir=$ROOM/work" "$ROOM/root"
cd "$ROOM/root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 devices dev
for device in null zero full random urandom tty; do
    touch dev/$device
    mount --bind /dev/$device dev/$device
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 shared dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 terminals dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t tmpfs -o mode=755 run run
mkdir run/lock
# what containers have so that installing a package starts nothing
rm -f usr/sbin/policy-rc.d
rm -rf etc/systemd/system/*.wants
# it would empty /tmp and /var/tmp, file by file
ln -sf /dev/null etc/tmpfiles.d/tmp.conf
for unit in $MASKED; do ln -sf /dev/null etc/systemd/system/$unit; done
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\n' > etc/systemd/system/machine.target
# not chroot, in which services could not be given users of their own
pivot_root . mnt
umount -l mnt
exec /usr/bin/env -i container=test PATH="$PATH" /lib/systemd/systemd --system --unit=machine.target \
    --log-level=warning --show-status=false
"""

ASK = ("systemctl", "is-active", "--quiet", "machine.target")
NAMESPACES = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup")


class NotBooted(RuntimeError):
    """This machine cannot boot another, or that does not answer."""


class Machine:
    """`run` what an operator would type. As a context it is booted, and gone at its end."""

    def __enter__(self) -> "Machine":
        if os.geteuid() != 0 or not Path("/lib/systemd/systemd").exists():
            raise NotBooted("An installation is tried as root on Debian with systemd.")
        # not under /tmp, which services may see another of
        self.room = Path(tempfile.mkdtemp(prefix="registry-machine-", dir="/var/tmp"))
        self.cgroup = _unified_cgroups() / self.room.name
        self.cgroup.mkdir()
        with (self.room.with_suffix(".log")).open("w") as log:
            self.process = subprocess.Popen(
                # ends with who started it, however that ends
                [
                    "setpriv",
                    "--pdeathsig",
                    "KILL",
                    "unshare",
                    *NAMESPACES,
                    "--fork",
                    "--kill-child",
                    "bash",
                    "-c",
                    BOOT,
                ],
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ROOM": str(self.room), "MASKED": MASKED.strip()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # joins its group of processes before it has a namespace of them
                preexec_fn=lambda: (self.cgroup / "cgroup.procs").write_text("0"),
                start_new_session=True,
            )
        try:
            self._wait()
            self.run("ip link set lo up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # the end of its first process is the end of all of them
        if first := self.pid():
            os.kill(first, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        deadline = time.monotonic() + 20
        while self.cgroup.exists() and time.monotonic() < deadline:
            for folder, _folders, _files in os.walk(self.cgroup, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    time.sleep(0.05)
        self.room.with_suffix(".log").unlink(missing_ok=True)
        shutil.rmtree(self.room, ignore_errors=True)

    def pid(self) -> int | None:
        """Its first process, as this machine counts."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return next(map(int, children.read_text().split()), None) if children.exists() else None

    def popen(self, *command: object, **options) -> subprocess.Popen:
        command = ["nsenter", f"--target={self.pid()}", *NAMESPACES, "--root", "--wdns=/", *map(str, command)]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        environment |= {"LANG": "C.UTF-8"} | options.pop("environment", {})
        return subprocess.Popen(command, env=environment, text=True, **options)

    def run(self, line: str, *, fails: bool = False, **options) -> str:
        """What a line typed by root prints, errors among it. AssertionError where it fails and should not, or does not
        and should.
        """
        process = self.popen("bash", "-c", line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        said, _nothing = process.communicate(timeout=900)
        assert (process.returncode != 0) == fails, f"{line}\nended with {process.returncode}:\n{said}"
        return said

    def _runs_systemd(self) -> bool:
        return self.pid() is not None and Path(f"/proc/{self.pid()}/comm").read_text().strip() == "systemd"

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._runs_systemd() and self.popen(*ASK, stderr=subprocess.DEVNULL).wait() == 0:
                return
            time.sleep(0.1)
        raise NotBooted(f"systemd did not come up:\n{self.room.with_suffix('.log').read_text()}")


def _unified_cgroups() -> Path:
    for line in Path("/proc/mounts").read_text().splitlines():
        _device, place, kind, *_rest = line.split()
        if kind == "cgroup2":
            return Path(place)
    raise NotBooted("systemd needs the unified hierarchy of control groups (cgroup2).")
