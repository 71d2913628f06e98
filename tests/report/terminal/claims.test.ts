import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import type { ClaimResult } from '../../../src/prove/events.ts';
import { claimLines } from '../../../src/report/terminal/claims.ts';

describe('claimLines', () => {
  it('names the confirmed together, and says why of each other', () => {
    const claims: ClaimResult[] = [
      ...[1, 2, 3, 4].map((n) => ({ id: `FV-0${n}`, verdict: 'confirmed' as const, note: 'a check' })),
      { id: 'FV-05', verdict: 'refuted', note: 'podA pings podB: lost at master:enp0s1' },
      { id: 'FV-06', verdict: 'corrected', note: 'The socket is the kernel’s own' },
      { id: 'FV-07', verdict: 'unknown', note: 'nothing was sent' },
    ];
    expect(claimLines(claims, 40).map((line) => stripVTControlCharacters(line))).to.deep.equal([
      '  ✓ confirmed  FV-01 FV-02 FV-03 FV-04',
      '  ~ corrected  FV-06  The socket is the',
      '                      kernel’s own',
      '  ? unknown    FV-07  nothing was sent',
      '  ✗ refuted    FV-05  podA pings podB:',
      '                      lost at',
      '                      master:enp0s1',
    ]);
  });
});
