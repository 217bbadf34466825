# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Yesterday on a small floor: four agents, two clients, spoken conversations. One caller is angry: the day before the bill was
wrong, now the voice is raised and the agent is not let finish. One call lacks audio, one is on an extension that is nobody's.

The clock of the desk is set so that it is late in the morning there, whatever time it is: use environment().
"""
import datetime, time
import numpy as np

import calls

ANGRY = "01001234567"
AGENTS = """extension,name,latin name,team,client,language
2001,منى حسن,Mona Hassan,support,delta,ar
2002,أحمد سمير,Ahmed Samir,billing,delta,ar
2003,عمر فؤاد,Omar Fouad,support,nile,en
"""
# day, local time, caller, callee, conversation, what is the matter
DAY = [(-2, "16:20", ANGRY, "2002", "arabic", ""),
       (-1, "09:05", "01227654321", "2001", "english", ""),
       (-1, "09:40", "01112223344", "2003", "english", ""),
       (-1, "10:15", ANGRY, "2002", "arabic", "angry"),
       (-1, "11:00", "01098765432", "2002", "arabic", ""),
       (-1, "12:30", "01555123456", "2001", "arabic", "missing"),
       (-1, "13:10", "01066677788", "2009", "english", ""),
       (-1, "14:45", "01144455566", "2002", "english", "")]


def offset_h():
    """Hours by which the desk's clock is ahead of UTC, so that it shows a time between 11 and 12 now."""
    return 11 - datetime.datetime.now(datetime.timezone.utc).hour


def environment():
    return {"TZ": f"DESK{-offset_h():+d}"}


def anger(agent, customer):
    """Speaks at a third of full level, then for 12 s three times as loud, and twice into what the agent says."""
    agent, out = agent // 3, customer.astype(float) / 3
    spoken = np.flatnonzero(np.abs(customer) > 300)
    speech = customer[spoken[0]:spoken[0] + 5 * 8000].astype(float)
    busy = np.flatnonzero(np.abs(agent) > 300)
    for part in (0.45, 0.75):
        at = int(busy[int(len(busy) * part)])
        length = min(len(speech), len(out) - at)
        out[at:at + length] = speech[:length]
    return agent, np.clip(out, -32767, 32767).astype(np.int16)


def moment(day, clock):
    """A local time, so many days from now, as seconds since 1970."""
    local = datetime.timezone(datetime.timedelta(hours=offset_h()))
    hours, minutes = map(int, clock.split(":"))
    date = datetime.datetime.fromtimestamp(time.time(), local) + datetime.timedelta(days=day)
    return date.replace(hour=hours, minute=minutes, second=0, microsecond=0).timestamp()


def write(folder):
    """Captures of the day before yesterday and of yesterday."""
    made = {}
    for n, (day, clock, caller, callee, text, matter) in enumerate(DAY):
        agent, customer = calls.conversation(folder, text)
        if matter == "angry":
            agent, customer = anger(agent, customer)
        torn = range(600, 660) if matter == "missing" else range(0)
        call = calls.Call(n + 1, moment(day, clock) - calls.EPOCH, caller, callee, customer, agent, torn=torn)
        made.setdefault(day, []).append(call)
    paths = []
    for day, of_day in sorted(made.items()):
        paths.append(folder / {-2: "before.pcap", -1: "yesterday.pcap"}[day])
        calls.write(paths[-1], of_day)
    return paths
