import { harmless, oneLine } from '../terminal.ts';

const HIDDEN = '[redacted]';
/** A longer one is a file. */
const MAX_SECRET_LENGTH = 2_000;
/** Shorter values (`true`, `3000`) are parts of everyday text: hiding them would leave little of a line. */
const MIN_SECRET_LENGTH = 8;
/** Names of settings, headers and fields whose value is nobody's business. */
const SECRET_WORD =
  'authorization|token|secret|passw(?:or)?d|passphrase|cookie|api[-_]?key|access[-_]?key|private[-_]?key|credential';
const SECRET_NAME = new RegExp(SECRET_WORD, 'i');
/** `OPENAI_KEY`, `GITHUB_PAT`: of a variable this is enough, in a text it would be too little. */
const SECRET_VARIABLE = /_(key|pat|pwd|pass|auth|dsn|creds)$/i;
/** What is called so holds the place of a secret and not the secret: `--token-file`, `PASSWORD_FILE`. */
const PLACE_OF_SECRET = /[-_](file|path|dir|env|name)$/i;

/**
 * Of the whole process: what one part of it has read as a secret, no other part may print. The longest first, because
 * one may be a part of another.
 */
let known: readonly string[] = [];

/** From here on this text is in no line of the log, wherever the line comes from. */
export function hideSecret(value: string): void {
  if (value.length < MIN_SECRET_LENGTH || known.includes(value)) return;
  known = [...known, value].sort((a, b) => b.length - a.length);
}

/** A secret key, in each of the ways in which it is written. */
export function hideSecretKey(hex: string): void {
  hideSecret(hex.toLowerCase());
  hideSecret(hex.toUpperCase());
}

/** Variables that a program gets: what it finds in those with the name of a secret it may write to its stderr. */
export function hideSecretVariables(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value = ''] of Object.entries(env)) {
    if (PLACE_OF_SECRET.test(name)) continue;
    if (isSecretName(name) || SECRET_VARIABLE.test(name)) hideSecret(value);
  }
}

/** Arguments that a program gets: `--api-key abc` and `--api-key=abc`. */
export function hideSecretArguments(words: readonly string[]): void {
  for (const [index, word] of words.entries()) {
    const [, option = word, value = words[index + 1]] = /^(--?[\w-]+)=(.*)$/s.exec(word) ?? [];
    if (value !== undefined && isSecretOption(option, value)) hideSecret(value);
  }
}

/** `--api-key abc`, and not `--api-key-file path` nor `--api-key '${API_KEY}'`. */
export function isSecretOption(word: string, value = ''): boolean {
  if (!/^--?(?!-?no-)[\w-]+$/.test(word) || PLACE_OF_SECRET.test(word)) return false;
  return isSecretName(word) && value !== '' && !/^-|\$\{/.test(value);
}

/** Whether what is called so is a secret: `GITHUB_TOKEN`, `x-api-key`. */
function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Each begins with what is rare, and has no part without a bound before its end: a line of anybody costs little. */
const patterns: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // NIP-19 and NIP-49, also when cut off.
  [/(nsec|ncryptsec)1[02-9ac-hj-np-z]{20,}/gi, `$11${HIDDEN}`],
  // The name and password of a URL.
  [/(:\/\/)[^\s/@"'?#]+@/g, `$1${HIDDEN}@`],
  // `bunker://…?secret=…` (NIP-46), keys in the query of any URL, and invites.
  [new RegExp(`([?&](?:[\\w-]*(?:${SECRET_WORD})|key|invite)=)[^&\\s"'#]+`, 'gi'), `$1${HIDDEN}`],
  // RFC 6265: a line of cookies holds several.
  [/(\b(?:set-)?cookie["'\\]*\s*[:=]\s*["'\\]*)[^"'\n]{8,}/gi, `$1${HIDDEN}`],
  [/\b(bearer\s+)[\w.~+/=-]{8,}/gi, `$1${HIDDEN}`],
  // `API_KEY=…`, `"token": "…"`, `Authorization: Basic …`; the name of a variable is no secret.
  [
    new RegExp(
      `((?:${SECRET_WORD})[\\w-]{0,40}["'\\\\]*\\s*[:=]\\s*["'\\\\]*(?:(?:basic|bearer|token)\\s+)?)(?!\\$)[^\\s"',;&\\\\[]{8,}`,
      'gi',
    ),
    `$1${HIDDEN}`,
  ],
];

/**
 * A line without what must not be in a log: secrets by their value, where this process knows it, and by their look.
 * 64 hex characters alone have no look: public keys and event ids are the same, so only known secret keys are hidden.
 */
export function redact(text: string): string {
  let line = text;
  for (const secret of known) line = line.replaceAll(secret, HIDDEN);
  for (const [pattern, replacement] of patterns) line = line.replace(pattern, replacement);
  return line;
}

/** As {@link redact}, on one line and no longer than this: cut after that, since half a secret has no look. */
export function shownLine(text: string, maxLength: number): string {
  return oneLine(redact(harmless(text.slice(0, maxLength + MAX_SECRET_LENGTH))), maxLength);
}

/** As {@link redact}, for each text in a value; a field with the name of a secret is hidden whatever it holds. */
export function redactFields(value: unknown, name = ''): unknown {
  if (value !== undefined && isSecretName(name)) return HIDDEN;
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((each) => redactFields(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, redactFields(each, key)]));
}
