#!/usr/bin/env python3
"""unwind.py IN OUT: lets the functions of a module return at once while its global `unwinding` is not zero.

Behind each call of a function that may throw (see src/jumps.c) comes `if unwinding: return`. The module has been linked
with its name section; what comes out has none. Of WebAssembly it knows what clang emits for wasm32 without SIMD, threads
and exceptions, and stops at anything else.
"""
import sys

THROWS = "emscripten_longjmp"
CATCHES = "invoke_"
ZERO = {0x7F: b"\x41\x00", 0x7E: b"\x42\x00", 0x7D: b"\x43" + bytes(4), 0x7C: b"\x44" + bytes(8)}
CODE, CUSTOM = 10, 0


def leb(number):
    out = bytearray()
    while True:
        byte, number = number & 0x7F, number >> 7
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def u(self):
        shift = value = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def bytes(self, length):
        self.at += length
        return self.data[self.at - length:self.at]

    def name(self):
        return self.bytes(self.u()).decode()

    def many(self, read):
        return [read() for _ in range(self.u())]


def sections(data):
    assert data[:8] == b"\0asm\1\0\0\0", "no module"
    reader = Reader(data, 8)
    while reader.at < len(data):
        yield reader.byte(), reader.bytes(reader.u())


def operator(reader):
    """Reads an operator with its immediates: its code, and whom it calls."""
    op = reader.byte()
    if op == 0x10:
        return op, reader.u()
    if op == 0x11:
        kind = reader.u()
        reader.u()
        return op, kind
    if op in (0x02, 0x03, 0x04):
        assert reader.byte() in (0x40, *ZERO), "a block with parameters"
    elif op == 0x0E:
        reader.many(reader.u)
        reader.u()
    elif 0x28 <= op <= 0x3E:
        reader.u()
        reader.u()
    elif op in (0x0C, 0x0D, 0x20, 0x21, 0x22, 0x23, 0x24, 0x3F, 0x40, 0x41, 0x42):
        reader.u()
    elif op == 0x43:
        reader.bytes(4)
    elif op == 0x44:
        reader.bytes(8)
    elif op == 0xFC:
        more = reader.u()
        assert more <= 7 or more in (10, 11), f"operator 0xfc {more}"
        for _ in range({10: 2, 11: 1}.get(more, 0)):
            reader.u()
    else:
        assert op in (0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B) or 0x45 <= op <= 0xC4, f"operator {op:#x}"
    return op, None


class Module:
    def __init__(self, data):
        self.sections = list(sections(data))
        read = {kind: Reader(body) for kind, body in self.sections if kind != CUSTOM}
        self.results = read[1].many(lambda: self.signature(read[1]))
        self.kinds, self.names = [], {}
        if 2 in read:
            read[2].many(lambda: self.imported(read[2]))
        self.imports = len(self.kinds)
        self.kinds += read[3].many(read[3].u)
        self.bodies = read[CODE].many(lambda: read[CODE].bytes(read[CODE].u()))
        for kind, body in self.sections:
            if kind == CUSTOM:
                self.named(Reader(body), len(body))

    def signature(self, reader):
        assert reader.byte() == 0x60
        reader.many(reader.byte)
        return reader.many(reader.byte)

    def imported(self, reader):
        reader.name(), reader.name()
        assert reader.byte() == 0, "an import that is no function"
        self.kinds.append(reader.u())

    def named(self, reader, length):
        if reader.name() != "name":
            return
        while reader.at < length:
            kind, part = reader.byte(), Reader(reader.bytes(reader.u()))
            if kind in (1, 7):
                self.names[kind] = dict(part.many(lambda: (part.u(), part.name())))

    def code(self, body):
        """The body behind its locals."""
        reader = Reader(body)
        reader.many(lambda: (reader.u(), reader.byte()))
        return reader

    def callers_that_throw(self):
        functions = self.names[1]
        catches = {at for at, name in functions.items() if name.startswith(CATCHES)}
        throws = {at for at, name in functions.items() if name == THROWS}
        assert len(throws) == 1, THROWS
        callers = {}
        for at, body in enumerate(self.bodies, self.imports):
            reader = self.code(body)
            while reader.at < len(body):
                op, callee = operator(reader)
                if op == 0x10:
                    callers.setdefault(callee, set()).add(at)
                elif op == 0x11 and at not in catches:
                    throws.add(at)
        waiting = list(throws)
        while waiting:
            for caller in callers.get(waiting.pop(), ()):
                if caller not in throws and caller not in catches:
                    throws.add(caller)
                    waiting.append(caller)
        return throws, catches

    def rewrite(self):
        throws, catches = self.callers_that_throw()
        flag = next(at for at, name in self.names[7].items() if name == "unwinding")
        bodies = []
        for at, body in enumerate(self.bodies, self.imports):
            if at in throws and at not in catches:
                body = self.returning(body, throws, flag, self.results[self.kinds[at]])
            bodies.append(leb(len(body)) + body)
        code = leb(len(bodies)) + b"".join(bodies)
        return b"\0asm\1\0\0\0" + b"".join(
            bytes([kind]) + leb(len(code if kind == CODE else body)) + (code if kind == CODE else body)
            for kind, body in self.sections if kind != CUSTOM)

    def returning(self, body, throws, flag, results):
        leave = b"\x23" + leb(flag) + b"\x04\x40" + b"".join(ZERO[result] for result in results) + b"\x0f\x0b"
        reader = self.code(body)
        out, copied = bytearray(), 0
        while reader.at < len(body):
            op, callee = operator(reader)
            if op == 0x11 or (op == 0x10 and callee in throws):
                out += body[copied:reader.at] + leave
                copied = reader.at
        return bytes(out + body[copied:])


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as module:
        rewritten = Module(module.read()).rewrite()
    with open(sys.argv[2], "wb") as out:
        out.write(rewritten)
