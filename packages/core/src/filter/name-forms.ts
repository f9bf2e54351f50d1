import { hexToBytes } from '@noble/hashes/utils.js';

/** So many ways to write one name are no accident. */
const MAX_FORMS = 48;

type Rewrite = (text: string) => string;

/** `é` is one character or two. */
const composed: Rewrite = (text) => text.normalize('NFC');

/** Without what nobody sees, and with letters for what looks like them in another width or style. */
const visible: Rewrite = (text) => text.normalize('NFKC').replace(/[\p{C}\p{Z}]+/gu, '');

/** As a server that uses `URL` reads it: without dot segments, tabs and line feeds. */
const asUrl: Rewrite = (text) => (URL.canParse(text) ? new URL(text).href : text);

/** The same for `files+file:///a`, of which a server gets what follows the plus. */
const asUrlOfOne: Rewrite = (text) =>
  text.replace(/^([a-z][a-z\d-]*\+)(.+)$/s, (_whole, prefix: string, own: string) => prefix + asUrl(own));

/** One level of percent encoding less. */
const decoded: Rewrite = (text) =>
  text.replace(/(?:%[\da-f]{2})+/gi, (bytes) =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(hexToBytes(bytes.replaceAll('%', ''))),
  );

/** As a file system reads it: a path without empty and dot segments, and without a slash at its end. */
const asPath: Rewrite = (text) =>
  text.replace(
    /^((?:[a-z][\w+.-]*:(?:\/\/)?)?)(.+)$/is,
    (_whole, scheme: string, path: string) => scheme + normalized(path.replaceAll('\\', '/')),
  );

function normalized(path: string): string {
  const isAbsolute = path.startsWith('/');
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.length > 0 && segments.at(-1) !== '..') segments.pop();
    else if (!isAbsolute) segments.push('..');
  }
  return (isAbsolute ? '/' : '') + segments.join('/') || '.';
}

/** As a server reads it that goes by the path alone. */
const withoutQuery: Rewrite = (text) => text.replace(/[?#].*$/s, '');

/** What a lenient server may take a name for; undefined when that has no end. */
export function nameForms(name: string): ReadonlySet<string> | undefined {
  return closure(name, [composed, visible]);
}

/** What a server may take a URI for. */
export function uriForms(uri: string): ReadonlySet<string> | undefined {
  return closure(uri, [composed, visible, asUrl, asUrlOfOne, decoded, asPath, withoutQuery]);
}

/**
 * Whether a URI says where it leads: it has no dot segments and no control characters, however written, and that of a
 * file no query, which whoever opens the file does not read.
 */
export function isPlainUri(uri: string): boolean {
  if (/^([a-z][a-z\d-]*\+)?file:.*[?#]/is.test(visible(uri))) return false;
  const forms = closure(uri, [visible, decoded]);
  return forms !== undefined && ![...forms].some((form) => /(^|[/\\])\.\.?([/\\?#]|$)|\p{Cc}/u.test(form));
}

function closure(text: string, rewrites: readonly Rewrite[]): Set<string> | undefined {
  const forms = new Set([text]);
  // A set can grow while it is walked through.
  for (const form of forms) {
    for (const rewrite of rewrites) forms.add(rewrite(form));
    if (forms.size > MAX_FORMS) return undefined;
  }
  return forms;
}
