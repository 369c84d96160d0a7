"""What does a target with a ROMFS look like to the host? Installed on one that has only VfsRom.

Both ports that are at hand mount a ROMFS (py's VfsRom) but have no rom_ioctl. This puts a module
`vfs` before the real one, with the segment in RAM and one of three manners: `partition` is the
ESP32's (an object with the block protocol), `segment` that of ports which write by rom_ioctl,
`readonly` that of ports which cannot write, and say so to nobody (mpremote believes it worked).
"""

CODE = """
import sys
sys.modules.pop("vfs", None)  # of an earlier one
import vfs as _real
_memory = %(memory)s
_memory[:4] = b"\\xd2\\xcd\\x31\\x00"
class _Partition:
    def ioctl(self, op, arg):
        if op == 4:
            return len(_memory) // 4096
        if op == 5:
            return 4096
        if op == 6:
            _memory[arg * 4096 : arg * 4096 + 4096] = b"\\xff" * 4096
            return 0
    def writeblocks(self, n, buf, off=0):
        n = n * 4096 + off
        if bytes(_memory[n : n + len(buf)]) != b"\\xff" * len(buf):
            raise OSError(5)  # flash: only an erase makes ones
        _memory[n : n + len(buf)] = buf
class _Vfs:
    mount = staticmethod(_real.mount)
    umount = staticmethod(_real.umount)
    def VfsRom(self, device):
        return _real.VfsRom(_memory)
    def rom_ioctl(self, op, segment=0, at=0, buf=None):
        if op == 1:
            return 1
        if op == 2:
            return _Partition() if %(manner)r == "partition" else memoryview(_memory)
        if %(manner)r == "segment":
            if op == 6:
                return 4096
            if op == 3:
                return 4
            if op == 4:
                _memory[at : at + len(buf)] = buf
                return 0
            if op == 5:
                return 0
        return -22
sys.modules["vfs"] = _Vfs()
"""


def install(link, manner, memory="bytearray(0x60000)"):
    """The target behind a Link has a ROMFS of that manner, until its next restart."""
    link.run(CODE % {"manner": manner, "memory": memory})
