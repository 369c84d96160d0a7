"""How does a small record reach the flash so that a power cut leaves the old or the new one?

One file a record. LittleFS keeps a file of at most 128 bytes inline in its directory: such a
write costs no erase (20 times less wear and no 80 ms stall), so writers keep records that small
where they can. Version, payload and CRC are the business of who writes the record.
"""

import os


class FileStore:
    """Records as files of one directory: names(), read(), write(), delete(), free().

    A write goes to NAME~ and is renamed: atomic on LittleFS and on Linux. OSError is raised when
    the flash refuses (full, worn), never for a record that is not there.
    """

    def __init__(self, path: str):
        self.path = path
        made = ""
        for part in path.split("/"):
            made += part
            if part:
                try:
                    os.mkdir(made)
                except OSError:
                    pass  # it exists; if not, the first write says so
            made += "/"
        for name in self._files():
            if name.endswith("~"):  # the cut came before the rename: never acknowledged
                os.remove(self._at(name))

    def _at(self, name):
        return self.path + "/" + name

    def _files(self):
        try:
            return [e[0] for e in os.ilistdir(self.path) if e[1] != 0x4000]
        except OSError:
            return []

    def names(self) -> list:
        """Names of all records, sorted."""
        return sorted([n for n in self._files() if not n.endswith("~")])

    def read(self, name: str):
        """The record's bytes, or None when there is none."""
        try:
            with open(self._at(name), "rb") as f:
                return f.read()
        except OSError:
            return None

    def write(self, name: str, data: bytes):
        """Replace or create a record; when this returns it survives a power cut."""
        tmp = self._at(name + "~")
        with open(tmp, "wb") as f:
            f.write(data)
        os.rename(tmp, self._at(name))

    def delete(self, name: str):
        """Remove a record; one that is not there is ignored."""
        try:
            os.remove(self._at(name))
        except OSError:
            pass

    def free(self):
        """Free bytes of the file system, or None where it cannot tell."""
        try:
            s = os.statvfs(self.path)
            return s[0] * s[4]
        except (OSError, AttributeError):
            return None
