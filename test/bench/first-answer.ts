import { spawn } from 'node:child_process';
import { once } from 'node:events';

const TIMEOUT_MS = 10_000;

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1.0.0' },
  },
};

/** What a host starts: a program that speaks MCP on stdin and stdout. */
export interface StdioProgram {
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
}

/** Milliseconds from the start of the process to the whole of its answer to `initialize`. */
export async function firstAnswerMs({ args, env }: StdioProgram): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  const ended = once(child, 'close');
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(initialize)}\n`);
  try {
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      text += String(chunk);
      if (!text.includes('\n')) continue;
      const ms = performance.now() - started;
      const answer = JSON.parse(text.split('\n')[0] ?? '') as { id?: unknown; result?: unknown };
      if (answer.id !== initialize.id || answer.result === undefined)
        throw new Error(`the first line is no answer: ${text.slice(0, 200)}`);
      return ms;
    }
    throw new Error(`no answer from ${args.join(' ')}`);
  } finally {
    child.stdin.end();
    child.kill();
    await ended;
    clearTimeout(timer);
  }
}

/** Milliseconds from the start to the end of a process that has nothing to do: what no program can be below. */
export async function emptyProgramMs(): Promise<number> {
  const started = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'close');
  return performance.now() - started;
}
