import { expect } from 'chai';
import { fieldPosition } from '../../src/plan/field-line.ts';

const file = 'lab.ts';

/** The line and column of a field in a lab of some lines. */
const found = (where: string, ...lines: string[]) => {
  const at = fieldPosition(where, [{ file, text: lines.join('\n') }]);
  return at && [at.line, at.column];
};

const lab = [
  "const ping = (ttl?: number) => [ip({ dst: '10.0.0.2' })];",
  'export default lab({',
  '  walks: {',
  "    'a pings b': {",
  "      send: send('a', 'ping -c 1 10.0.0.2'),",
  '      request: [',
  "        at('a:eth0', 'It leaves', ping()),",
  "        at('b:eth0 in', 'It arrives', ping()),",
  '      ],',
  '      reply: [',
  "        at('b:eth0', 'Back', ping()),",
  '      ],',
  '    },',
  "    'b pings a': { send: send('b', 'ping -c 1 10.0.0.1'), request: [at('b:eth0', 'It leaves', ping())] },",
  '  },',
  '});',
];

describe('Where a problem of a lab stands', () => {
  it('is the line of a hop, if its point is named once in its list', () => {
    expect(found("walks['a pings b'].request[1] at b:eth0", ...lab)).to.deep.equal([8, 9]);
    expect(found("walks['a pings b'].reply[0] at b:eth0", ...lab)).to.deep.equal([11, 9]);
  });

  it('is the list where a word of the lab’s own makes the hop', () => {
    expect(found("walks['a pings b'].request[2] at c:eth0", ...lab)).to.deep.equal([6, 7]);
  });

  it('is the line of the title where all of it stands in one', () => {
    expect(found("walks['b pings a'].request[0] at b:eth0", ...lab)).to.deep.equal([14, 5]);
  });

  it('is unknown where nothing in the file is called so', () => {
    expect(found("walks['c pings a'].request[0] at b:eth0", ...lab)).to.equal(undefined);
    expect(found('what stands for nothing', ...lab)).to.equal(undefined);
  });
});
