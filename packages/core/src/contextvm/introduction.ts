import { contextvmLimits } from './limits.ts';

/** What a server says of itself to people, in tags on its first message and on its announcement. */
export interface Introduction {
  name?: string;
  about?: string;
  website?: string;
  picture?: string;
}

/** In the order that ContextVM's own servers have. */
const FIELDS = [
  ['name', contextvmLimits.maxNameLength],
  ['about', contextvmLimits.maxAboutLength],
  ['website', contextvmLimits.maxUrlLength],
  ['picture', contextvmLimits.maxUrlLength],
] as const;

export function readIntroduction(tags: string[][]): Introduction {
  const values = FIELDS.map(([field]) => [field, tags.find(([name]) => name === field)?.[1]]);
  return introductionFrom(Object.fromEntries(values));
}

/** What is no text, empty, or too long to be shown is left out. */
export function introductionFrom(fields: Record<string, unknown>): Introduction {
  const introduction: Introduction = {};
  for (const [field, maxLength] of FIELDS) {
    const value = fields[field];
    if (typeof value === 'string' && value !== '' && value.length <= maxLength) introduction[field] = value;
  }
  return introduction;
}

export function introductionTags(introduction: Introduction): string[][] {
  return FIELDS.flatMap(([field]) => {
    const value = introduction[field];
    return value ? [[field, value]] : [];
  });
}
