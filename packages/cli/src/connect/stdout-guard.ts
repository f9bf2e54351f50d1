import { Console } from 'node:console';

/**
 * Takes stdout for one writer: from here on `console` and `process.stdout.write`, whoever calls them, end on stderr,
 * and only the function returned here reaches stdout. A host ends the session, or shows an error, for every line
 * that is not JSON-RPC. It returns how many bytes wait for a reader.
 */
export function guardStdout(): (text: string) => number {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = toStderr;
  globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });
  return (text) => {
    write(text);
    return process.stdout.writableLength;
  };
}

type Done = (error?: Error | null) => void;

function toStderr(chunk: Uint8Array | string, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean {
  return typeof encodingOrDone === 'function'
    ? process.stderr.write(chunk, encodingOrDone)
    : process.stderr.write(chunk, encodingOrDone, done);
}
