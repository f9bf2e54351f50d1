import { readCitation } from './citations.ts';
import { type ItemId, items } from './items.ts';
import type { Proof, Requirement } from './requirement.ts';

/** What is wrong with the requirements themselves; `titles` gives the names of the tests in a file. */
export function faultsOf(
  requirements: readonly Requirement[],
  titles: (file: string) => readonly string[] | undefined,
): string[] {
  const ids = requirements.map(({ id }) => id);
  const covered = new Set<ItemId>(requirements.map(({ item }) => item));
  const lines = Object.keys(items) as ItemId[];
  return [
    ...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `${id}: the id is used twice`),
    ...lines.filter((line) => !covered.has(line)).map((line) => `${line}: the line has no requirement`),
    ...requirements.flatMap((each) => faultsOfOne(each, titles).map((fault) => `${each.id}: ${fault}`)),
  ];
}

function faultsOfOne(
  requirement: Requirement,
  titles: (file: string) => readonly string[] | undefined,
): string[] {
  return [
    ...faultsOfCitations(requirement),
    ...('provenBy' in requirement ? faultsOfProofs(requirement.provenBy, titles) : []),
    ...('ways' in requirement && requirement.ways?.length === 0 ? ['it is checked on no way'] : []),
    ...('pairs' in requirement && requirement.pairs?.length === 0 ? ['it is checked with no pair'] : []),
  ];
}

function faultsOfCitations({ cites, era }: Requirement): string[] {
  const citations = cites.map(readCitation);
  const faults = citations.flatMap((citation) => ('fault' in citation ? [citation.fault] : []));
  const eras = new Set(citations.flatMap((citation) => ('era' in citation ? [citation.era] : [])));
  if (cites.length === 0) return ['nothing is cited'];
  if (faults.length > 0 || eras.has('both')) return faults;
  const missing = (era === 'both' ? (['legacy', 'modern'] as const) : [era]).filter(
    (each) => !eras.has(each),
  );
  return missing.map((each) => `nothing of the ${each} era is cited`);
}

function faultsOfProofs(
  proofs: readonly Proof[],
  titles: (file: string) => readonly string[] | undefined,
): string[] {
  if (proofs.length === 0) return ['nothing proves it'];
  return proofs.flatMap(({ file, test }) => {
    const found = titles(file);
    if (found === undefined) return [`there is no file ${file}`];
    return found.includes(test) ? [] : [`${file} has no test "${test}"`];
  });
}
