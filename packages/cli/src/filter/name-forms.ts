/** So many ways to write one name are no accident. */
const MAX_FORMS = 24;

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
  text.replace(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());

/** What a lenient server may take a name for; undefined when that has no end. */
export function nameForms(name: string): ReadonlySet<string> | undefined {
  return closure(name, [composed, visible]);
}

/** What a server may take a URI for. */
export function uriForms(uri: string): ReadonlySet<string> | undefined {
  return closure(uri, [composed, visible, asUrl, asUrlOfOne, decoded]);
}

/** Whether a URI says where it leads: it has no dot segments and no control characters, however written. */
export function isPlainUri(uri: string): boolean {
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
