import { InvalidArgumentError } from 'commander';

/** Not registered for anything, and beside the relay's 7777. */
export const DEFAULT_PORT = 7788;

/** Collects a repeatable option: origins of web pages, as browsers send them. */
export function collectOrigins(text: string, earlier: readonly string[] = []): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === undefined || !isWeb || url.href !== `${url.origin}/`)
    throw new InvalidArgumentError('an origin is like https://app.example or http://localhost:5173');
  return [...earlier, url.origin];
}
