# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A telephone system's leavings, made from one table of truth: recordings in FreePBX's folders, call detail records, queue log."""
import csv, datetime, pathlib, random, subprocess, wave, zoneinfo
import numpy as np

ZONE = zoneinfo.ZoneInfo("Africa/Cairo")
DAY = 1795161600  # 2026-11-20 08:00 UTC
NAMES = ["منى السيد", "أحمد عبد الرحمن", "Ali Hassan", "فاطمة الزهراء", "", "يوسف إبراهيم"]
COLUMNS = ("calldate clid src dst dcontext channel dstchannel lastapp lastdata duration billsec disposition amaflags accountcode uniqueid "
           "userfield did recordingfile cnum cnam outbound_cnum outbound_cnam dst_cnam linkedid peeraccount sequence").split()
AUDIO_SECONDS = 1


def local(second):
    return datetime.datetime.fromtimestamp(second, ZONE)


class Call:
    def __init__(self, kind, start, n, dice):
        self.kind, self.start, self.n = kind, start, n
        self.id, self.agent_id = f"{start}.{2 * n}", f"{start + 1}.{2 * n + 1}"
        self.customer = f"010{n:08d}"
        self.name = dice.choice(NAMES)
        self.agent = str(dice.choice([25, 26, 27, 28]) * 100 + dice.randint(1, 20))
        self.to = str(2900 + dice.randint(1, 9)) if kind == "transferred" else None
        self.queue = dice.choice(["600", "601", "610"])
        self.wait = dice.randint(3, 90)
        self.talk = dice.randint(2, 200)
        self.rung = [str(dice.choice([25, 26, 27, 28]) * 100 + dice.randint(21, 30)) for _ in range(dice.choice([0, 0, 1, 2]))]
        self.recorded = kind in ("queue", "transferred", "inbound", "outbound", "internal")
        self.answered = self.recorded
        self.disposition = {"abandoned": "abandoned", "timeout": "missed", "key": "missed", "unanswered": "missed"}.get(kind, "answered")
        self.queued = kind in ("queue", "transferred", "abandoned", "timeout", "key")

    @property
    def file(self):
        a, b = {"outbound": (self.customer, self.agent), "internal": (self.agent, "2999"), "inbound": (self.agent, self.customer)}.get(
            self.kind, (self.queue, self.customer))
        word = {"outbound": "out", "internal": "exten", "inbound": "in"}.get(self.kind, "q")
        ending = ["wav", "wav", "wav", "gsm", "WAV"][self.n % 5]
        return f"{local(self.start):%Y/%m/%d}/{word}-{a}-{b}-{local(self.start):%Y%m%d-%H%M%S}-{self.id}.{ending}"


def make_calls(seed=7):
    """500 recorded calls and 140 others over three days, one every two minutes."""
    dice = random.Random(seed)
    kinds = (["queue"] * 220 + ["transferred"] * 40 + ["inbound"] * 60 + ["outbound"] * 110 + ["internal"] * 70
             + ["abandoned"] * 85 + ["timeout"] * 25 + ["key"] * 10 + ["unanswered"] * 20)
    dice.shuffle(kinds)
    starts = [DAY + day * 86400 + i * 120 for day in range(3) for i in range(214)]
    return [Call(kind, start, n, dice) for n, (kind, start) in enumerate(zip(kinds, starts))]


# ---- call detail records

def cdr_row(call, **fields):
    start, seconds, bill = fields.pop("start", call.start), fields.pop("seconds"), fields.pop("bill")
    clid = f'"{call.name or call.customer}" <{call.customer}>'
    row = dict(calldate=f"{local(start):%Y-%m-%d %H:%M:%S}", clid=clid, src=call.customer, duration=seconds, billsec=bill, amaflags=3,
               disposition="ANSWERED", uniqueid=call.id, linkedid=call.id, cnum=call.customer, cnam=call.name,
               recordingfile=pathlib.PurePath(call.file).name if call.recorded else "")
    return {**dict.fromkeys(COLUMNS, ""), **row, **fields}


def cdr_queue(call):
    n, trunk = f"{call.n:08x}", f"PJSIP/vodafone-{call.n:08x}"
    common = dict(dst=call.queue, dcontext="ext-queues", channel=trunk, lastapp="Queue", lastdata=f"{call.queue},t,,,300", did="0219000")
    wait = call.wait + 2  # the announcement before the queue
    if not call.answered:
        if call.kind != "abandoned":
            common |= dict(lastapp="Playback", lastdata="vm-goodbye")
        return [cdr_row(call, seconds=wait, bill=wait - 1, **common)]
    rows = [cdr_row(call, seconds=wait + call.talk, bill=wait + call.talk - 1, dstchannel=f"Local/{call.agent}@from-queue-{n};1", **common),
            cdr_row(call, start=call.start + wait - 2, seconds=call.talk + 2, bill=call.talk, dst=call.agent, dcontext="ext-local",
                    channel=f"Local/{call.agent}@from-queue-{n};2", dstchannel=f"PJSIP/{call.agent}-{n}", lastapp="Dial", uniqueid=call.agent_id)]
    if call.to:
        rows.append(cdr_row(call, start=call.start + wait + call.talk, seconds=35, bill=30, dst=call.to, dcontext="ext-local", channel=trunk,
                            dstchannel=f"PJSIP/{call.to}-{n}", lastapp="Dial"))
    return rows


def cdr_direct(call):
    n, trunk, phone = f"{call.n:08x}", f"PJSIP/vodafone-{call.n:08x}", f"PJSIP/{call.agent}-{call.n:08x}"
    ring = call.wait % 20 + 1
    if call.kind == "outbound":
        return [cdr_row(call, seconds=ring + call.talk, bill=call.talk, src=call.agent, cnum=call.agent, cnam="", clid=f'"{call.agent}" <{call.agent}>',
                        dst=call.customer, dcontext="from-internal", channel=phone, dstchannel=trunk, lastapp="Dial")]
    if call.kind == "internal":
        return [cdr_row(call, seconds=ring + call.talk, bill=call.talk, src="2999", cnum="2999", cnam="", clid='"2999" <2999>', dst=call.agent,
                        dcontext="from-internal", channel=f"PJSIP/2999-{n}", dstchannel=phone, lastapp="Dial")]
    if call.kind == "unanswered":
        return [cdr_row(call, seconds=25, bill=0, dst=call.agent, dcontext="ext-local", channel=trunk, dstchannel=phone, lastapp="Dial",
                        disposition="NO ANSWER")]
    return [cdr_row(call, seconds=ring + call.talk, bill=call.talk, dst=call.agent, dcontext="ext-local", channel=trunk, dstchannel=phone, lastapp="Dial",
                    did="0219001")]


def write_cdr(calls, path):
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, COLUMNS, quoting=csv.QUOTE_ALL)
        out.writeheader()
        for call in calls:
            for sequence, row in enumerate(cdr_queue(call) if call.queued else cdr_direct(call)):
                out.writerow({**row, "sequence": 3 * call.n + sequence})


# ---- queue log

def queue_lines(call):
    entered, left = call.start + 2, call.start + 2 + call.wait
    member = f"Local/{call.agent}@from-queue/n"

    def line(at, agent, event, *data):
        return at, "|".join(map(str, (at, call.id, call.queue, agent, event, *data)))
    yield line(entered, "NONE", "DID", "0219000")
    yield line(entered, "NONE", "ENTERQUEUE", "", call.customer, 1)
    for i, rung in enumerate(call.rung):
        yield line(min(entered + i + 1, left), f"PJSIP/{rung}", "RINGNOANSWER", 1000 * (i + 1))
    if call.kind == "abandoned":
        yield line(left, "NONE", "ABANDON", 1, 1, call.wait)
    elif call.kind == "timeout":
        yield line(left, "NONE", "EXITWITHTIMEOUT", 1, 1, call.wait)
    elif call.kind == "key":
        yield line(left, "NONE", "EXITWITHKEY", 2, 1, 1, call.wait)
    else:
        yield line(left, member, "CONNECT", call.wait, call.agent_id, 2)
        if call.to:
            yield line(left + call.talk, member, "BLINDTRANSFER", call.to, "from-internal", call.wait, call.talk, 1)
        else:
            yield line(left + call.talk, member, ["COMPLETECALLER", "COMPLETEAGENT"][call.n % 2], call.wait, call.talk, 1)


def write_queue_log(calls, path):
    lines = [(DAY - 60, f"{DAY - 60}|NONE|NONE|NONE|QUEUESTART|")]
    for day in range(3):
        begin = DAY + day * 86400
        lines += [(begin - 30, f"{begin - 30}|NONE|600|PJSIP/2701|ADDMEMBER|"), (begin + 3600, f"{begin + 3600}|NONE|600|PJSIP/2701|PAUSE|lunch"),
                  (begin + 5400, f"{begin + 5400}|NONE|600|PJSIP/2701|UNPAUSE|"), (begin + 28770, f"{begin + 28770}|NONE|600|PJSIP/2701|REMOVEMEMBER|")]
    lines += [line for call in calls if call.queued for line in queue_lines(call)]
    lines.sort(key=lambda line: line[0])  # stable: what one second holds stays in order
    path.write_text("".join(text + "\n" for _, text in lines))


# ---- recordings

def write_recording(call, folder):
    path = folder / call.file
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(AUDIO_SECONDS * 8000) / 8000
    sound = (6000 * np.sin(2 * np.pi * (300 + call.n) * t) * (np.sin(7 * t + call.n) > 0)).astype("<i2")
    plain = path if path.suffix == ".wav" else path.with_suffix(".tmp.wav")
    with wave.open(str(plain), "wb") as file:
        file.setparams((1, 2, 8000, len(sound), "NONE", ""))
        file.writeframes(sound.tobytes())
    if plain != path:  # WAV49 is GSM in a WAV
        how = ["-t", "gsm"] if path.suffix == ".gsm" else ["-t", "wav", "-e", "gsm-full-rate"]
        subprocess.run(["sox", "-D", plain, *how, path], check=True, capture_output=True)
        plain.unlink()
