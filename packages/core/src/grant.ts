import { formatNpub } from './address.ts';
import { DecodeError } from './errors.ts';
import { type EventTemplate, isHex32, type NostrEvent, parseEvent, verifyEvent } from './event.ts';
import { GRANT_KIND } from './kinds.ts';
import { limits } from './limits.ts';

/** What a session may do of that which its identity may; what is not said has no bound of the grant's. */
export interface GrantLimits {
  /** Of the identity's, those that the session has too. */
  scopes?: readonly string[] | undefined;
  /** Patterns of names and URIs; none at all: nothing of that kind. */
  tools?: readonly string[] | undefined;
  resources?: readonly string[] | undefined;
  prompts?: readonly string[] | undefined;
}

/** An identity lets a session key speak for it at one server (WIRE.md, section 9). Times in seconds. */
export interface Grant extends GrantLimits {
  /** The session's public key, as the others 64 lower-case hex characters. */
  session: string;
  server: string;
  grantedAt: number;
  expiresAt: number;
}

/** An identity takes back what it has granted up to a time, in seconds. */
export interface Revocation {
  server: string;
  /** The session's public key; absent: all of the identity's sessions. */
  session?: string | undefined;
  before: number;
}

/** What an identity has signed. `identity` is its public key. */
export type Paper = { event: NostrEvent; identity: string } & (
  | { grant: Grant; revocation?: undefined }
  | { revocation: Revocation; grant?: undefined }
);

/** Who reads it, of whom, and when. */
export interface PaperContext {
  /** The server's public key. */
  server: string;
  /** Who signed the frame that shows it. */
  session: string;
  nowSeconds: number;
}

const LIMIT_TAGS = ['scopes', 'tools', 'resources', 'prompts'] as const;
const SINGLE_TAGS: ReadonlySet<string> = new Set(['p', 'session', 'expiration', 'revoke', ...LIMIT_TAGS]);
const ALL_SESSIONS = 'all';
const SECONDS = /^[1-9][0-9]{0,14}$/;

/**
 * What the identity signs. Its content is for the person whom a signer asks.
 * @throws {DecodeError} `bad_grant` for one that no server takes: before anybody is asked
 */
export function grantTemplate(grant: Grant): EventTemplate {
  checkGrant(grant);
  const { session, server, grantedAt, expiresAt } = grant;
  if (!Number.isSafeInteger(expiresAt) || expiresAt <= grantedAt)
    throw bad(`it ends at ${expiresAt}, which is no whole second after its beginning`);
  const given = LIMIT_TAGS.filter((name) => grant[name] !== undefined);
  return {
    kind: GRANT_KIND,
    created_at: grantedAt,
    tags: [
      ['p', server],
      ['session', session],
      ['expiration', String(expiresAt)],
      ...given.map((name) => [name, ...(grant[name] ?? [])]),
    ],
    content: `Let this program call the MCP server ${formatNpub(server)} in your name until ${timeOf(expiresAt)}${given.length > 0 ? ', within limits' : ''}.`,
  };
}

/** What the identity signs so that its sessions, or one of them, count no longer. */
export function revocationTemplate({ server, session, before }: Revocation): EventTemplate {
  return {
    kind: GRANT_KIND,
    created_at: before,
    tags: [
      ['p', server],
      ['revoke', session ?? ALL_SESSIONS],
    ],
    content: `End ${session === undefined ? 'all your sessions' : 'a session of yours'} at the MCP server ${formatNpub(server)}.`,
  };
}

/**
 * Everything but the signature, cheapest first: what is not for this server, this session key and this time is not
 * worth a verification. @throws {DecodeError} `bad_grant`, `grant_expired`, `bad_event`
 */
export function parsePaper(text: string, context: PaperContext): Paper {
  const event = parseEvent(parseJson(text));
  if (event.kind !== GRANT_KIND) throw bad(`it is of kind ${event.kind}`);
  const tags = readTags(event);
  const server = single(tags, 'p');
  if (server !== context.server) throw bad('it is for another server');
  // A time to come would outlive the revocation of everything before it.
  if (event.created_at > context.nowSeconds + limits.maxFutureSeconds) throw bad('its time is to come');
  const identity = event.pubkey;
  if (tags.has('revoke')) return { event, identity, revocation: readRevocation(event, tags, server) };
  return { event, identity, grant: readGrantTags(event, tags, context) };
}

/** The same with the signature. @throws {DecodeError} as {@link parsePaper}, and `bad_signature` */
export function readPaper(text: string, context: PaperContext): Paper {
  const paper = parsePaper(text, context);
  if (!verifyEvent(paper.event))
    throw new DecodeError('bad_signature', `grant ${paper.event.id} is not signed by ${paper.identity}`);
  return paper;
}

function readGrantTags(event: NostrEvent, tags: ReadonlyMap<string, string[]>, context: PaperContext): Grant {
  const session = single(tags, 'session');
  if (session !== context.session) throw bad('it is for another session key');
  const expiration = single(tags, 'expiration');
  if (!SECONDS.test(expiration)) throw bad('its expiration is no time in whole seconds');
  const grantedAt = event.created_at;
  const expiresAt = Number(expiration);
  if (expiresAt <= context.nowSeconds)
    throw new DecodeError('grant_expired', `the grant ended at ${timeOf(expiresAt)}`);
  const grant: Grant = { session, server: context.server, grantedAt, expiresAt };
  for (const name of LIMIT_TAGS) {
    const items = tags.get(name);
    if (items !== undefined) grant[name] = items;
  }
  checkGrant(grant);
  return grant;
}

function checkGrant(grant: Grant): void {
  if (grant.expiresAt - grant.grantedAt > limits.maxGrantSeconds)
    throw bad(`it lasts longer than ${limits.maxGrantSeconds / 86_400} days`);
  for (const name of LIMIT_TAGS) {
    const items = grant[name] ?? [];
    if (items.length > limits.maxGrantItems) throw bad(`it names ${items.length} ${name}`);
    const isBad = items.some((item) => item === '' || item.length > limits.maxGrantItemLength);
    if (isBad) throw bad(`one of its ${name} is empty or too long`);
  }
  const { length } = JSON.stringify(LIMIT_TAGS.map((name) => grant[name] ?? []));
  if (length > limits.maxGrantLimitsLength) throw bad(`its limits have ${length} characters`);
}

function readRevocation(event: NostrEvent, tags: ReadonlyMap<string, string[]>, server: string): Revocation {
  const session = single(tags, 'revoke');
  if (session === ALL_SESSIONS) return { server, before: event.created_at };
  if (!isHex32(session)) throw bad('it revokes neither a session key nor all');
  return { server, session, before: event.created_at };
}

/** Of two limits of one name a person who was asked may have seen either. */
function readTags({ tags }: NostrEvent): Map<string, string[]> {
  const read = new Map<string, string[]>();
  for (const [name = '', ...values] of tags) {
    if (!SINGLE_TAGS.has(name)) continue;
    if (read.has(name)) throw bad(`it has two tags ${name}`);
    read.set(name, values);
  }
  return read;
}

function single(tags: ReadonlyMap<string, string[]>, name: string): string {
  const values = tags.get(name);
  const [value] = values ?? [];
  if (value === undefined || values?.length !== 1) throw bad(`its tag ${name} has not one value`);
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DecodeError('bad_grant', 'not a grant: it is not JSON', { cause });
  }
}

/** For people; a grant may name a time that no calendar has. */
function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? `second ${seconds}`
    : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function bad(reason: string): DecodeError {
  return new DecodeError('bad_grant', `not a grant: ${reason}`);
}
