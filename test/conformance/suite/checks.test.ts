import { describe, expect, it } from 'vitest';

import { isClean, parseChecks, scenarioOf } from './checks.ts';

const written = {
  id: 'sep-2575-server-implements-discover',
  name: 'ServerImplementsDiscover',
  description: 'Servers MUST implement server/discover.',
  timestamp: '2026-11-21T13:31:42.737Z',
  specReferences: [{ id: 'SEP-2575', url: 'https://example.org' }],
};

describe('what the suite writes', () => {
  it('is read with what is of use here', () => {
    const text = JSON.stringify([{ ...written, status: 'FAILURE', errorMessage: 'no answer', details: {} }]);
    const { id, name, description } = written;
    expect(parseChecks(text)).toEqual([
      { id, name, description, status: 'FAILURE', errorMessage: 'no answer' },
    ]);
  });

  it('is refused when a check has a status that nobody here knows', () => {
    expect(() => parseChecks(JSON.stringify([{ ...written, status: 'MAYBE' }]))).toThrow('status');
  });

  it.each([
    ['server-tools-call-image-2026-11-21T13-31-34-228Z', 'tools-call-image'],
    ['server-server-stateless-2026-11-21T13-31-34-228Z', 'server-stateless'],
    ['sep-2322-client-request-state-2026-11-21T13-31-34-228Z', 'sep-2322-client-request-state'],
    ['json-schema-2020-12-2026-11-21T13-31-34-228Z', 'json-schema-2020-12'],
    ['again-2', undefined],
  ])('tells the scenario of %s', (folder, scenario) => {
    expect(scenarioOf(folder)).toBe(scenario);
  });
});

describe('a scenario', () => {
  const check = (status: string) => parseChecks(JSON.stringify([{ ...written, status }]));

  it('is clean when something succeeded and nothing failed or warned', () => {
    expect(isClean([...check('SUCCESS'), ...check('INFO'), ...check('SKIPPED')])).toBe(true);
    expect(isClean([...check('SUCCESS'), ...check('WARNING')])).toBe(false);
    expect(isClean([...check('SUCCESS'), ...check('FAILURE')])).toBe(false);
  });

  it('is not clean when nothing was checked', () => {
    expect(isClean([])).toBe(false);
    expect(isClean(check('SKIPPED'))).toBe(false);
  });
});
