import { UserError } from "../errors.ts";

/** Systems that a native build can be made for. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/** The device that a native build computes on. */
export type NativeDevice = "cpu" | "cuda";

/** A Python wheel that holds the TensorFlow libraries and headers. */
export interface Wheel {
  /** The package on the Python index. */
  readonly name: string;
  readonly version: string;
  /** Platform tags to accept, the preferred first. */
  readonly platforms: readonly string[];
}

const linuxTags = (machine: string) => [
  `manylinux_2_28_${machine}`,
  `manylinux_2_27_${machine}`,
  `manylinux_2_17_${machine}`,
  `manylinux2014_${machine}`,
];

/**
 * The wheel to take TensorFlow from. The last TensorFlow for Intel Macs is 2.16.2.
 *
 * @throws UserError where there is no such wheel.
 */
export function chooseWheel({ os, arch }: Platform, device: NativeDevice): Wheel {
  const system = `${os} ${arch}`;
  if (device === "cuda" && system !== "linux x86_64") {
    throw new UserError({
      what: "cannot set up TensorFlow for CUDA",
      rule: "its CUDA libraries exist for Linux on x86-64 alone",
      seen: system,
      remedy: "Unset ROISEG_DEVICE, or set it to cpu",
    });
  }
  switch (system) {
    case "linux x86_64":
      return {
        name: device === "cuda" ? "tensorflow" : "tensorflow-cpu",
        version: "2.21.0",
        platforms: linuxTags("x86_64"),
      };
    case "linux aarch64":
      return { name: "tensorflow", version: "2.21.0", platforms: linuxTags("aarch64") };
    case "darwin aarch64":
      return { name: "tensorflow", version: "2.21.0", platforms: ["macosx_12_0_arm64"] };
    case "darwin x86_64":
      return { name: "tensorflow", version: "2.16.2", platforms: ["macosx_10_15_x86_64"] };
    default:
      throw new UserError({
        what: "cannot set up TensorFlow",
        rule: "the system must be Linux or macOS, on x86-64 or 64-bit Arm",
        seen: system,
        remedy: "On Windows, run it within WSL 2",
      });
  }
}
