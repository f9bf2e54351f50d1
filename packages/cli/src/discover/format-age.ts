const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** `3 h ago`: how old something is that carries a time of a stranger's. */
export function formatAge(seconds: number): string {
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? ['min', 60];
  return seconds < length ? 'now' : `${Math.floor(seconds / length)} ${unit} ago`;
}
