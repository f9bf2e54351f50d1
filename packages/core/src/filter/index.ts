export { Filter, type Verdict } from './filter.ts';
export { Glob } from './glob.ts';
export { allowOnly, type FilterRules, type Kind, kinds, type Rules } from './rules.ts';
