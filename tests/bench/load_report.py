# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What the load bench found, as tables in Markdown and as a plot."""
import os, pathlib, re

PUBLISHED = {"sniff": 165, "siprec": 116}  # calls a core, the best that a maker documents
AIMS = {"sniff": 700, "siprec": 550}
NAMES = {"sniff": "sniffing", "siprec": "SIPREC"}
COLOURS = {"sniff": "#0b6e99", "siprec": "#b5482a"}


def machine():
    cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} cores, {cpu[1] if cpu else 'unknown processor'}, Linux {os.uname().release}"


def ways_of(results):
    return list(dict.fromkeys(step["way"] for step in results["steps"]))


def of_way(results, way):
    return sorted((s for s in results["steps"] if s["way"] == way), key=lambda s: s["concurrent"])


def is_good(step, knee):
    """Whether it holds at a step: nothing lost (complete), or able to go on so (sustained); None: not known."""
    if step.get("not_measured"):
        return None
    return not step["failures"] if knee == "complete" else step.get("sustained")


def between(steps, knee):
    """The most calls at which it holds, below the fewest at which it does not; None: there were none such."""
    bad = min((s["concurrent"] for s in steps if is_good(s, knee) is False), default=None)
    good = max((s["concurrent"] for s in steps if is_good(s, knee) and (bad is None or s["concurrent"] < bad)), default=0)
    return good, bad


def knee_of(results, way, knee):
    """The same of a way in, with whether the end was found at all."""
    good, bad = between(of_way(results, way), knee)
    return good, bad is not None


def result_of(step):
    words = [*step.get("not_measured", []), *step["failures"]]
    if words:
        return "; ".join([*(["says nothing"] if step.get("not_measured") else []), *words])
    return {True: "complete, sustained", False: "complete, but encoded ever later", None: "complete"}[step.get("sustained")]


def cost_at_knee(results, way):
    """At the most calls that it could go on recording, where that is known."""
    most = knee_of(results, way, "sustained")[0] or knee_of(results, way, "complete")[0]
    return next((s.get("cpu_ms") for s in of_way(results, way) if s["concurrent"] == most), None)


def bound(results, way, encoders=""):
    """Least cost of a second of a call: receiving alone and encoding alone, at the complexity of the run, which is 0 at the knee where load
    steers it; by one encoder, or by those that are named; None if unknown."""
    complexity = results["complexity"] if results["complexity"].isdigit() else 0
    receiving, encoding = results["peers"].get({"sniff": "ring", "siprec": "sweep"}[way]), results["peers"].get(f"libopus c{complexity} gated{encoders}")
    return receiving + encoding if receiving is not None and encoding is not None else None


def rows(lines):
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def steps_table(results):
    head = ["way in", "calls", "complete", "packets", "lost", "kernel", "missing ms", "ms/s", "core %", "kB a call", "row s", "p99", "behind s",
            "grows s", "result"]
    lines = [head, ["---"] * len(head)]
    for way in ways_of(results):
        for s in of_way(results, way):
            latency = s["latency"] or {}
            lines.append([NAMES[way], s["concurrent"], f"{s['complete']} of {s['calls']}", s["sent"], s["sent"] - s["received"], s["dropped"] + s["kernel"],
                          s["missing_ms"], s.get("cpu_ms", ""), s.get("core_percent", ""), s.get("memory_kb", ""), latency.get("median_s", ""),
                          latency.get("p99_s", ""), s.get("behind_s", ""), s.get("behind_growth_s", ""), result_of(s)])
    return rows(lines)


def knees_table(results):
    head = ["way in", "sustained", "without loss", "aim", "published", "ms/s where sustained", "bound ms/s", "bound / recorder",
            "bound by many encoders", "bound / recorder"]
    lines = [head, ["---"] * len(head)]
    for way in ways_of(results):
        knees = [f"{most}" if found else f"{most} or more" if most else "not known" for most, found in (knee_of(results, way, k) for k in ("sustained", "complete"))]
        cost, limits = cost_at_knee(results, way), [bound(results, way), bound(results, way, ", many encoders")]
        lines.append([NAMES[way], *knees, AIMS[way], PUBLISHED[way], cost or "",
                      *(cell for limit in limits for cell in (f"{limit:.2f}" if limit else "", f"{limit / cost:.2f}" if limit and cost else ""))])
    return rows(lines)


def table(results):
    parts = [steps_table(results), knees_table(results)]
    if results["peers"]:
        parts.append(rows([["alone", "ms of CPU for each second of a call"], ["---", "---"], *results["peers"].items()]))
    return "\n\n".join(parts)


# ---- a plot

def draw_knees(axes, results, way):
    for knee, line in (("sustained", "-"), ("complete", ":")):
        most, found = knee_of(results, way, knee)
        if found:
            axes.axvline(most, color=COLOURS[way], linestyle=line, alpha=0.5)
            axes.annotate(f" {most}", (most, 0.97), xycoords=("data", "axes fraction"), va="top", color=COLOURS[way], fontsize=8)


def draw_core(axes, results):
    for way in ways_of(results):
        steps = [s for s in of_way(results, way) if "core_percent" in s and not s.get("not_measured")]
        axes.plot([s["concurrent"] for s in steps], [s["core_percent"] for s in steps], "o-", color=COLOURS[way], label=NAMES[way])
        draw_knees(axes, results, way)
        axes.axvline(PUBLISHED[way], color=COLOURS[way], linestyle="--", alpha=0.5, label=f"{NAMES[way]}, best published peer")
    axes.set(ylabel="% of one core", ylim=(0, 105))
    axes.set_xlim(left=0)
    axes.legend(fontsize=8, loc="lower right", title="lines: sustained up to; dotted: nothing lost up to", title_fontsize=7)


def draw_behind(axes, results):
    """Where a load cannot be sustained, rows come later and later: the knee."""
    for way in ways_of(results):
        steps = [s for s in of_way(results, way) if s["latency"] and not s.get("not_measured")]
        axes.plot([s["concurrent"] for s in steps], [s["latency"]["p99_s"] for s in steps], "o-", color=COLOURS[way], label=NAMES[way])
        draw_knees(axes, results, way)
    axes.set(ylabel="seconds from BYE to the row, p99")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)


def draw_loss(axes, results):
    for way in ways_of(results):
        steps = of_way(results, way)
        good, unsaid = ([s for s in steps if bool(s.get("not_measured")) == late] for late in (False, True))
        part = lambda some: ([s["concurrent"] for s in some], [100 * (1 - s["complete"] / s["calls"]) for s in some])
        axes.plot(*part(good), "o-", color=COLOURS[way], label=NAMES[way])
        if unsaid:
            axes.plot(*part(unsaid), "o", color=COLOURS[way], fillstyle="none", label=f"{NAMES[way]}, generator late: says nothing")
        draw_knees(axes, results, way)
    axes.set(ylabel="% of calls not complete", xlabel="calls at once", ylim=(-2, 102))
    axes.set_xlim(left=0)
    axes.legend(fontsize=8)


def draw_costs(axes, results):
    costs = dict(results["peers"])
    for way in ways_of(results):
        cost = cost_at_knee(results, way)
        if cost is not None:
            costs[f"Earshot, {NAMES[way]}, complexity {results['complexity']}"] = cost
    names = sorted(costs, key=costs.get)
    axes.barh(names, [costs[n] for n in names], color=["#0b6e99" if n.startswith("Earshot") else "#9aa5ab" for n in names])
    axes.set(xlabel="ms of CPU for each second of a call")
    axes.tick_params(axis="y", labelsize=8)


def plot(results, path):
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "earshot"  # the same results give the same file
    from matplotlib import pyplot
    figure, (core, behind, loss, costs) = pyplot.subplots(4, 1, figsize=(7, 13), layout="constrained")
    draw_core(core, results)
    draw_behind(behind, results)
    draw_loss(loss, results)
    draw_costs(costs, results)
    figure.suptitle(f"G.711 two-way speech to indexed Opus on one core\n{results['machine']}", fontsize=9)
    figure.savefig(path, metadata={"Date": None})
