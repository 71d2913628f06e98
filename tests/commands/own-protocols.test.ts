import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk } from './packetwalk.ts';

const protocol = (decode: string) => `
import { protocol } from 'packetwalk';

export const toy = protocol('toy', {
  carriedBy: { udp: [7777] },
  brief: ['kind'],
  decode(bytes) {
    ${decode}
  },
});
`;

const READS =
  'if (!bytes.length) return { malformed: "it is empty" }; return { fields: { kind: bytes.readUInt8(0) }, payload: bytes.subarray(1) };';

/** A lab with a protocol of its own, in a file beside it. */
const lab = `
import { at, ip, lab, send, udp } from 'packetwalk';
import { toy } from './toy.ts';

const packet = [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dst: 7777 }), toy({ kind: 104 })];
export default lab({
  title: 'A protocol of its own',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {},
  protocols: [toy],
  walks: {
    'a greets b': {
      send: send('a', 'bash -c "echo -n hello > /dev/udp/10.0.0.2/7777"'),
      request: [at('a:eth0', 'It leaves', ...packet), at('b:eth0', 'It arrives', ...packet)],
    },
  },
});
`;

describe('A protocol that a lab’s file brings', function () {
  this.timeout(60_000);
  const own = ownFolder();
  const run = packetwalk(own.folder);
  const write = (decode: string) => writeFileSync(join(own.folder, 'toy.ts'), protocol(decode));

  before(function () {
    needsNamespaces(this);
    writeFileSync(join(own.folder, 'own.ts'), lab);
  });
  after(async () => {
    await run('clean');
    own[Symbol.dispose]();
  });

  it('reads the packets of a proof, and those of a lab that stands', async () => {
    write(READS);
    const proven = await run('./own.ts');
    expect(proven.exitCode, proven.all).to.equal(0);
    const walked = await run('walk', 'own', '--verbose');
    expect(walked.exitCode, walked.all).to.equal(0);
    expect(walked.stdout).to.include('toy({ kind: 104 })');
    expect((await run('down', 'own')).exitCode).to.equal(0);
  });

  it('that throws at a packet leaves its walk unknown, with the line in the author’s file', async () => {
    write("if (bytes.toString() === 'hello') throw new RangeError('too far'); return { malformed: 'it is empty' };");
    const { exitCode, all } = await run('verify', './own.ts');
    expect(exitCode, all).to.equal(2);
    expect(all).to.match(/toy: its decode threw too far/);
    expect(all.replaceAll(/\s+/g, '')).to.match(/toy\.ts:8:\d+/);
  });

  it('that throws at no bytes at all is refused before anything starts, with that line', async () => {
    write("throw new RangeError('too far');");
    const { exitCode, all } = await run('verify', './own.ts');
    expect(exitCode, all).to.equal(64);
    expect(all).to.match(/toy, given 0 bytes, is at fault: its decode threw too far \(\S*toy\.ts:8:\d+\)/);
    expect(all).to.not.include('Set up');
  });

  for (const [what, line] of Object.entries({
    'leaves a timer': 'setInterval(() => {}, 1000);',
    'would end the process later': 'setTimeout(() => process.exit(0), 1);',
    'throws later': "setTimeout(() => { throw new Error('too late'); }, 1);",
  }))
    it(`does not take the run along where its file ${what}`, async () => {
      writeFileSync(join(own.folder, 'toy.ts'), `${protocol(READS)}${line}`);
      const { exitCode, stdout, all } = await run('verify', './own.ts', '--json');
      expect(exitCode, all).to.equal(0);
      expect(JSON.parse(stdout).verdict).to.equal('passed');
    });
});
