/** Addresses of this machine and of the network around it, and names that lead there. */
const LOCAL = [
  /^(localhost|.*\.(localhost|local|internal|lan|home\.arpa))$/u,
  /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(\.\d+)+$/u,
  /^\[(::|::1|::ffff:.*|f[cd].*|fe[89ab].*)\]$/u,
];

/**
 * Whether a relay is on this machine or near it. Who announces a server can name any relay, and whoever reads that must
 * not be led to knock at what is not open to the world.
 */
export function isLocalRelay(url: string): boolean {
  // A name may end in the dot of the root.
  const host = new URL(url).hostname.replace(/\.$/u, '');
  return LOCAL.some((pattern) => pattern.test(host));
}
