import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type DumpDifference, dumpDifferences, type MayDiffer, notAllowed } from '../../src/compare/dumps.ts';
import type { Lab } from '../../src/index.ts';
import type { Live } from '../../src/observe/sent.ts';
import { plan } from '../../src/plan/plan.ts';
import { type Dump, type DumpSection, dumpIn } from '../../src/record/dump.ts';
import { takeDumps } from '../../src/record/take-dump.ts';
import { fresh, orSkip } from '../labs/every-lab.ts';

/** What was recorded of a real daemon on a lab's topology, a dump a node, from the folder `recorded`. */
export function recorded(folder: string): Dump[] {
  const at = new URL(`./recorded/${folder}/`, import.meta.url);
  const dumps = readdirSync(at).map((file) => dumpIn(readFileSync(new URL(file, at), 'utf8'), `${folder}/${file}`));
  return dumps.map((dump) => ({ ...dump, sections: dump.sections.map(withoutHashes) }));
}

/** Felix begins each rule's comments with a hash of the rule, which says nothing to the kernel; the labs leave it out. */
const withoutHashes = ({ command, lines }: DumpSection): DumpSection => ({
  command,
  lines: lines.map((line) => line.replace(/ -m comment --comment "(cali:[\w-]+)?"/, '')),
});

const placesOf = ({ plan: { nodes, pods } }: Live) => [...nodes, ...pods].map(({ name }) => name);

/** How the nodes of a lab that stands differ from what was recorded. */
export async function differences(stood: Live, dumps: readonly Dump[]): Promise<DumpDifference[]> {
  const requests = dumps.map(({ node, sections }) => ({ node, commands: sections.map(({ command }) => command) }));
  const taken = await takeDumps(stood.runtime, placesOf(stood), requests);
  return dumps.flatMap((each, i) => dumpDifferences(each, taken[i]!));
}

/** A lab that is held against a record, with what may differ. */
export interface Conformance {
  lab: Lab;
  folder: string;
  allowed: readonly MayDiffer[];
  /** What is typed at a node of it, each a difference that must be found, and what of. */
  mutations: Record<string, { at: string; line: string; differs: RegExp }>;
}

const said = ({ node, what, recorded: was, now }: DumpDifference) =>
  `${node}: ${what}: recorded ${was ?? 'nothing'}, now ${now ?? 'nothing'}`;

/** Tests that a lab programs its nodes as the daemon was recorded to, and that each mutation of them is found. */
export function holds(name: string, { lab, folder, allowed, mutations }: Conformance): void {
  describe(`${name}, beside what the real daemon programs`, function () {
    this.timeout(300_000);
    const dumps = recorded(folder);
    let stood: Live & AsyncDisposable;

    before(async function () {
      stood = await orSkip(this, fresh(plan(lab, name), 'auto'));
    });

    after(() => stood?.[Symbol.asyncDispose]());

    it('differs in nothing but what is stated', async () => {
      const { differences: found, unused } = notAllowed(await differences(stood, dumps), allowed);
      expect(found.map(said)).to.deep.equal([]);
      expect(unused.map(({ command, what }) => `${command}: ${what.source}`)).to.deep.equal([]);
    });

    for (const [title, { at, line, differs }] of Object.entries(mutations))
      it(`differs once ${title}`, async () => {
        expect(await stood.runtime.script(at, line)).to.include({ code: 0 });
        const { differences: found } = notAllowed(await differences(stood, dumps), allowed);
        expect(found.map(said).join('\n')).to.match(differs);
      });
  });
}
