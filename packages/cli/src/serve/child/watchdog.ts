import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `+<group>` and `-<group>`. When its input ends, whatever is still listed has nobody any more: SIGTERM, and a
 * second later SIGKILL. It obeys no signal that a terminal or a service manager sends to us.
 */
const SCRIPT = `
trap '' TERM INT HUP QUIT
groups=' '
while read -r line; do
  group=\${line#?}
  case $line in
    +*) groups="$groups$group " ;;
    -*) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
left=
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null && left="$left $group"; done
[ -n "$left" ] && sleep 1
for group in $left; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

/** One that ends sooner than this cannot live here, and is tried again later. */
const VIABLE_MS = 1_000;
const RETRY_MS = 10_000;

/**
 * Ends the process groups that it guards when this process is gone without having done so: after SIGKILL nothing of
 * ours runs any more, so it is a process of its own, a shell in a session of its own that waits for the end of a pipe.
 * It inherits nothing: no variable of the environment, no output. Windows has neither the shell nor the groups; there
 * children are left to the end of their input.
 */
export class Watchdog {
  readonly #onproblem: (problem: string) => void;
  readonly #groups: Set<number> = new Set();
  #shell: ChildProcess | undefined;
  #isClosed = false;

  constructor(onproblem: (problem: string) => void) {
    this.#onproblem = onproblem;
  }

  /** Its process; undefined where none is needed. */
  get pid(): number | undefined {
    return this.#shell?.pid;
  }

  guard(group: number): void {
    if (process.platform === 'win32' || this.#isClosed) return;
    this.#groups.add(group);
    if (this.#shell === undefined) this.#start();
    else this.#write(`+${group}\n`);
  }

  /** The group is gone; its number may soon be another's. */
  release(group: number): void {
    if (this.#groups.delete(group)) this.#write(`-${group}\n`);
  }

  /** It ends, and takes along what it still guards. */
  close(): void {
    this.#isClosed = true;
    this.#shell?.stdin?.end();
  }

  #write(line: string): void {
    this.#shell?.stdin?.write(line);
  }

  #start(): void {
    const startedAt = performance.now();
    const shell = spawn('/bin/sh', ['-c', SCRIPT, 'mcp-nostr-watchdog'], {
      cwd: '/',
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell = shell;
    const ended = (): void => this.#ended(shell, performance.now() - startedAt);
    shell.once('error', ended); // It comes instead of `exit` where the shell could not be started.
    shell.once('exit', ended);
    shell.stdin.on('error', () => undefined); // The exit that follows says more than this EPIPE.
    // It is there as long as we are, and must not be why we are.
    shell.unref();
    if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
    for (const group of this.#groups) this.#write(`+${group}\n`);
  }

  #restart(): void {
    if (this.#shell === undefined && !this.#isClosed && this.#groups.size > 0) this.#start();
  }

  #ended(shell: ChildProcess, livedMs: number): void {
    if (this.#shell !== shell) return;
    this.#shell = undefined;
    if (this.#isClosed || this.#groups.size === 0) return;
    if (livedMs >= VIABLE_MS) return this.#start();
    setTimeout(() => this.#restart(), RETRY_MS).unref();
    this.#onproblem(
      'the shell that ends the children if this process is killed does not run; children may then stay behind',
    );
  }
}
