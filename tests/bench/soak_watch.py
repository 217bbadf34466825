# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What a process holds while time passes, read from outside, and whether any of it grows."""
import contextlib, os, pathlib, re
import numpy as np

BLOCKS = 24          # of time, of which means are taken: neighbouring samples are alike and would make the bound too narrow
SIGMAS = 2.1         # of a slope's error, about 95 %
GROWTH_PART = 0.05   # of what there is on average, over the time looked at
GROWTH_LEAST = {"anon_kb": 2048, "fds": 1, "threads": 0.5}  # a call that lasts a day keeps 1 MB of who spoke when


def size(path):
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def look(pid, library):
    """Memory of its own and its share of all, descriptors, threads; bytes of the library's journal of transactions, spool and journal."""
    number = lambda file, name: int(re.search(rf"^{name}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/{file}").read_text(), re.M)[1])
    spool = [p for p in (library / "spool").rglob("*") if p.is_file()]
    journal = [p for p in spool if "journal" in p.relative_to(library).parts]
    return {"anon_kb": number("smaps_rollup", "Pss_Anon"), "pss_kb": number("smaps_rollup", "Pss"), "rss_kb": number("status", "VmRSS"),
            "threads": number("status", "Threads"), "fds": len(os.listdir(f"/proc/{pid}/fd")),
            "wal_bytes": size(library / "index.sqlite-wal"), "spool_files": len(spool), "spool_bytes": sum(map(size, spool)),
            "journal_bytes": sum(map(size, journal))}


def slope(samples, name):
    """By how much `name` grows in the time of the samples, at the same number of calls at once, and the bound of that figure: a plane
    through means over time and calls."""
    parts = np.array_split(np.arange(len(samples)), min(BLOCKS, len(samples)))
    mean = lambda key: np.array([np.mean([samples[i][key] for i in part]) for part in parts])
    at, active, y = mean("at"), mean("active"), mean(name)
    span = at[-1] - at[0]
    columns = [np.ones(len(y)), (at - at[0]) / span] + ([active] if np.ptp(active) > 0.05 * max(active.mean(), 1) else [])
    x = np.stack(columns, 1)
    found, *_ = np.linalg.lstsq(x, y, rcond=None)
    rest = y - x @ found
    error = np.sqrt(rest @ rest / max(1, len(y) - x.shape[1]) * np.linalg.pinv(x.T @ x)[1, 1])
    return float(found[1]), float(SIGMAS * error)


def summary(samples, since):
    """Of the samples from then on: mean, most, growth and its bound of each figure."""
    seen = [s for s in samples if s["at"] >= since]
    result = {"from": seen[0]["at"], "to": seen[-1]["at"], "samples": len(seen), "active": round(float(np.mean([s["active"] for s in seen])), 1)}
    for name in (key for key in samples[0] if key not in ("at", "active")):
        values = [s[name] for s in seen]
        result[name] = {"mean": round(float(np.mean(values)), 1), "max": max(values)}
        if name in GROWTH_LEAST:
            result[name]["growth"], result[name]["bound"] = (round(v, 2) for v in slope(seen, name))
    return result


def growing(found):
    """What certainly grows by more than can be overlooked, as words."""
    words = []
    for name, least in GROWTH_LEAST.items():
        figure = found[name]
        if figure["growth"] - figure["bound"] > max(least, GROWTH_PART * figure["mean"]):
            words.append(f"{name} grows by {figure['growth']:g} ± {figure['bound']:g} beside {figure['mean']:g}")
    return words
