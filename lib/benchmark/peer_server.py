"""The Python side of `deno task bench --peers`.

Reads one JSON request a line, {"do": name, ...arguments}, and answers each with one JSON line: the
result, or {"error": text}. Times are in milliseconds, one for each run.
"""

import importlib
import json
import platform
import sys
import time

import numpy as np

PACKAGES = ("numpy", "torch", "nibabel", "scipy")


def time_runs(run, runs, warm_up, clock=time.perf_counter):
    """Milliseconds of each of `runs` calls, after `warm_up` calls that are not timed."""
    for _ in range(warm_up):
        run()
    times = []
    for _ in range(runs):
        start = clock()
        run()
        times.append(1000 * (clock() - start))
    return times


class Peers:
    """What can be asked for; each method is a request."""

    def __init__(self):
        self.models = {}

    def about(self, threads):
        """Versions of Python and of the packages that are here."""
        versions = {"python": platform.python_version()}
        for name in PACKAGES:
            try:
                versions[name] = importlib.import_module(name).__version__
            except ImportError:
                pass
        if "torch" in versions:
            import torch

            torch.set_num_threads(threads)
        return versions

    def load_segmentor(self, path, config):
        """Loads the twin once for each memory format."""
        import torch
        from torch_segmentor import load_segmentor

        formats = {
            "contiguous": torch.contiguous_format,
            "channels-last": torch.channels_last_3d,
        }
        self.models = {
            name: load_segmentor(path, config).to(memory_format=memory_format)
            for name, memory_format in formats.items()
        }
        return list(self.models)

    def logits(self, edge, image, layout):
        """The logits of the cube in the raw float32 file `image`, written to `image`.logits."""
        import torch

        model = self.models[layout].eval()
        with torch.inference_mode():
            result = model(read_cubes(image, edge)).contiguous().numpy()
        result.tofile(f"{image}.logits")
        return {"path": f"{image}.logits"}

    def gradients(self, edge, image, target, layout):
        """Loss and global norm of its gradient, BatchNorm as in training, without dropout."""
        import torch
        from torch_segmentor import dice_cross_entropy

        model = self.models[layout].train()
        dropout, model.config["dropout"] = model.config["dropout"], 0
        statistics = {name: values.clone() for name, values in model.named_buffers()}
        try:
            loss = dice_cross_entropy(model(read_cubes(image, edge)), read_cubes(target, edge))
            loss.backward()
            gradients = [p.grad for p in model.parameters() if p.grad is not None]
            norm = torch.linalg.vector_norm(torch.stack([g.norm() for g in gradients]))
        finally:
            model.zero_grad(set_to_none=True)
            model.config["dropout"] = dropout
            for name, values in model.named_buffers():
                values.copy_(statistics[name])
        return {"loss": loss.item(), "norm": norm.item()}

    def time_inference(self, edge, image, layout, runs, warm_up):
        import torch

        model = self.models[layout].eval()
        cube = read_cubes(image, edge)
        with torch.inference_mode():
            return time_runs(lambda: model(cube).numpy(), runs, warm_up)

    def time_training(self, edge, image, target, layout, optimizer, phase, runs, warm_up):
        from torch_segmentor import make_optimizer, training_step

        model = self.models[layout].train()
        cubes, targets = read_cubes(image, edge), read_cubes(target, edge)
        state = {name: values.clone() for name, values in model.state_dict().items()}
        adamw = make_optimizer(model, phase, optimizer == "fused")
        step = lambda: training_step(model, adamw, cubes, targets, phase["clipNorm"])
        times = time_runs(step, runs, warm_up)
        model.load_state_dict(state)
        model.zero_grad(set_to_none=True)
        return times

    def time_read(self, path, runs, warm_up):
        from peer_volumes import read_image

        return time_runs(lambda: read_image(path), runs, warm_up, time.process_time)

    def prepared(self, output, **job):
        """Writes image and labels of the cube as raw float32, x fastest."""
        from peer_volumes import prepare

        for name, values in zip(("image", "labels"), prepare(**job)):
            values.astype(np.float32).flatten(order="F").tofile(f"{output}.{name}")
        return {}

    def time_prepare(self, runs, warm_up, **job):
        from peer_volumes import prepare

        return time_runs(lambda: prepare(**job), runs, warm_up, time.process_time)

    def hausdorff95(self, **job):
        from peer_volumes import hausdorff95

        return {"mm": float(hausdorff95(*read_masks(**job)))}

    def time_hausdorff95(self, runs, warm_up, **job):
        from peer_volumes import hausdorff95

        masks = read_masks(**job)
        return time_runs(lambda: hausdorff95(*masks), runs, warm_up, time.process_time)


def read_masks(paths, shape, spacing):
    """Two raw masks of bytes, x fastest, as [z, y, x], and the spacing in that order."""
    masks = [np.fromfile(path, np.uint8).reshape(shape[::-1]).astype(bool) for path in paths]
    return [*masks, spacing[::-1]]


def read_cubes(path, edge):
    """[n, 1, edge, edge, edge] of a raw float32 file."""
    import torch

    return torch.from_numpy(np.fromfile(path, np.float32).reshape(-1, 1, edge, edge, edge))


def serve(peers):
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(peers, request.pop("do"))(**request)
        except Exception as error:  # the other side reports it and goes on without this peer
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve(Peers())
