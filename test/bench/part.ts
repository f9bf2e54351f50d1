import { RoleProcess } from './role-process.ts';

/** Starts a process of this part and resolves when it is ready. */
export type Start = (file: URL, ...values: string[]) => ReturnType<typeof RoleProcess.start>;

/** One of the things that are measured. */
export interface Part<Result> {
  name: string;
  /** Several times what it takes, so that only what hangs comes to it. */
  timeoutMs: number;
  run: (start: Start) => Promise<Result>;
  /** One line for each bar that is missed. */
  missedBars: (result: Result) => string[];
  /** Its rows of its table. */
  rows: (result: Result) => string[][];
}

/** What became of a part; without a result when it failed. */
export interface Outcome<Result = unknown> {
  result?: Result;
  missed: string[];
  rows: string[][];
}

const running = new Set<RoleProcess>();

/** A part that fails or hangs is a missed bar and does not keep the others from being measured. */
export async function measurePart<Result>(part: Part<Result>): Promise<Outcome<Result>> {
  tell(part.name);
  try {
    const result = await runPart(part);
    return { result, missed: part.missedBars(result), rows: part.rows(result) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { missed: [`${part.name} could not be measured: ${reason}`], rows: [] };
  }
}

/** Its processes are its own and end with it: what one part leaves behind must not weigh on the next. */
async function runPart<Result>({ run, timeoutMs }: Part<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs} ms`)), timeoutMs);
  });
  const start: Start = (file, ...values) => RoleProcess.start(file, values, (role) => running.add(role));
  try {
    return await Promise.race([run(start), deadline]);
  } finally {
    clearTimeout(timer);
    killAll();
  }
}

export function killAll(): void {
  for (const role of running) role.kill();
  running.clear();
}

/** For whoever sits before it. */
export function tell(progress: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${progress}\n`);
}
