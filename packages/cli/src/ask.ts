import { CliError, exitCodes } from './errors.ts';

/** stdout is for results. */
const output = process.stderr;

/** Whether somebody sits there who can be asked. */
export function canAsk(env: NodeJS.ProcessEnv = process.env): boolean {
  return process.stdin.isTTY && process.stderr.isTTY && (env['CI'] ?? '') === '';
}

/** A secret that is typed or pasted, and not shown. @throws {CliError} when it is declined */
export async function askHidden(message: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message, output });
  if (isCancel(answer)) throw declined();
  // An empty line is no string at all.
  return answer ?? '';
}

export async function askText(message: string): Promise<string> {
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({ message, output });
  if (isCancel(answer)) throw declined();
  return answer ?? '';
}

/** @throws {CliError} unless the answer is yes */
export async function askConsent(message: string): Promise<void> {
  const { confirm } = await import('@clack/prompts');
  if ((await confirm({ message, output, initialValue: false })) !== true) throw declined();
}

export function declined(): CliError {
  return new CliError('interrupted', exitCodes.unexpected, 'nothing was changed');
}
