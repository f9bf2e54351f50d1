/** `engines` of our package.json. */
export const LEAST_NODE = '20.19';

/** Whether we run on this version of Node, written as `20.19.0` or `v20.19.0`. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
