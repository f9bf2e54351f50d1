import { isRecord, type JsonRpcMessage } from '@mcp-nostr/core';

import { oneLine } from '../terminal.ts';

interface Messages {
  send(message: JsonRpcMessage, ...rest: never[]): Promise<void>;
  onmessage?: unknown;
}

/**
 * The same transport, with a line for each message that passes: what it is, and never what is in it. Arguments and
 * results are the users' own, and no pattern finds every secret in them.
 */
export function traceMessages<Transport extends Messages>(
  transport: Transport,
  note: (line: string) => void,
): Transport {
  return new Proxy(transport, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...all: unknown[]): unknown => {
        if (name === 'send') note(`-> ${describeMessage(all[0])}`);
        return Reflect.apply(value, target, all);
      };
    },
    set(target, name, value: unknown) {
      if (name !== 'onmessage' || typeof value !== 'function')
        return Reflect.set(target, name, value, target);
      const traced = (...all: unknown[]): unknown => {
        note(`<- ${describeMessage(all[0])}`);
        return Reflect.apply(value, target, all);
      };
      return Reflect.set(target, name, traced, target);
    },
  });
}

/** `request tools/call echo id=3, 120 B` */
function describeMessage(message: unknown): string {
  if (!isRecord(message)) return 'no message';
  const { id, method, params, error } = message;
  const shownId = id === undefined ? '' : ` id=${JSON.stringify(id)}`;
  const bytes = Buffer.byteLength(JSON.stringify(message));
  if (typeof method !== 'string')
    return `${isRecord(error) ? `error ${String(error['code'])}` : 'result'}${shownId}, ${bytes} B`;
  const name = isRecord(params) && typeof params['name'] === 'string' ? ` ${params['name']}` : '';
  return oneLine(
    `${id === undefined ? 'notification' : 'request'} ${method}${name}${shownId}, ${bytes} B`,
    200,
  );
}
