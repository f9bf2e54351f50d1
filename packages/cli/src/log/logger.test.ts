import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it, vi } from 'vitest';

import { LineLimiter } from './line-limiter.ts';
import { LogFile } from './log-file.ts';
import { fileLogger, logSettings, openLog } from './log-options.ts';
import { jsonLine, Logger, plainText, textLine } from './logger.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a logger', () => {
  it('writes its level and what is more urgent', () => {
    const lines: string[] = [];
    for (const level of ['silent', 'error', 'warn', 'debug'] as const) {
      const logger = new Logger(level, (line) => lines.push(`${level}: ${line}`), plainText);
      for (const of of ['error', 'warn', 'info', 'debug', 'trace'] as const) logger.log(of, of);
    }
    expect(lines.join('').split('\n')).toEqual([
      'error: error',
      'warn: error',
      'warn: warn',
      'debug: error',
      'debug: warn',
      'debug: info',
      'debug: debug',
      '',
    ]);
  });

  it('writes one line a record, as JSON or as text, with no secret in message or fields', () => {
    const lines: string[] = [];
    const message = 'a\n  b \u001b[2J password=hunter22222';
    const fields = { caller: 'npub1', apiKey: 'k', count: 2, none: undefined, list: ['token: abcdefgh'] };
    new Logger('info', (line) => lines.push(line), jsonLine).log('warn', message, fields);
    new Logger('info', (line) => lines.push(line), textLine).log('warn', message, fields);
    const [json = '', text = ''] = lines;
    expect(json.indexOf('\n')).toBe(json.length - 1);
    expect(JSON.parse(json)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'warn',
      msg: 'a\n  b \u001b[2J password=[redacted]',
      caller: 'npub1',
      apiKey: '[redacted]',
      count: 2,
      list: ['token: [redacted]'],
    });
    expect(text.replace(/^\S+ /, '')).toBe(
      'warn  a b [2J password=[redacted] caller=npub1 apiKey=[redacted] count=2 list=["token: [redacted]"]\n',
    );
  });
});

describe('the settings of the log', () => {
  it('are taken from the arguments before the environment', () => {
    const env = { MCP_NOSTR_LOG: 'Error', MCP_NOSTR_LOG_FORMAT: 'json', MCP_NOSTR_LOG_FILE: '/l' };
    expect(logSettings({}, {})).toEqual({ level: 'info', format: 'text', file: undefined });
    expect(logSettings({}, env)).toEqual({ level: 'error', format: 'json', file: '/l' });
    expect(logSettings({ logLevel: 'trace', logFormat: 'text', logFile: '/m' }, env)).toEqual({
      level: 'trace',
      format: 'text',
      file: '/m',
    });
    expect(logSettings({ quiet: true }, env).level).toBe('warn');
    expect(logSettings({ verbose: true }, env).level).toBe('debug');
  });

  it('are refused where the environment has what does not exist', () => {
    expect(() => logSettings({}, { MCP_NOSTR_LOG: 'loud' })).toThrow('MCP_NOSTR_LOG is "loud"');
    expect(() => logSettings({}, { MCP_NOSTR_LOG_FORMAT: 'xml' })).toThrow('MCP_NOSTR_LOG_FORMAT is "xml"');
  });

  it('send a line to stderr and to the file', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const file = join(folder, 'both', 'a.log');
    openLog({ level: 'info', format: 'json', file }, plainText)('info', 'hello', { n: 1 });
    const written = String(write.mock.calls[0]?.[0]);
    write.mockRestore();
    expect(JSON.parse(written)).toMatchObject({ msg: 'hello', n: 1 });
    expect(readFileSync(file, 'utf8')).toContain('"msg":"hello"');
    expect(fileLogger({ level: 'silent', format: 'text', file: join(folder, 'none') })).toBeUndefined();
  });
});

describe('a log file', () => {
  it('is for its owner alone, also when it was there before, and keeps one predecessor when it is full', () => {
    const path = join(folder, 'small.log');
    writeFileSync(path, 'before\n', { mode: 0o644 });
    const file = new LogFile(path, { onerror: () => {}, maxBytes: 20 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const line of ['one\n', 'two\n', 'three, which is long\n', 'four\n']) file.write(line);
    file.close();
    expect(readFileSync(path, 'utf8')).toBe('four\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('three, which is long\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('of two processes is replaced once when it is full, and then both write to the new one', () => {
    const path = join(folder, 'shared.log');
    const [one, other] = [1, 2].map(() => new LogFile(path, { onerror: () => {}, maxBytes: 10 }));
    one?.write('one 1\n');
    other?.write('other 1\n');
    one?.write('one 2\n');
    other?.write('other 2\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('one 1\nother 1\n');
    expect(readFileSync(path, 'utf8')).toBe('one 2\nother 2\n');
    one?.close();
    other?.close();
  });

  it('keeps as many predecessors as it is to, and no more', () => {
    const path = join(folder, 'many.log');
    const file = new LogFile(path, { onerror: () => {}, maxBytes: 2, kept: 3 });
    for (const line of ['1\n', '2\n', '3\n', '4\n', '5\n']) file.write(line);
    file.close();
    const texts = ['', '.1', '.2', '.3'].map((end) => readFileSync(`${path}${end}`, 'utf8'));
    expect(texts).toEqual(['5\n', '4\n', '3\n', '2\n']);
    expect(existsSync(`${path}.4`)).toBe(false);
  });

  it('that is a device keeps its mode', () => {
    const { mode } = statSync('/dev/full');
    new LogFile('/dev/full', { onerror: () => {} }).close();
    expect(statSync('/dev/full').mode).toBe(mode);
  });

  it('that cannot be opened is an error, and one that fails later is said once', () => {
    expect(() => new LogFile(folder, { onerror: () => {} })).toThrow(/cannot be written: EISDIR/);
    const problems: string[] = [];
    // Every write to it fails as on a full disk.
    const file = new LogFile('/dev/full', { onerror: (message) => problems.push(message) });
    file.write('a\n');
    file.write('b\n');
    expect(problems).toEqual(['no more is written to the log file /dev/full: ENOSPC']);
  });
});

it('what strangers cause is shown once a minute, and no more than twenty such lines', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const limiter = new LineLimiter();
  const admitted = (): number =>
    Array.from({ length: 100 }, (_, index) => `line ${index % 50}`).filter((line) => limiter.admits(line))
      .length;
  expect([admitted(), admitted()]).toEqual([20, 0]);
  now.mockReturnValue(60_001);
  expect(admitted()).toBe(20);
  now.mockRestore();
});
