#!/usr/bin/env python3
"""Plants the field's known bugs one by one and sees which tests notice: python3 tests/mutation/run.py

All faults of mutants.toml are compiled into one scratch copy of the tracked files, each behind a switch,

    (if crate::planted::on(7) { replacement } else { original })

so that one build serves them all ("mutant schemata": Untch, Offutt & Harrold 1993). The tests are then run once with
every switch off, where all named ones must pass, and once with each fault on. A fault is killed if a named test fails;
what does not compile, or runs out of time, is an error of the run and no kill. The working tree is not touched.

Exit status: 0 all killed; 1 a fault survives or a run was no verdict; 2 the catalogue or the build is broken.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SWITCH = "NATGRAD_PLANTED"
MODULE = f'''//! Which planted fault is on.

use std::sync::OnceLock;

static ON: OnceLock<Option<u32>> = OnceLock::new();

/// Whether fault `id` is the one of this run.
pub(crate) fn on(id: u32) -> bool {{
    *ON.get_or_init(|| std::env::var("{SWITCH}").ok()?.parse().ok()) == Some(id)
}}
'''


def stop(message):
    print(message, file=sys.stderr)
    raise SystemExit(2)


def catalogue():
    """The mutants with their places, and what cannot be planted."""
    with open(HERE / "mutants.toml", "rb") as file:
        table = tomllib.load(file)
    names = set()
    for mutant in table["mutant"]:
        if mutant["id"] in names:
            stop(f"two mutants are called {mutant['id']}")
        names.add(mutant["id"])
        if "places" not in mutant:
            mutant["places"] = [{k: mutant[k] for k in ("file", "find", "replace", "after") if k in mutant}]
        for place in mutant["places"]:
            place.setdefault("file", mutant.get("file"))
        text = json.dumps(mutant["places"], sort_keys=True)
        mutant["print"] = hashlib.sha256(text.encode()).hexdigest()[:12]
    return table["mutant"], table.get("absent", [])


def span(text, place, name):
    """Where the original stands: once in the file, or the first time after an anchor that stands there once."""
    start = 0
    if "after" in place:
        if text.count(place["after"]) != 1:
            stop(f"{name}: {place['file']} has {text.count(place['after'])} times: {place['after']}")
        start = text.index(place["after"]) + len(place["after"])
    elif text.count(place["find"]) != 1:
        stop(f"{name}: {place['file']} has {text.count(place['find'])} times: {place['find']}")
    at = text.find(place["find"], start)
    if at < 0:
        stop(f"{name}: {place['file']} has not, after its anchor: {place['find']}")
    return at, at + len(place["find"])


def woven(text, edits):
    """The text with every (start, end, number, replacement) behind its switch; spans may lie inside one another."""
    edits = sorted(edits, key=lambda edit: (edit[0], -edit[1]))
    result, at, k = [], 0, 0
    while k < len(edits):
        start, end = edits[k][:2]
        same = [edit for edit in edits[k:] if edit[:2] == (start, end)]
        inner = [edit for edit in edits[k:] if edit[:2] != (start, end) and edit[0] < end]
        if any(edit[1] > end for edit in inner):
            stop(f"two faults overlap: {text[start:end]}")
        original = woven(text[start:end], [(a - start, b - start, n, r) for a, b, n, r in inner])
        branches = [f"if crate::planted::on({number}) {{ {new} }} else " for _, _, number, new in same]
        result += [text[at:start], "(", *branches, "{ ", original, " })"]
        at, k = end, k + len(same) + len(inner)
    return "".join([*result, text[at:]])


def scratch_copy(place, mutants):
    """The tracked files with all faults in them, off. A file that has not changed is left as it is: cargo looks at times."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    tree = {name: (ROOT / name).read_bytes() for name in tracked.decode().split("\0") if (ROOT / name).is_file()}
    edits = {}
    for number, mutant in enumerate(mutants):
        for spot in mutant["places"]:
            start, end = span(tree[spot["file"]].decode(), spot, mutant["id"])
            edits.setdefault(spot["file"], []).append((start, end, number, spot["replace"]))
    for name, found in edits.items():
        tree[name] = woven(tree[name].decode(), found).encode()
    # The lowest floor of all, so that every other may ask it.
    tree["src/lib.rs"] = tree["src/lib.rs"].replace(b"pub mod error;", b"mod planted;\n\npub mod error;", 1)
    tree["src/planted.rs"] = MODULE.encode()
    for path in place.rglob("*"):
        if path.is_file() and path.relative_to(place).as_posix() not in tree:
            path.unlink()
    for name, content in tree.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


def build(place, target):
    """The test program."""
    command = ["cargo", "test", "--features", "cli", "--test", "natgrad", "--no-run", "--message-format=json"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "CARGO_INCREMENTAL": "0"}
    run = subprocess.run(command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    program = None
    for line in run.stdout.decode().splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") == "compiler-message" and message["message"]["level"] == "error":
            print(message["message"]["rendered"][:2000], file=sys.stderr)
        if message.get("executable") and message["target"]["name"] == "natgrad" and message["profile"]["test"]:
            program = message["executable"]
    if run.returncode != 0 or program is None:
        stop("the copy with the faults does not compile; no fault has been tried")
    return program


class Run:
    """One run of the test program."""

    def __init__(self, program, place, number, names, seconds):
        environment = {k: v for k, v in os.environ.items() if k != SWITCH}
        # What `cargo test` says to tests that look around.
        environment["CARGO_MANIFEST_DIR"] = str(place)
        environment["RUST_BACKTRACE"] = "0"
        if number is not None:
            environment[SWITCH] = str(number)
        command = [program, "--color", "never", *(["--exact", *names] if names else [])]
        self.verdict = {}
        self.note = None
        try:
            done = subprocess.run(command, cwd=place, env=environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=seconds)
            output = done.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as late:
            output = (late.stdout or b"").decode(errors="replace")
            self.note = f"no end after {seconds} s"
        # Another thread may write between a name and its verdict: the list of failures at the end has them all.
        for name, verdict in re.findall(r"^test (\S+)(?: - should panic)? \.\.\. .*?(ok|FAILED|ignored)$", output, re.M):
            self.verdict[name] = verdict
        for name in re.findall(r"^    (\w+(?:::\w+)+)$", output, re.M):
            self.verdict[name] = "FAILED"
        if self.note is None and not re.search(r"^test result: ", output, re.M):
            self.note = "the test program broke off"

    def failed(self):
        return sorted(name for name, verdict in self.verdict.items() if verdict == "FAILED")


def short(text):
    return " ".join(text.split())


def write_page(mutants, absent, results):
    """docs/mutations.md from what has been seen."""
    def verdict(mutant):
        found = results.get(mutant["id"])
        if found is None or found["print"] != mutant["print"]:
            return "not run", "", ""
        if found["note"]:
            return "no verdict", found["note"], ""
        kills = [name for name in found["failed"] if name in mutant["tests"]]
        others = str(len(found["failed"]) - len(kills)) if found["everything"] else ""
        return ("killed" if kills else "**survives**"), ", ".join(f"`{name}`" for name in kills), others

    verdicts = [verdict(mutant) for mutant in mutants]
    count = lambda what: sum(v[0] == what for v in verdicts)
    tried = len(mutants) - count("not run")
    whole = sum(others != "" for _, _, others in verdicts)
    lines = [(HERE / "head.md").read_text().rstrip(), ""]
    lines += [
        f"{len(mutants)} faults are in the catalogue; {tried} were run: {count('killed')} killed, "
        f"{count('**survives**')} survive, {count('no verdict')} without a verdict. With {whole} of them the whole "
        f"suite was run. {len(absent)} cannot be planted here.",
        "",
        "| id | planted | seen in public | verdict | named tests that failed | other tests that failed |",
        "|---|---|---|---|---|---|",
    ]
    cell = lambda text: text.replace("|", "\\|")
    for mutant, (word, kills, others) in zip(mutants, verdicts):
        files = sorted({spot["file"].removeprefix("src/") for spot in mutant["places"]})
        what = f"{mutant['what']} (`{'`, `'.join(files)}`)"
        lines.append(f"| {mutant['id']} | {cell(what)} | {cell(mutant['seen'])} | {word} | {cell(kills)} | {others} |")
    lines += ["", "## What was changed", "", "| id | before | after |", "|---|---|---|"]
    for mutant in mutants:
        for spot in mutant["places"]:
            before, after = (f"`` {cell(short(spot[side]))} ``" for side in ("find", "replace"))
            lines.append(f"| {mutant['id']} | {before} | {after} |")
    lines += ["", "## What cannot be planted here", "", "| id | fault | why |", "|---|---|---|"]
    lines += [f"| {row['id']} | {cell(row['what'])} | {cell(row['why'])} |" for row in absent]
    (ROOT / "docs/mutations.md").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="ID", help="B5 means B5a, B5b, …")
    parser.add_argument("--target", type=Path, help="cargo's target directory (kept; a temporary one without)")
    parser.add_argument("--results", type=Path, help="JSON of what was seen; earlier verdicts in it stay")
    parser.add_argument("--everything", action="store_true", help="run the whole suite, not the named tests alone")
    parser.add_argument("--write", action="store_true", help="write docs/mutations.md")
    parser.add_argument("--page", action="store_true", help="write docs/mutations.md from --results and run nothing")
    parser.add_argument("--copy", action="store_true", help="make the copy with the faults and stop")
    parser.add_argument("--check", action="store_true", help="compile the copy and stop")
    parser.add_argument("--seconds", type=int, default=600, help="time for one run of tests")
    options = parser.parse_args()

    mutants, absent = catalogue()
    results = {}
    if options.results and options.results.exists():
        results = json.loads(options.results.read_text())
    if options.page:
        write_page(mutants, absent, results)
        return 0
    chosen = [
        (number, mutant) for number, mutant in enumerate(mutants)
        if not options.only or any(re.fullmatch(re.escape(id) + r"[a-z]?", mutant["id"]) for id in options.only)
    ]
    if not chosen:
        stop("no such mutant")

    with tempfile.TemporaryDirectory(prefix="natgrad-mutation-") as home:
        target = options.target.resolve() if options.target else Path(home) / "target"
        # Inside a kept target it has always the same path, without which cargo would build everything anew.
        place = target / "mutation-tree"
        place.mkdir(parents=True, exist_ok=True)
        scratch_copy(place, mutants)
        if options.copy:
            print(place)
            return 0
        program = build(place, target)
        if options.check:
            return 0
        named = sorted({name for _, mutant in chosen for name in mutant["tests"]})
        plain = Run(program, place, None, [] if options.everything else named, options.seconds)
        wrong = [name for name in named if plain.verdict.get(name) != "ok"]
        if wrong or plain.note:
            stop(f"with no fault on: {plain.note or 'not passing: ' + ', '.join(wrong)}")
        sick = set(plain.failed())
        print(f"no fault: {len(plain.verdict)} tests, of the named {len(named)} all pass"
              + (f"; not counted below, for they fail here without a fault: {', '.join(sorted(sick))}" if sick else ""))
        bad = 0
        for number, mutant in chosen:
            run = Run(program, place, number, [] if options.everything else mutant["tests"], options.seconds)
            failed = [name for name in run.failed() if name in plain.verdict and name not in sick]
            kills = [name for name in failed if name in mutant["tests"]]
            others = len(failed) - len(kills)
            results[mutant["id"]] = {
                "print": mutant["print"], "note": run.note, "failed": failed, "everything": options.everything,
            }
            word = "NO VERDICT: " + run.note if run.note else "killed" if kills else "SURVIVES ********"
            bad += bool(run.note) or not kills
            more = f" (+{others})" if options.everything else ""
            print(f"{mutant['id']:5} {word:10} {mutant['what']}: {', '.join(kills)}{more}", flush=True)
            if options.results:
                options.results.write_text(json.dumps(results, indent=1))
        print(f"{len(chosen) - bad} of {len(chosen)} killed")
        if options.write:
            write_page(mutants, absent, results)
        return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
