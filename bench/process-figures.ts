import { readFileSync } from "node:fs";

/** Clock ticks a second, as Linux counts CPU time of processes (`getconf CLK_TCK`). */
const ticksPerSecond = 100;
const utimeField = 11;

/** CPU time that a process has taken so far, all threads, in milliseconds; steps of 10. */
export function cpuMilliseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[utimeField]) + Number(fields[utimeField + 1])) * 1_000) / ticksPerSecond;
}

/** Memory of a process that is in RAM now, and the most it ever was, in bytes. */
export function memoryBytes(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return { now: kibibytes("VmRSS") * 1_024, most: kibibytes("VmHWM") * 1_024 };
}
