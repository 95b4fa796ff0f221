"""Runs cells in a Deno kernel, one after another, and prints what came of each.

Usage: kernel_session.py FOLDER STEPS, where STEPS is a JSON list of {"code": ..., "stopAt": ...}.
Where "stopAt" is given, the kernel is interrupted once an output of the cell has that text.
"""

import json
import sys

from jupyter_client.manager import KernelManager

folder, steps = sys.argv[1:]
manager = KernelManager(kernel_name="deno")
manager.start_kernel(cwd=folder)
client = manager.client()
client.start_channels()
try:
    client.wait_for_ready(timeout=120)
    for step in json.loads(steps):
        outputs = []
        stops = [step["stopAt"]] if "stopAt" in step else []

        def hear(message):
            text = json.dumps(message["content"])
            if message["msg_type"] in ("status", "execute_input"):
                return
            outputs.append(message["content"])
            if stops and stops[0] in text:
                stops.clear()
                manager.interrupt_kernel()

        reply = client.execute_interactive(step["code"], output_hook=hear, timeout=120)
        result = {"status": reply["content"]["status"], "outputs": outputs}
        print(json.dumps({**result, "alive": manager.is_alive()}), flush=True)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
