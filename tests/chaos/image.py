# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What a disk may hold after the power failed, from a log of disk.c. docs/decisions/0071-power-loss.md tells what is modelled.

A file is its flushed state and the changes since, which the kernel had in memory: each page of 4 kB may have been written back at any moment
since the flush (as it stood then), now and then torn between two sectors of 512 bytes; the length is that of any such moment. Names are
either of a file system with a journal (what is kept of the changes is a beginning of them, and each flush of any file keeps all before
it) or as POSIX promises (each directory for itself, kept by its own flush or that of the file system).
"""
import dataclasses, os, pathlib, struct

RECORD = struct.Struct("<qQqIIc7x")
PAGE, SECTOR = 4096, 512
NOT_KEPT = ("-shm", ".sock")


@dataclasses.dataclass
class Change:
    at: int            # its place in the log
    time: float
    kind: str
    inode: int
    offset: int
    data: bytes = b""
    name: str = ""
    to: str = ""


def read_log(path):
    data, at, found = pathlib.Path(path).read_bytes(), 0, []
    while at + RECORD.size <= len(data):
        time_us, inode, offset, n1, n2, kind = RECORD.unpack_from(data, at)
        at += RECORD.size
        one, two = data[at:at + n1], data[at + n1:at + n1 + n2]
        at += n1 + n2
        names = kind in b"crlum"
        found.append(Change(len(found), time_us / 1e6, kind.decode(), inode, offset, b"" if names else one, one.decode() if names else "", two.decode()))
    return found


@dataclasses.dataclass
class Start:
    """A folder as it lay on the disk before the log began."""
    root: str
    names: dict   # path: inode
    folders: set
    data: dict    # inode: bytes

    @staticmethod
    def of(root):
        start = Start(str(root), {}, {str(root)}, {})
        for path in [pathlib.Path(root), *pathlib.Path(root).rglob("*")]:
            inode = path.lstat().st_ino
            start.names[str(path)] = inode
            if path.is_dir():
                start.folders.add(str(path))
            elif path.is_file():
                start.data[inode] = path.read_bytes()
        return start


class Image:
    """The disk when so many records of the log had been made. chance: what was lost; None: nothing."""

    def __init__(self, start, log, until, chance):
        self.start, self.log, self.chance = start, log[:until], chance
        self.strict = bool(chance) and chance.random() < 0.5
        self.flushed = self.find_flushed()

    def find_flushed(self):
        """inode (0: all): the changes before this place in the log are on the disk."""
        begun, flushed = {}, {}
        for change in self.log:
            if change.kind == "b":
                begun[change.offset] = change.at
            elif change.kind == "d":
                flushed[change.inode] = max(flushed.get(change.inode, 0), begun[change.offset])
        return flushed

    def is_flushed(self, change, inode):
        return not self.chance or change.at < max(self.flushed.get(0, 0), self.flushed.get(inode, 0))

    # ---- names

    def prefix(self, changes):
        """A beginning of what was not flushed."""
        if not changes:
            return []
        return changes[:self.chance.choice([0, len(changes), self.chance.randint(0, len(changes))])]

    def kept_names(self):
        """The changes of names that are on the disk, in their order."""
        folders, kept, open_ended = dict(self.start.names), [], {}
        for change in self.log:
            if change.kind not in "crlum":
                continue
            name = change.to or change.name
            folder = os.path.dirname(name) if self.strict else ""
            if change.kind == "m":
                folders[name] = change.inode
            on_disk = self.is_flushed(change, folders.get(folder, -1)) if self.strict else (
                not self.chance or change.at < max(self.flushed.values(), default=0))
            if on_disk:
                kept.append(change)
            else:
                open_ended.setdefault(folder, []).append(change)
        for changes in open_ended.values():
            kept += self.prefix(changes)
        return sorted(kept, key=lambda change: change.at)

    def names(self):
        """path: the change that made its file, or the inode of one from the start; folders."""
        names = {name: inode for name, inode in self.start.names.items() if inode in self.start.data}
        folders, made = set(self.start.folders), {}
        for change in self.log:
            if change.kind == "c":
                made[change.at] = change
        latest = {}  # inode: its making, at each moment; numbers are given again
        births = iter(sorted(made))
        birth = next(births, None)
        for change in self.kept_names():
            while birth is not None and birth <= change.at:
                latest[made[birth].inode] = made[birth]
                birth = next(births, None)
            if change.kind == "m":
                if os.path.dirname(change.name) in folders:
                    folders.add(change.name)
            elif change.kind == "u":
                names.pop(change.name, None)
                folders.discard(change.name)
            else:
                if change.kind == "r":
                    names.pop(change.name, None)
                name = change.to or change.name
                if os.path.dirname(name) in folders:
                    names[name] = latest.get(change.inode, change.inode)
        return names, folders

    # ---- contents

    def changes_of(self, what):
        """All changes of contents of one file: what made it, or its inode."""
        inode, since = (what.inode, what.at) if isinstance(what, Change) else (what, -1)
        reborn = min((c.at for c in self.log if c.kind == "c" and c.inode == inode and c.at > since), default=len(self.log))
        return inode, [c for c in self.by_inode.get(inode, []) if since < c.at < reborn]

    @staticmethod
    def apply(data, change):
        if change.kind == "t":
            del data[change.offset:]
            data.extend(bytes(change.offset - len(data)))
            return
        end = change.offset + len(change.data)
        data.extend(bytes(max(0, end - len(data))))
        data[change.offset:end] = change.data

    def touches(self, change, page):
        begin, end = page * PAGE, (page + 1) * PAGE
        if change.kind == "t":
            return change.offset < end
        return change.offset < end and change.offset + len(change.data) > begin

    def page_of(self, flushed, pending, page, way):
        """A page as it was written back at some moment."""
        touching = [c for c in pending if self.touches(c, page)]
        until = {"none": 0, "all": len(touching)}.get(way, self.chance.randint(0, len(touching)))

        def state(n):
            data = bytearray(flushed)
            for change in touching[:n]:
                self.apply(data, change)
            return bytes(data[page * PAGE:(page + 1) * PAGE]).ljust(PAGE, b"\0")

        if way == "any" and until and self.chance.random() < 0.1:
            torn = SECTOR * self.chance.randrange(PAGE // SECTOR)
            return state(until)[:torn] + state(until - 1)[torn:]
        return state(until)

    def content(self, what):
        inode, changes = self.changes_of(what)
        data = bytearray(self.start.data.get(inode, b"") if not isinstance(what, Change) else b"")
        pending = []
        for change in changes:
            if self.is_flushed(change, inode):
                self.apply(data, change)
            else:
                pending.append(change)
        if not pending:
            return bytes(data)
        way, whole = self.chance.choice(["none", "all", "any", "any"]), bytearray(data)
        pages = set()
        lengths = [len(data)]
        for change in pending:
            self.apply(whole, change)
            lengths.append(len(whole))
            end = len(whole) if change.kind == "t" else change.offset + len(change.data)
            pages.update(range(change.offset // PAGE, -(-max(end, change.offset + 1) // PAGE)))
        length = {"none": lengths[0], "all": lengths[-1]}.get(way, self.chance.choice([lengths[-1], self.chance.choice(lengths)]))
        image = bytearray(data.ljust(max(lengths), b"\0"))
        for page in sorted(pages):
            part = self.page_of(data, pending, page, way)
            image[page * PAGE:(page + 1) * PAGE] = part
        return bytes(image[:length].ljust(length, b"\0"))

    def files(self):
        """path: bytes, and folders."""
        self.by_inode = {}
        for change in self.log:
            if change.kind in "wt":
                self.by_inode.setdefault(change.inode, []).append(change)
        names, folders = self.names()
        return {name: self.content(what) for name, what in names.items() if not name.endswith(NOT_KEPT)}, folders

    def write(self, root):
        """Lays the image out as another folder."""
        files, folders = self.files()
        there = lambda name: pathlib.Path(str(root) + name[len(self.start.root):])
        for name in sorted(folders):
            there(name).mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, data in files.items():
            there(name).write_bytes(data)
            there(name).chmod(0o600)


def prove(start, log):
    """The whole log, nothing lost, is the folder as it lies there."""
    files, _ = Image(start, log, len(log), None).files()
    real = {str(p): p.read_bytes() for p in pathlib.Path(start.root).rglob("*") if p.is_file() and not str(p).endswith(NOT_KEPT)}
    wrong = [name for name in files.keys() | real.keys() if files.get(name) != real.get(name)]
    assert not wrong, f"the log does not make {wrong}"
