/** A header that is missing or says something else than the body: who routes by headers must not be misled. */
export interface HeaderMismatch {
  header: string;
  body: string;
}

export function missingHeader(name: string): HeaderMismatch {
  return { header: '(missing)', body: `the ${name} header is required with this request` };
}

/**
 * Whether a header repeats a value of the body, if the body has one that a header can repeat. `place`: where in the
 * body it is, for the message.
 */
export function compareHeader(
  headers: Headers,
  name: string,
  value: unknown,
  place: string,
): HeaderMismatch | undefined {
  // Whatever else stands there is for who checks the params.
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const header = headers.get(name);
  if (header === null) return missingHeader(name);
  const decoded = decodeHeaderValue(header);
  if (decoded === undefined) return { header, body: `the ${name} header is no valid Base64 of UTF-8 text` };
  if (isSame(decoded, value)) return undefined;
  return { header, body: `${place} is ${JSON.stringify(value)} and the ${name} header says "${decoded}"` };
}

/** "Server Behavior for Custom Headers": numbers are compared as numbers, so that 42.0 is 42. */
function isSame(decoded: string, value: string | number | boolean): boolean {
  if (typeof value === 'number' && /^-?\d+(\.\d+)?$/.test(decoded)) return Number(decoded) === value;
  return decoded === String(value);
}

/** "Value Encoding": `=?base64?…?=` around what a header cannot carry, anything else is literal. Undefined if broken. */
function decodeHeaderValue(header: string): string | undefined {
  const [, encoded] = /^=\?base64\?(.*)\?=$/s.exec(header) ?? [];
  if (encoded === undefined) return header;
  const bytes = Buffer.from(encoded, 'base64');
  // Node's decoder skips what it does not know; only what it would write itself is canonical.
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
