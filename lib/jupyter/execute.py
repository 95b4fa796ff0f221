"""Runs a notebook through its kernel.

Usage: execute.py NOTEBOOK RESULT FOLDER TIMEOUT_SECONDS

Writes the notebook with its outputs, also when a cell fails, and says on standard output, in a
JSON object a line, how far it is.
"""

import json
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError


def say(**event):
    print(json.dumps(event), flush=True)


def main():
    source, result, folder, timeout = sys.argv[1:]
    notebook = nbformat.read(source, as_version=4)
    running = {}

    def on_start(cell, cell_index):
        if cell.cell_type == "code":
            running["cell"] = cell_index

    def on_end(cell, cell_index, execute_reply):
        say(event="done", cell=cell_index)

    def fail(name, message, traceback=()):
        say(event="failed", cell=running.get("cell"), name=name, message=message,
            traceback=list(traceback))

    client = NotebookClient(
        notebook,
        kernel_name="deno",
        timeout=float(timeout),
        startup_timeout=120,
        resources={"metadata": {"path": folder}},
        record_timing=False,
        on_cell_execute=on_start,
        on_cell_executed=on_end,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        outputs = notebook.cells[running["cell"]].outputs
        traceback = [line for output in outputs for line in output.get("traceback", [])]
        fail(error.ename, error.evalue, traceback)
    except CellTimeoutError:
        fail("Timeout", f"the cell took longer than {timeout} s")
    except DeadKernelError:
        fail("DeadKernel", "the kernel ended while the cell ran")
    nbformat.write(notebook, result)


main()
