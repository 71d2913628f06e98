import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { ClaimEntry } from '../../src/record/ledger.ts';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk } from './packetwalk.ts';

const reference = readFileSync(fileURLToPath(new URL('../../docs/json.md', import.meta.url)), 'utf8');

/** Two hosts, of which one claim is confirmed, one corrected, and one carried by nothing. */
const lab = ({ setup = '', gateway = '' } = {}) => `
import { at, corrects, icmp, ip, lab, lines, send } from 'packetwalk';
const request = [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64 }), icmp({ type: 'echo request' })];
export default lab({
  title: 'Two hosts on one cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: { ${setup} },
  walks: {
    'a pings b': {
      claims: ['C-1', corrects('C-2', 'It needs none.')],
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves a', request), at('b:eth0', 'It reaches b', request)],
    },
  },
  checks: {
    'Neither has a gateway': {
      claim: corrects('C-2', 'It needs none.'),
      run: 'echo "gateway: $(ip route show default)"',
      see: { a: lines('gateway: ${gateway}'), b: lines('gateway:') },
    },
  },
  claims: {
    'C-1': { document: 'A document', says: 'a reaches b' },
    'C-2': { document: 'A document', says: 'a has a gateway' },
    'C-3': { document: 'Another', says: 'nobody knows' },
  },
});
`;

describe('claims', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder);
  after(() => own[Symbol.dispose]());
  const file = (text: string) => {
    writeFileSync(join(own.folder, 'mine.ts'), text);
    return './mine.ts';
  };
  const kept = join(own.folder, `packetwalk-${process.getuid?.() ?? 0}`, 'proofs');
  const entries = async (...words: string[]) =>
    JSON.parse((await run('claims', ...words, '--json')).stdout) as ClaimEntry[];
  const verdicts = async (...words: string[]) => (await entries(...words)).map(({ id, verdict }) => [id, verdict]);

  it('lists all claims of all labs, confirms none that was not run here, and says what to type', async () => {
    const { stdout, exitCode } = await run('claims');
    expect(stdout).to.match(/^- NV-01 two namespaces, each/);
    expect(stdout).to.contain('Life of a Packet in Kubernetes, notes: netns-veth');
    expect(stdout)
      .to.match(/\n\d+ claims: \d+ not run here yet/)
      .and.not.to.contain('confirmed');
    expect(stdout).to.contain('Prove what is missing: npm run lab -- claims --run');
    expect(exitCode).to.equal(0);
    expect((await run('claims', '--strict')).exitCode).to.equal(1);
  });

  it('names what is near when the lab is mistyped', async () => {
    const { all, exitCode } = await run('claims', '--lab', 'flannel-vxlam');
    expect(all).to.contain('Did you mean flannel-vxlan?');
    expect(exitCode).to.equal(64);
  });

  it('completes the labs after --lab', async () => {
    expect((await run('complete', '--', 'claims', '--lab', 'ipip')).stdout).to.equal('ipip-tunnel');
    expect((await run('complete', '--', 'claims', '')).stdout).to.equal('');
  });

  describe('of a lab that is run', () => {
    before(function () {
      needsNamespaces(this);
    });

    it('tells how each ended when `verify` last proved it, and shows what corrects one', async () => {
      const mine = file(lab());
      expect((await run('verify', mine)).exitCode).to.equal(0);
      const { stdout, exitCode } = await run('claims', '--lab', mine);
      expect(exitCode, stdout).to.equal(0);
      expect(stdout).to.match(/^✓ C-1 a reaches b +confirmed\n {6}A document: mine\n/);
      expect(stdout).to.match(
        /~ C-2 a has a gateway +corrected\n {6}A document\n {6}corrected by mine, on netns, \d{4}-/,
      );
      expect(stdout).to.contain('It needs none.').and.to.contain('✓ Neither has a gateway');
      expect(stdout).to.contain('│ gateway:').and.to.contain('and at b');
      expect(stdout).to.match(/\n2 claims: 1 confirmed, 1 corrected\n?$/);
    });

    it('prints fields that docs/json.md names, as it names them', async () => {
      const named = new Set([...reference.matchAll(/`(\w+)`/g)].map(([, name]) => name));
      const fields = (value: unknown): string[] =>
        typeof value === 'object' && value
          ? Object.entries(value).flatMap(([key, inner]) => [
              ...(Array.isArray(value) ? [] : [key]),
              // Those of a protocol are in docs/lab-reference.md.
              ...(key === 'fields' ? [] : fields(inner)),
            ])
          : [];
      const all = await entries('--lab', './mine.ts');
      expect(fields(all)).to.include.members(['id', 'document', 'says', 'labs', 'evidence', 'output', 'hops']);
      expect(fields(all).filter((field) => !named.has(field))).to.deep.equal([]);
    });

    it('keeps it for this user alone, one file a lab', () => {
      expect(readdirSync(kept)).to.deep.equal(['mine.json']);
    });

    it('confirms nothing of a lab that was changed since, until it is run again', async () => {
      const changed = file(lab().replace('It reaches b', 'It arrives'));
      expect(await verdicts('--lab', changed)).to.deep.equal([
        ['C-1', 'changed since'],
        ['C-2', 'changed since'],
      ]);
      expect((await run('claims', '--lab', changed, '--strict')).exitCode).to.equal(1);
      const ran = await run('claims', '--lab', changed, '--run');
      expect(ran.stdout)
        .to.match(/^✓ mine on auto/)
        .and.to.contain('2 claims: 1 confirmed, 1 corrected');
      expect((await run('claims', '--lab', changed, '--strict')).exitCode).to.equal(0);
    });

    it('runs nothing where nothing is missing', async () => {
      const { stdout } = await run('claims', '--lab', './mine.ts', '--run');
      expect(stdout).to.match(/^✓ C-1/);
    });

    it('says of one that is refuted what went against it, and ends with 1', async () => {
      const refuted = file(lab({ gateway: 'default via 10.0.0.2' }));
      expect((await run('verify', refuted)).exitCode).to.equal(1);
      const { stdout, exitCode } = await run('claims', '--lab', refuted);
      expect(stdout)
        .to.match(/✗ C-2 a has a gateway +refuted/)
        .and.to.contain('✗ Neither has a gateway');
      expect(exitCode).to.equal(1);
    });

    it('keeps nothing of a run that did not get to its end, and says why there is none', async () => {
      rmSync(kept, { recursive: true });
      const cut = file(lab({ setup: `'Fail': { a: 'false' }` }));
      expect(await verdicts('--lab', cut, '--run')).to.deep.equal([
        ['C-1', 'not run here yet'],
        ['C-2', 'not run here yet'],
      ]);
      expect(existsSync(kept)).to.equal(false);
      const { stdout } = await run('claims', '--lab', cut, '--run');
      expect(stdout).to.contain('not run here yet: mine').and.to.contain("the step 'Fail' ended there: a: false");
    });

    it('tells the same after `LAB` alone, which leaves it standing', async () => {
      const mine = file(lab());
      await run(mine, '--brief');
      await run('down', 'mine');
      expect(await verdicts('--lab', mine)).to.deep.equal([
        ['C-1', 'confirmed'],
        ['C-2', 'corrected'],
      ]);
    });
  });
});
