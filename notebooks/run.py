#!/usr/bin/env python3
"""Run Rust notebooks headless and fail where a reader would see a failure.

    python3 run.py [--write] 00_first_look.ipynb …

The evcxr kernel answers "ok" to a cell that panicked, failed an assertion or returned an error with `?`, and writes to
standard error instead, so any text there counts as a failure. `--write` keeps the outputs in the notebook.
Needs: evcxr_jupyter 0.22.0 installed as kernel "rust"; pip install nbclient nbformat.
"""
import os
import re
import sys
import time

import nbformat
from nbclient import NotebookClient

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def failures(cell):
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            yield ANSI.sub("", "\n".join(output.traceback) or output.evalue)
        elif output.output_type == "stream" and output.name == "stderr":
            yield ANSI.sub("", output.text)


def run(path, write, timeout=900):
    notebook = nbformat.read(path, as_version=4)
    folder = os.path.dirname(os.path.abspath(path))
    client = NotebookClient(
        notebook, kernel_name="rust", timeout=timeout, startup_timeout=timeout, allow_errors=True,
        record_timing=False, coalesce_streams=True, resources={"metadata": {"path": folder}},
    )
    bad, start = [], time.time()
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            client.execute_cell(cell, index)
            found = list(failures(cell))
            if found:
                bad.append((index, cell.source, found))
    print("FAIL" if bad else "ok", path, f"{time.time() - start:.0f} s")
    for index, source, found in bad:
        print(f"  cell {index}:\n{source}\n  -->", *found, sep="\n")
    if write and not bad:
        nbformat.write(notebook, path)
    return not bad


if __name__ == "__main__":
    names = [argument for argument in sys.argv[1:] if argument != "--write"]
    results = [run(name, "--write" in sys.argv) for name in names]
    sys.exit(0 if names and all(results) else 1)
