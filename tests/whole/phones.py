# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Real phones (baresip) in a network of their own, what a capture of them holds, and whether a recording is what they spoke."""
import contextlib, json, os, pathlib, re, signal, socket, struct, subprocess, sys, time
import numpy as np

import calls, sound

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools/phones"
CODECS = {"PCMU": ("PCMU", 8000), "PCMA": ("PCMA", 8000), "G722": ("G722/16000/1", 16000), "opus": ("opus/48000/2", 16000)}


def in_own_network():
    """Begins anew in a network of its own, so that no other phone's ports are in the way."""
    if "EARSHOT_OWN_NETWORK" in os.environ:
        return
    for way in (["unshare", "-n"], ["unshare", "-cn", "--keep-caps"]):
        if subprocess.run([*way, "true"], capture_output=True).returncode == 0:
            os.execvpe("unshare", [*way, sys.executable, *sys.argv], dict(os.environ, EARSHOT_OWN_NETWORK="1"))
    print("skipped: a network namespace is not permitted here")
    sys.exit(77)


def on_a_wire():
    """In a network of its own with a wire from v1 to v0, on which nothing speaks by itself. Needs root."""
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(77)
    in_own_network()
    subprocess.run("ip link set lo up && ip link add v0 type veth peer name v1 && ip link set v0 addrgenmode none up && "
                   "ip link set v1 addrgenmode none up", shell=True, check=True)


class Phone:
    """A phone that answers by itself (or rings on) and does what it is told over its control port; use as a context manager.
    more: further parameters of its account ("mediaenc=srtp-mand")."""

    def __init__(self, folder, user, address, codec, wav, control, ports, more="", answers=True):
        self.user, self.address, self.folder = user, address, folder
        name, rate = CODECS[codec]
        subprocess.run([TOOLS / "phone-config", folder, user, user, f"{address}:5060", wav, str(rate), ports,
                        f"answermode={'auto' if answers else 'manual'};audio_codecs={name};{more}"], check=True)
        with open(folder / "config", "a") as config:
            config.write(f"module_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n")
        with open(folder / "log", "w") as log:
            self.process = subprocess.Popen(["baresip", "-4", "-f", folder], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.control, self.buffer = self.reach(control), b""

    def reach(self, port):
        for _ in range(100):
            try:
                return socket.create_connection(("127.0.0.1", port), 10)
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the phone did not start:\n" + (self.folder / "log").read_text())

    def message(self):
        """The next of what the phone says: JSON in netstrings."""
        while True:
            length, colon, rest = self.buffer.partition(b":")
            if colon and len(rest) > int(length):
                self.buffer = rest[int(length) + 1:]
                return json.loads(rest[:int(length)].decode(errors="replace"))
            data = self.control.recv(65536)
            assert data, "the phone hung up its control port"
            self.buffer += data

    def tell(self, command, params=""):
        text = json.dumps({"command": command, "params": params}).encode()
        self.control.sendall(b"%d:%s," % (len(text), text))
        while not self.message().get("response"):
            pass

    def wait(self, kind):
        while True:
            message = self.message()
            if message.get("type") == kind:
                return message

    def dial(self, other):
        self.tell("dial", f"sip:{other.user}@{other.address}")
        return self.wait("CALL_ESTABLISHED")["id"]

    def close(self):
        self.control.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def captured(path):
    """What a capture of loopback holds, by its own reading: sequence numbers by SSRC, and by callee when its call was answered
    and ended."""
    data, position = path.read_bytes(), 24
    media, answered, ended = {}, {}, {}
    while position + 16 <= len(data):
        seconds, us, length, _ = struct.unpack_from("<IIII", data, position)
        udp = data[position + 16 + 34:position + 16 + length]  # Ethernet, IPv4 without options
        position, payload = position + 16 + length, udp[8:]
        if 5060 in struct.unpack_from(">HH", udp):
            callee = re.search(rb"^To:.*?sip:(\d+)", payload, re.M)
            if payload.startswith(b"SIP/2.0 200") and re.search(rb"^CSeq: \d+ INVITE", payload, re.M):
                answered.setdefault(callee[1].decode(), seconds + us / 1e6)
            elif payload.startswith(b"BYE"):
                ended.setdefault(callee[1].decode(), seconds + us / 1e6)
        elif payload[1] & 127 < 64 or payload[1] & 127 >= 96:  # else it is RTCP
            sequence, _, ssrc = struct.unpack_from(">HII", payload, 2)
            media.setdefault(f"0x{ssrc:08X}", []).append(sequence)
    return media, answered, ended


def hold_stream(stream, sequences):
    """The stream's counters are those of the capture: a busy machine may lose packets before they are captured. Returns how
    many packets there were."""
    unique = len(set(sequences))
    offsets = [(s - sequences[0] + 32768) % 65536 for s in sequences]
    span = max(offsets) - min(offsets) + 1
    assert (stream["received"], stream["lost"]) == (unique, span - unique), (stream, unique, span)
    return unique


def matches(heard, wav, rate, reach=4000):
    """Correlation of a recorded leg (8 kHz) with what its phone spoke, and where its first sample lies (ms)."""
    sent = calls.read_wav(wav)[1][:, 0].astype(float)
    ratio = rate // 8000
    sent = sent[:len(sent) // ratio * ratio].reshape(-1, ratio).mean(axis=1)
    piece = heard[reach:len(heard) - reach]
    offset, correlation = sound.best_offset(piece, np.concatenate((np.zeros(reach), sent))[reach:len(piece) + 3 * reach], reach)
    return correlation, offset / 8


@contextlib.contextmanager
def tap(file, only="udp"):
    """tcpdump beside the program under test: a second witness of what loopback carried."""
    process = subprocess.Popen(["tcpdump", "-i", "lo", "-s", "0", "-U", "-B", "8192", "-Z", "root" if os.geteuid() == 0 else os.environ["USER"],
                                "-w", file, only], stderr=subprocess.PIPE, text=True)
    while "listening on" not in process.stderr.readline():
        assert process.poll() is None, "tcpdump does not run"
    try:
        yield
    finally:
        time.sleep(1.5)  # it takes packets out of its ring once a second
        process.terminate()
        process.communicate()
