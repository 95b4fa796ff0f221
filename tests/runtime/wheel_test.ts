import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { tfjsVersion } from "../../lib/runtime/versions.ts";
import { chooseWheel } from "../../lib/runtime/wheel.ts";
import {
  nvidiaMembers,
  parseCudaRequirements,
  tensorflowMembers,
} from "../../lib/runtime/wheel_unpack.ts";

Deno.test("chooseWheel() knows Linux and macOS on both processors", () => {
  const name = (os: string, arch: string) => chooseWheel({ os, arch }, "cpu").name;
  assertEquals(name("linux", "x86_64"), "tensorflow-cpu");
  assertEquals(name("linux", "aarch64"), "tensorflow");
  assertEquals(name("darwin", "aarch64"), "tensorflow");
  assertEquals(chooseWheel({ os: "darwin", arch: "x86_64" }, "cpu").version, "2.16.2");
  assertEquals(chooseWheel({ os: "linux", arch: "x86_64" }, "cuda").name, "tensorflow");
});

Deno.test("chooseWheel() says what to do where there is none", () => {
  const on = (os: string, device: "cpu" | "cuda") => () =>
    chooseWheel({ os, arch: "x86_64" }, device);
  assertThrows(on("windows", "cpu"), UserError, "WSL 2");
  assertThrows(on("darwin", "cuda"), UserError, "ROISEG_DEVICE");
});

Deno.test("parseCudaRequirements() takes the extra's lines in both spellings", () => {
  const metadata = [
    "Requires-Dist: absl-py>=1.0.0",
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
    "Requires-Dist: nvidia-cudnn-cu12 ==8.9.7.29 ; extra == 'and-cuda'",
    'Requires-Dist: other; extra == "else"',
  ].join("\n");
  assertEquals(parseCudaRequirements(metadata), [
    "nvidia-cublas-cu12<13.0,>=12.5.3.2",
    "nvidia-cudnn-cu12==8.9.7.29",
  ]);
});

Deno.test("the members to unpack are the libraries, the headers and the metadata", {
  ignore: Deno.build.os !== "linux",
}, () => {
  const taken = new RegExp(`^(?:${tensorflowMembers})`);
  assert(taken.test("tensorflow/libtensorflow_cc.so.2"));
  assert(taken.test("tensorflow/include/tensorflow/c/c_api.h"));
  assert(taken.test("tensorflow_cpu-2.21.0.dist-info/METADATA"));
  assert(!taken.test("tensorflow/include/external/llvm/a.h"));
  assert(!taken.test("tensorflow/python/ops.py"));
  const nvidia = new RegExp(`^(?:${nvidiaMembers})`);
  assert(nvidia.test("nvidia/cublas/lib/libcublas.so.12"));
  assert(!nvidia.test("nvidia/cublas/include/cublas.h"));
});

Deno.test("the version in the sources is the one in deno.json", async () => {
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  assertEquals(
    imports["@tensorflow/tfjs-node-gpu"],
    `npm:@tensorflow/tfjs-node-gpu@${tfjsVersion}`,
  );
});
