import process from "node:process";

/**
 * Milliseconds of processor time that this process has used on all its threads together: what its
 * work would take on one core, whatever else the machine does.
 */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
