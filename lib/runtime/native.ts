/** Provides the native TensorFlow library: finds a working build, or makes one. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireSpace } from "../disk_space.ts";
import { UserError } from "../errors.ts";
import { exists, passingName, passingPath, writeAtomic } from "../files.ts";
import { compileBinding } from "./binding_compile.ts";
import { linkBinding } from "./binding_link.ts";
import { cacheFolder } from "./cache_folder.ts";
import { findCompiler } from "./compiler.ts";
import { exclusively } from "./exclusive.ts";
import { bindingPath, findBinding, packageFolder } from "./native_files.ts";
import { findNvidiaDriver } from "./nvidia.ts";
import { runPackageInstall } from "./package_install.ts";
import { runProgram } from "./program.ts";
import { findPython } from "./python.ts";
import { variable } from "./settings.ts";
import { nodeApiVersion, tfjsVersion } from "./versions.ts";
import { chooseWheel, type NativeDevice, type Wheel } from "./wheel.ts";
import { downloadWheels } from "./wheel_download.ts";
import {
  cudaRequirements,
  nvidiaMembers,
  tensorflowMembers,
  unpackWheels,
} from "./wheel_unpack.ts";

const selfTestPath = fileURLToPath(new URL("../tf_self_test.ts", import.meta.url));
const bindingName = "tfjs_binding.node";
const manifestName = "manifest.json";
const selfTestPatienceMs = 180_000;

/** What a build is, as written into its folder once it has proved itself. */
export interface NativeManifest {
  readonly wheel: string;
  readonly device: string;
  readonly tensorflow: string;
  readonly tfjs: string;
  readonly compiler: string;
  readonly python: string;
}

/** A build: which wheel it is made of, for which device, and where it lies once it is made. */
export interface NativeBuild {
  readonly wheel: Wheel;
  readonly device: NativeDevice;
  readonly folder: string;
}

/** What {@link ensureNative} may be told. */
export interface EnsureOptions {
  /** Takes one line of news at a time. */
  readonly report: (line: string) => void;
  /** Make the build anew, and try CUDA again where it was given up. */
  readonly force?: boolean;
}

/** The build for a device, by everything that its files depend on. */
export function describeBuild(device: NativeDevice): NativeBuild {
  const { os, arch } = Deno.build;
  const wheel = chooseWheel({ os, arch }, device);
  const key = [
    os,
    arch,
    `tfjs-${tfjsVersion}`,
    `${wheel.name}-${wheel.version}`,
    `napi-v${nodeApiVersion}`,
    device,
  ].join("_");
  return { wheel, device, folder: join(cacheFolder(), "native", key) };
}

/**
 * Makes sure that this checkout's TensorFlow.js has a native library that computes. Where one is
 * there already, that takes a few file look-ups. Two set-ups at once wait for each other, and one
 * that was interrupted leaves nothing that counts.
 *
 * @throws UserError naming the missing piece and the command that installs it.
 */
export async function ensureNative(options: EnsureOptions): Promise<void> {
  const device = await chooseDevice(options);
  const build = describeBuild(device);
  if (!options.force && await isLinked(build)) return;
  await requirePackage();
  const lock = `${build.folder}.lock`;
  const waiting = () => options.report("Waiting for another set-up of TensorFlow to finish ...");
  try {
    await exclusively(lock, () => provide(build, options), waiting);
  } catch (error) {
    if (device !== "cuda" || Deno.env.get(variable.device) === "cuda") throw error;
    options.report(`CUDA is left out: ${error instanceof Error ? error.message : error}`);
    options.report("TensorFlow is set up for the CPU. To try CUDA again: deno task setup --force");
    await writeAtomic(givenUpPath(), String(error));
    await ensureNative({ report: options.report });
  }
}

/** The manifest of the build that this checkout is linked to, or undefined. */
export async function readLinkedManifest(): Promise<NativeManifest | undefined> {
  const binding = findBinding();
  return binding === undefined ? undefined : await readManifest(dirname(binding));
}

/**
 * The device that the environment asks for.
 *
 * @throws UserError when there is no such device
 */
export function askedDevice(): NativeDevice | undefined {
  const asked = Deno.env.get(variable.device);
  if (asked === undefined || asked === "cpu" || asked === "cuda") return asked;
  throw new UserError({
    what: "cannot set up TensorFlow",
    rule: `${variable.device} must be cpu or cuda, or not be set`,
    seen: JSON.stringify(asked),
    remedy: `Unset ${variable.device}`,
  });
}

/** CUDA where the user or a visible NVIDIA driver asks for it, unless it failed here before. */
async function chooseDevice({ force }: EnsureOptions): Promise<NativeDevice> {
  const asked = askedDevice();
  if (asked !== undefined) return asked;
  if (findNvidiaDriver() === undefined || Deno.build.arch !== "x86_64") return "cpu";
  if (force) await removeIfThere(givenUpPath());
  return await exists(givenUpPath()) ? "cpu" : "cuda";
}

function givenUpPath(): string {
  return `${describeBuild("cuda").folder}.given_up`;
}

async function isLinked({ folder }: NativeBuild): Promise<boolean> {
  const binding = findBinding();
  if (binding === undefined || !await exists(join(dirname(binding), manifestName))) return false;
  const ownInstall = await Deno.realPath(dirname(bindingPath)) === dirname(binding);
  return ownInstall ||
    binding === await Deno.realPath(join(folder, bindingName)).catch(() => undefined);
}

/** Installs the npm packages where Deno has not done so yet. */
async function requirePackage(): Promise<void> {
  if (await exists(packageFolder)) return;
  await runProgram(Deno.execPath(), ["cache", selfTestPath]);
  if (await exists(packageFolder)) return;
  throw new UserError({
    what: "cannot find @tensorflow/tfjs-node-gpu",
    rule: "Deno must be able to install the npm packages of deno.json",
    remedy: "Check the network and run `deno task setup` again",
  });
}

/** With the lock held: uses a finished build, or makes one, or falls back. */
async function provide(build: NativeBuild, { report, force }: EnsureOptions): Promise<void> {
  if (!force && await exists(join(build.folder, manifestName))) {
    await linkBinding(join(build.folder, bindingName));
    return;
  }
  try {
    await makeBuild(build, report);
  } catch (error) {
    if (build.device === "cuda" || !(error instanceof UserError)) throw error;
    report(`${error.message}\nTrying the install script of tfjs-node-gpu instead ...`);
    try {
      await installByPackage(build);
    } catch (secondError) {
      report(
        `That failed too: ${secondError instanceof Error ? secondError.message : secondError}`,
      );
      throw error;
    }
  }
}

/** The way out where a build cannot be made: what the npm package itself would fetch. */
async function installByPackage(build: NativeBuild): Promise<void> {
  await removeIfThere(bindingPath);
  await runPackageInstall();
  const manifest: NativeManifest = {
    wheel: "none: the install script of tfjs-node-gpu",
    ...await runSelfTest(build),
    compiler: "none",
    python: "none",
  };
  await writeAtomic(join(dirname(bindingPath), manifestName), JSON.stringify(manifest, null, 2));
}

async function makeBuild(build: NativeBuild, report: EnsureOptions["report"]): Promise<void> {
  const { wheel, device, folder } = build;
  const started = performance.now();
  const python = await findPython();
  const compiler = await findCompiler();
  const parent = dirname(folder);
  await Deno.mkdir(parent, { recursive: true });
  await removeLeftovers(folder);
  await requireSpace(
    parent,
    device === "cuda" ? 11e9 : 1.5e9,
    `cannot set up TensorFlow in ${parent}`,
    { remedy: "Free some space, or name another folder in ROISEG_CACHE_DIR" },
  );

  const staging = passingPath(folder);
  const wheels = join(staging, "wheels");
  try {
    await Deno.mkdir(wheels, { recursive: true });
    const fetch = async (requirements: readonly string[], pattern: string) => {
      await downloadWheels(python, { requirements, platforms: wheel.platforms, folder: wheels });
      report("Unpacking ...");
      await unpackWheels(python, { wheels, pattern, target: staging });
      await Deno.remove(wheels, { recursive: true });
      await Deno.mkdir(wheels);
    };
    report(
      `Setting up TensorFlow ${wheel.version} for ${device.toUpperCase()} in ${folder}\n` +
        "This is done once per machine.",
    );
    await fetch([`${wheel.name}==${wheel.version}`], tensorflowMembers);
    if (device === "cuda") await fetch(await cudaRequirements(staging), nvidiaMembers);
    await Deno.remove(wheels);
    report(`Compiling its binding with ${compiler.version} ...`);
    await compileBinding(compiler, {
      libraries: join(staging, "tensorflow"),
      finalLibraries: join(folder, "tensorflow"),
      output: join(staging, bindingName),
    });
    await removeIfThere(folder);
    await Deno.rename(staging, folder);
  } finally {
    await removeIfThere(staging);
  }

  await linkBinding(join(folder, bindingName));
  const found = await runSelfTest(build);
  const manifest: NativeManifest = {
    wheel: `${wheel.name} ${wheel.version}`,
    ...found,
    compiler: compiler.version,
    python: `Python ${python.version}, pip ${python.pipVersion}`,
  };
  await writeAtomic(join(folder, manifestName), JSON.stringify(manifest, null, 2));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  report(`TensorFlow ${found.tensorflow} computes on ${found.device}. Set-up took ${seconds} s.`);
}

/** Runs conv3d and its gradient in a process of its own, which may crash. */
async function runSelfTest(
  { device }: NativeBuild,
): Promise<Pick<NativeManifest, "device" | "tensorflow" | "tfjs">> {
  const result = await runProgram(Deno.execPath(), ["run", "-A", selfTestPath], {
    timeoutMs: selfTestPatienceMs,
    env: { NO_COLOR: "1" },
  });
  const remedy = "Run `deno task doctor` and report what it prints";
  if (!result?.success) {
    const lines = (result?.stderr ?? "").split("\n").filter((line) => line.trim() !== "");
    throw new UserError({
      what: "cannot use the TensorFlow that was set up",
      rule: "its conv3d and gradient must give known numbers",
      seen: `ending with code ${result?.code}: ${
        lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? "no message"
      }`,
      remedy,
    });
  }
  const { device: foundDevice, tensorflow, tfjs } = JSON.parse(
    result.stdout.trim().split("\n").at(-1) ?? "{}",
  );
  if (device === "cuda" && foundDevice === "CPU") {
    throw new UserError({
      what: "cannot use the NVIDIA GPU",
      rule: "TensorFlow must find it with its CUDA 12 libraries, which need driver 525 or later",
      seen: `computing on the CPU, with ${findNvidiaDriver()?.version || "no driver"}`,
      remedy: "Update the NVIDIA driver, or set ROISEG_DEVICE=cpu",
    });
  }
  return { device: foundDevice, tensorflow, tfjs };
}

async function readManifest(folder: string): Promise<NativeManifest | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(join(folder, manifestName)));
  } catch {
    return undefined;
  }
}

/** Removes what interrupted set-ups of the same build left; the lock is held, so none is alive. */
async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${folder}.`;
  const parent = dirname(folder);
  for await (const { name } of Deno.readDir(parent)) {
    const path = join(parent, name);
    if (path.startsWith(prefix) && passingName.test(name)) await removeIfThere(path);
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
