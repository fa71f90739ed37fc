import { closeSync, constants, fsyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** `sysconf(_SC_CLK_TCK)`: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Seconds of CPU that a process has used, user and system, all its threads, its children excluded (proc(5): utime and
 * stime of /proc/PID/stat). The command's name may hold spaces and brackets, so fields are counted after the last one.
 */
export const cpuSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

/** Resident memory in MB: the peak since the process began (VmHWM) and now (VmRSS). */
export interface Memory {
  readonly peakMb: number;
  readonly nowMb: number;
}

export const memoryOf = (pid: number): Memory => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const read = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) / 1024;
  return { peakMb: read('VmHWM'), nowMb: read('VmRSS') };
};

/** The value below which `share` of the sorted values lie (nearest rank); NaN when there are none. */
export const percentile = (sorted: Float64Array, share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

/** Milliseconds on the monotonic clock that all threads share. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

const FILE_BYTES = 1 << 20;

/**
 * F of DESIGN section 8: how long one write of 1 KB takes until it is on the disk, in milliseconds, each of `count`
 * times. The file is laid out first, as a journal segment is, and opened O_DSYNC.
 */
export const syncedWrites = (folder: string, count: number): Float64Array => {
  const path = join(folder, `.sync-probe-${process.pid}`);
  const layout = openSync(path, 'w', 0o600);
  writeSync(layout, Buffer.alloc(FILE_BYTES), 0, FILE_BYTES, 0);
  fsyncSync(layout);
  closeSync(layout);
  const file = openSync(path, constants.O_WRONLY | (constants.O_DSYNC ?? constants.O_SYNC));
  const block = Buffer.alloc(1024, 0x5a);
  const times = new Float64Array(count);
  for (let at = 0; at < count; at++) {
    const start = nowMs();
    writeSync(file, block, 0, block.length, (at * block.length) % FILE_BYTES);
    times[at] = nowMs() - start;
  }
  closeSync(file);
  unlinkSync(path);
  return times;
};
