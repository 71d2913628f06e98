import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import type { OwnHop } from '../../src/judge/own-walk.ts';
import { mac } from '../../src/packet/index.ts';
import type { Event } from '../../src/prove/events.ts';
import { document, unfinished } from '../../src/record/document.ts';
import { results } from '../../src/report/runtimes/results.ts';
import { ownFolder, packetwalk, smallLab } from '../commands/packetwalk.ts';
import { failedRun, failing, hop, inner, passedRun, type walk } from '../report/results.ts';
import { causeOf, drillResult, hookResult, ownWalkResult } from '../results.ts';

type Json = { [key: string]: unknown };

const schema: Json = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../docs/schema/run.schema.json', import.meta.url)), 'utf8'),
);

/** The schema, but for that nothing may be there that it does not name. */
const strict = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || !value) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, strict(each)]));
  return inner.type === 'object' && inner.properties ? { ...inner, additionalProperties: false } : inner;
};

const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
const published = ajv.compile(schema);
const exact = ajv.compile(strict(schema) as Json);

/** What is wrong with a document, by the schema in which nothing else may be there; in JSON, as it is printed. */
function wrong(printed: unknown): string[] {
  const value = JSON.parse(JSON.stringify(printed));
  return exact(value) ? [] : (exact.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const walked = (...walks: ReturnType<typeof walk>[]) =>
  document([...walks.map((each): Event => ({ type: 'walk ended', walk: each }))]);

describe('docs/schema/run.schema.json', () => {
  it('holds for runs that passed, that failed and that never ended', () => {
    for (const events of [passedRun, failedRun, passedRun.slice(0, 3)])
      expect(wrong(document(events))).to.deep.equal([]);
    expect(wrong(unfinished)).to.deep.equal([]);
  });

  it('holds for runs with real daemons', () => {
    const told = { name: 'netd', path: '/opt/netd', version: null, provenWith: 'v1.2.3', differs: false };
    const [begun] = passedRun.filter((event) => event.type === 'run started');
    const daemons = { daemons: ['netd /opt/netd'], daemonVersions: [told] };
    expect(wrong(document([{ ...begun!, ...daemons }]))).to.deep.equal([]);
    expect(wrong(document([{ ...begun!, ...daemons, daemonVersions: [{ ...told, differs: undefined }] as never }]))).to
      .not.be.empty;
  });

  it('holds for hooks, strays, differences and named MAC addresses', () => {
    const differs = hop('a:eth0', 'It leaves', inner(64), {
      fate: 'differs',
      expected: [{ protocol: 'ether', fields: { src: mac('a:eth0') } }],
      differences: [
        { protocol: 'ether', expectedAt: 0, field: 'src', expected: mac('a:eth0'), resolved: '02:00:00:00:00:01' },
      ],
      difference: 'ether is missing',
      frame: 'AAAA',
      time: '1700000000000000000',
      why: [{ command: 'ip route', output: '' }],
    });
    const hook = hookResult('a nat PREROUTING', {
      seen: { chains: ['X'], ending: { verdict: 'dnat', to: '10.0.0.1' }, rule: 'dnat to 10.0.0.1' },
      translation: 'tcp 6',
    });
    const seen = { chains: [], ending: { verdict: 'accept', policy: true as const } };
    const at = { part: 'end', place: 'b' } as const;
    const given = failing('differs', [hook, { ...hook, family: null, seen: null, fate: 'missing' }, differs], {
      strays: [
        { kind: 'hook', ...at, family: 'inet', table: 'filter', chain: 'input', seen },
        {
          kind: 'point',
          ...at,
          device: 'eth0',
          direction: 'in',
          seen: [{ protocol: 'ip', fields: { ttl: 3 } }],
          times: 63,
        },
      ],
      loops: [{ part: 'request', ring: [{ place: 'b', device: 'eth0', direction: 'in' }], times: 63 }],
      causes: [
        causeOf('x'),
        causeOf('y', {
          supports: ['z'],
          evidence: [{ place: 'b', command: 'true', output: '' }],
          fix: { place: 'b', command: 'true' },
          read: ['RFC 3704'],
        }),
      ],
      reason: 'it cannot be told',
      roundTripMs: 0.2,
    });
    const where = { kind: 'hook', place: 'b', family: 'ip', table: 'nat', chain: 'INPUT' } as const;
    const drill = drillResult('b is deaf', 'passed', { failed: { outcome: 'elsewhere', part: 'reply', where } });
    expect(wrong({ ...walked(given), drills: [drill] })).to.deep.equal([]);
  });

  it('holds for ways, later packets, and checks that are tried again', () => {
    const later = hop('b:eth0', 'It follows', inner(64), { part: 'later 1' });
    const given = failing('lost', [later], { ways: ['by r1', 'back'], later: ['A proxy sends it on'] });
    const check = { ...document(passedRun).checks[0]!, tries: 3 };
    expect(wrong({ ...walked(given), checks: [check] })).to.deep.equal([]);
    expect(published(walked(failing('lost', [{ ...later, part: 'later 0' }])))).to.equal(false);
  });

  it('refuses a walk whose causes are not told', () => {
    const { causes: _, ...without } = failing('lost', []);
    expect(published({ ...document(passedRun), walks: [without] })).to.equal(false);
  });

  it('holds for walks of one’s own', () => {
    const printed = { lab: 'x', from: 'a', to: 'b', address: '10.0.0.2', answered: true, ...ownWalkResult(), walk: '' };
    const where = { kind: 'hook', place: 'b', family: 'ip', table: 'nat', chain: 'INPUT' } as const;
    const hook = { ...where, part: 'request' as const };
    const hops: OwnHop[] = [
      { kind: 'point', part: 'request', place: 'a', device: 'eth0', direction: 'out', seen: [] },
      { ...hook, ip: { src: '10.0.0.1', dst: '10.0.0.2' }, seen: { chains: [], rule: 'drop' }, translation: 'udp 17' },
    ];
    const loops = [{ part: 'reply', ring: [], times: 3 }];
    const last = { part: 'request', where };
    expect(wrong(printed)).to.deep.equal([]);
    expect(wrong({ ...printed, to: null, address: null, hops, loops, causes: [causeOf('x')], last })).to.deep.equal([]);
    expect(wrong({ ...printed, last: null, reason: 'it cannot be told', verdict: 'unknown' })).to.deep.equal([]);
    expect(published({ ...printed, causes: undefined })).to.equal(false);
  });

  it('holds for labs on runtimes', () => {
    const one = document(passedRun);
    const run = (runtime: string) => ({
      ...{ lab: 'x', verdict: one.verdict, reason: '', durationMs: 1 },
      runtime,
      document: one,
    });
    expect(wrong(results([run('one'), { ...run('two'), document: null }], 1))).to.deep.equal([]);
  });

  it('refuses what is missing, of another kind or of another version, and allows what is new', () => {
    const good = document(passedRun);
    const { lab: _, ...without } = good;
    for (const bad of [null, {}, without, { ...good, schemaVersion: 1 }, { ...good, walks: [{}] }])
      expect(published(bad)).to.equal(false);
    expect(published({ ...good, invented: 1 })).to.equal(true);
    expect(wrong({ ...good, invented: 1 })).not.to.deep.equal([]);
  });

  it('holds for what is printed of a real lab', async function () {
    (await import('../stand.ts')).needsNamespaces(this);
    using own = ownFolder();
    const run = packetwalk(own.folder);
    for (const [name, setup] of [
      ['well', ''],
      ['cut', `'Cut it': { b: 'ip link set eth0 down' }`],
    ] as const) {
      writeFileSync(join(own.folder, `${name}.ts`), smallLab({ setup }));
      const { stdout, stderr } = await run('verify', `./${name}.ts`, '--json');
      expect(stdout, stderr).to.contain('schemaVersion');
      expect(wrong(JSON.parse(stdout))).to.deep.equal([]);
    }
  });

  it('holds for what is printed of a real walk of one’s own', async function () {
    (await import('../stand.ts')).needsNamespaces(this);
    using own = ownFolder();
    const run = packetwalk(own.folder);
    writeFileSync(join(own.folder, 'mine.ts'), smallLab());
    await run('up', './mine.ts');
    for (const words of [['b'], ['b', '--tcp', '80'], ['9.9.9.9'], ['--', 'true']]) {
      const { stdout, stderr } = await run('walk', 'mine', 'a', '--json', ...words);
      expect(stdout, stderr).to.contain('outcome');
      expect(wrong(JSON.parse(stdout)), words.join(' ')).to.deep.equal([]);
    }
    await run('down', 'mine');
  });
});
