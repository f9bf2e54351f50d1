import { writeFileSync } from 'node:fs';

/**
 * core(5): with a filter of 0 a core dump of this process has none of its memory in it, and so no key. Programs that are
 * started from here inherit it; it stays so, since what they get to see is somebody's as well. Imported before all else.
 */
try {
  if (process.platform === 'linux') writeFileSync('/proc/self/coredump_filter', '0');
} catch {
  // Where /proc may only be read, whoever set that up has decided about dumps.
}
