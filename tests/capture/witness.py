# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What tshark sees in a capture, as rows like those of dump-datagrams."""
import subprocess
from fractions import Fraction

FIELDS = ["frame.time_epoch", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "udp.srcport", "udp.dstport", "udp.payload"]


def as_dumped(path, *options):
    """Of every packet the innermost addresses, ports and payload of UDP."""
    args = [a for field in FIELDS for a in ("-e", field)]
    out = subprocess.run(["tshark", "-n", "-r", path, *options, "-T", "fields", "-E", "occurrence=l", *args],
                         capture_output=True, check=True).stdout
    rows = []
    for line in out.decode().splitlines():
        time, protocols, from4, to4, from6, to6, source, target, payload = line.split("\t")
        six = [p for p in protocols.split(":") if p in ("ip", "ipv6")][-1] == "ipv6"
        names = (f"[{from6}]:{source}", f"[{to6}]:{target}") if six else (f"{from4}:{source}", f"{to4}:{target}")
        rows.append([str(int(Fraction(time) * 10**6)), "udp", *names, "whole", payload])
    return rows
