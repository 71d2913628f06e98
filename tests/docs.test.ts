import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { claims } from '../labs/claims.ts';
import type { Hop, Lab } from '../src/index.ts';
import * as words from '../src/index.ts';
import { failureOf } from '../src/plan/hops.ts';
import { plan } from '../src/plan/plan.ts';
import { formProblems } from '../src/plan/problems/hops.ts';
import { planned } from '../src/record/claims.ts';
import { ledgerIfPassed } from '../src/record/ledger.ts';
import { claimsPageWith, readmeWith } from '../src/report/claims/tables.ts';
import { isStale, pictureOf } from '../src/report/page/page.ts';
import { LacksFeatures, needs } from '../src/runtime/features.ts';
import { ownCommands, runtimes, variants } from '../src/runtime/index.ts';
import { readHosts } from '../src/runtime/ssh/hosts-file.ts';
import { vm } from '../src/runtime/vm/index.ts';
import { ownFolder, packetwalk } from './commands/packetwalk.ts';
import { needsNamespaces } from './stand.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = readdirSync(join(root, 'labs'))
  .filter((file) => file.endsWith('.ts') && file !== 'claims.ts')
  .map((file) => file.slice(0, -3));
const plans = await Promise.all(
  names.map(async (name) => plan((await import(`../labs/${name}.ts`)).default as Lab, name)),
);
const galleryNames = readdirSync(join(root, 'labs/gallery')).map((file) => file.replace(/\.ts$/, ''));
const galleryPlans = await Promise.all(
  galleryNames.map(async (name) => plan((await import(`../labs/gallery/${name}.ts`)).default as Lab, name)),
);
const planOf = (name: string) => plans.find((each) => each.name === name)!;
const ofRuntimes = ['runtimes', ...runtimes].map((name) => `docs/${name}.md`);
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/lab-reference.md',
  'docs/writing-labs.md',
  'docs/failures.md',
  'docs/commands.md',
  'docs/workshop.md',
  'docs/claims.md',
  'docs/how-it-works.md',
  'docs/needs.md',
  'docs/safety.md',
  'docs/json.md',
  'docs/limits.md',
  'docs/gallery.md',
  'docs/package.md',
  'docs/daemons.md',
  'docs/own-cni.md',
  ...ofRuntimes,
];
const text = (page: string) => readFileSync(join(root, page), 'utf8');

/** The fenced blocks of a page that are in a language. */
const blocks = (page: string, language: string) =>
  [...text(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, of, block = '']) =>
    of === language ? [block] : [],
  );

/** The labs that a page shows from the first line to the last. */
const labs = (page: string) => blocks(page, 'ts').filter((block) => block.includes('export default lab('));

/** What an example that is no whole lab makes: the hops and the faults in it. Throws where it is no JavaScript. */
async function madeBy(example: string): Promise<{ hops: Hop[]; faults: Partial<words.Fault>[] }> {
  const hops: Hop[] = [];
  const noted = <Words extends unknown[]>(make: (...words: Words) => Hop) =>
    ((...given: Words) => hops[hops.push(make(...given)) - 1]) as typeof make;
  const ping = () => [words.ip({ dst: '10.0.0.2' }), words.icmp({ type: 'echo request' })];
  const scope = { ...words, at: noted(words.at), through: noted(words.through), ping };
  const isFields = /^(\w+|'[^']*'): /.test(example);
  const { transform } = await import('esbuild');
  const { code } = await transform(isFields ? `result = ({${example}})` : example, { loader: 'ts' });
  const made = new Function(...Object.keys(scope), `let result = {};${code};return result;`)(...Object.values(scope));
  return { hops, faults: Object.values(made.faults ?? {}) };
}

/** What a page sets in `code`, outside of its fenced blocks. */
const code = (page: string) =>
  [
    ...text(page)
      .replaceAll(/^```.*?^```$/gms, '')
      .matchAll(/`([^`]+)`/g),
  ].map(([, word = '']) => word);

/** The rows of a page's tables: the text of each cell. */
const rows = (page: string) =>
  text(page)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll(/\\([\\`*<>&[\]|])/g, '$1')),
    );

/** Where a page's links lead: the file, and the heading in it if one is named. */
const linksOf = (page: string) =>
  [...text(page).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)].map(
    ([, target = '', heading = '']): [string, string] => [target ? join(dirname(page), target) : page, heading],
  );

/** The headings of a page, as links name them. */
const headings = (page: string) =>
  [...text(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

describe('The documentation', () => {
  const own = ownFolder();
  after(() => own[Symbol.dispose]());
  const run = packetwalk(own.folder);
  const shown = ['docs/writing-labs.md', 'docs/lab-reference.md'].flatMap((page) =>
    labs(page).map((lab) => ({ page, lab })),
  );
  const save = (lab: string) => {
    writeFileSync(join(own.folder, 'my-lab.ts'), lab);
    return './my-lab.ts';
  };

  it('begins with a page that is soon read: two commands, a picture, three failures, and where to read on', () => {
    const readme = text('README.md');
    expect(Buffer.byteLength(readme)).to.be.below(20_000);
    expect(blocks('README.md', 'sh')[0]).to.equal('npm run lab flannel-vxlan\nnpm test\n');
    const [picture = ''] = blocks('README.md', 'mermaid');
    expect(text('docs/labs/flannel-vxlan.md')).to.contain(picture);
    const [, ...failures] = blocks('README.md', 'text');
    expect(failures).to.have.length(3);
    for (const failure of failures) {
      expect(failure).to.contain('Cause: ');
      expect(text('docs/failures.md')).to.contain(failure.replace(/\n +…\n$/, '\n'));
    }
    const linked = linksOf('README.md').map(([target]) => target);
    expect(pages.filter((page) => !['README.md', ...linked].includes(page))).to.deep.equal([]);
  });

  it('shows labs', () => {
    expect(labs('docs/writing-labs.md')).to.have.length(1);
    expect(labs('docs/lab-reference.md')).to.have.length(2);
  });

  for (const [i, { page, lab }] of shown.entries()) {
    it(`${page}, lab ${i + 1}: loads, and has no problems`, async () => {
      const { all, exitCode } = await run('show', save(lab));
      expect(exitCode, all).to.equal(0);
    });

    it(`${page}, lab ${i + 1}: passes as it stands, with its drills`, async function () {
      needsNamespaces(this);
      const { stdout, all } = await run('verify', save(lab), '--drills', '--json');
      expect(JSON.parse(stdout), all).to.include({ verdict: 'passed', reason: '' });
    });
  }

  it('shows parts of labs that can be read, each hop and each prediction', async () => {
    const examples = blocks('docs/lab-reference.md', 'ts').filter((example) => !example.includes('import '));
    const made = await Promise.all(examples.map(madeBy));
    const hops = made.flatMap(({ hops }) => hops);
    expect(hops).to.have.length.above(8);
    expect(hops.flatMap((hop) => formProblems(hop.at, hop))).to.deep.equal([]);
    const predicted = made.flatMap(({ faults }) =>
      faults.flatMap(({ lostAt, differsAt }) => lostAt ?? differsAt ?? []),
    );
    expect(predicted).to.have.length.above(0);
    expect(predicted.filter((text) => !failureOf(text, []))).to.deep.equal([]);
  });

  it('says of the lab to begin with how it ends', async function () {
    needsNamespaces(this);
    const end = blocks('docs/writing-labs.md', 'text').find((block) => block.startsWith('✓ my-lab: passed'))!;
    const { stdout } = await run('verify', save(labs('docs/writing-labs.md')[0]!), '--drills');
    expect(stdout).to.contain(end.trimEnd());
  });

  it('names every field of the JSON document', async function () {
    needsNamespaces(this);
    const { stdout } = await run('verify', 'flannel-vxlan', '--drills', '--json');
    const named = new Set(code('docs/json.md'));
    const fields = (value: unknown): string[] =>
      typeof value === 'object' && value
        ? Object.entries(value).flatMap(([key, inner]) => [
            ...(Array.isArray(value) ? [] : [key]),
            // Those of a protocol are in docs/lab-reference.md.
            ...(key === 'fields' ? [] : fields(inner)),
          ])
        : [];
    expect([...new Set(fields(JSON.parse(stdout)))].filter((field) => !named.has(field))).to.deep.equal([]);
  });

  it('names commands that there are, and every one', async () => {
    const help = (await run('--help')).stdout;
    const known = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}(\w+) /gm)].map(([, name = '']) => name);
    expect(known).to.include('verify');
    const lines = pages.flatMap((page) => [...code(page), ...blocks(page, 'sh').flatMap((block) => block.split('\n'))]);
    const words = lines.flatMap(
      (line) => /^(?:npm run (?:--silent )?lab|packetwalk)(?: --)? ([^\s-]\S*)/.exec(line)?.[1] ?? [],
    );
    const inFolder = (folder: string) => readdirSync(join(root, 'labs', folder)).map((file) => join(folder, file));
    const labNames = [...inFolder('.'), ...inFolder('gallery')].map((file) => file.replace(/\.ts$/, ''));
    expect(words.filter((word) => ![...known, ...labNames, 'LAB'].includes(word))).to.deep.equal([]);
    expect(known.filter((name) => !['help', 'prove', ...words].includes(name))).to.deep.equal([]);
  });

  it('has a row for each lab of the gallery, and says after which selftest it is', () => {
    for (const file of readdirSync(join(root, 'labs', 'gallery'))) {
      const after = /^\/\/ After (\w+\.sh)/m.exec(text(join('labs', 'gallery', file)))?.[1];
      const name = file.replace(/\.ts$/, '');
      expect(text('docs/gallery.md')).to.include(`\n| [${name}](labs/gallery/${name}.md) | \`${after}\``);
    }
  });

  it('names options that there are', async () => {
    const commands = [
      'verify',
      'walk',
      'drill',
      'dump',
      'capture',
      'claims',
      'graph',
      'down',
      'matrix',
      'daemons',
      'workshop',
      'open',
    ];
    const asked = [['--help'], ...commands.map((name) => [name, '--help'])];
    const helps = await Promise.all(asked.map(async (words) => (await run(...words)).stdout));
    const known = new Set(helps.join().match(/(?<![\w-])--?[a-z]+(-[a-z]+)*/g));
    for (const page of pages.filter((page) => page !== 'docs/lab-reference.md')) {
      const lines = [...code(page), ...blocks(page, 'sh').flatMap((block) => block.split('\n'))];
      const ours = lines.filter((line) => /^(npm run|node bin\/packetwalk|-)/.test(line));
      const options = ours.flatMap((line) => line.match(/(?<![\w-])--?[a-z]+(-[a-z]+)*/g) ?? []);
      expect(
        options.filter((option) => !['--grep', '--silent'].includes(option) && !known.has(option)),
        page,
      ).to.deep.equal([]);
    }
  });

  it('names files and folders that there are', () => {
    const [, box] = /'BOX', '(.*?)'/.exec(text('Vagrantfile')) ?? [];
    const { exports } = JSON.parse(text('package.json')) as { exports: Record<string, unknown> };
    const parts = Object.keys(exports).map((part) => part.replace('.', 'packetwalk'));
    for (const page of pages) {
      const paths = code(page).filter((word) => /^[\w.-]*\w(\/[\w.-]*)+$/.test(word) && word !== box);
      const links = linksOf(page).map(([target]) => target);
      expect(
        [...paths, ...links].filter((path) => !existsSync(join(root, path)) && !parts.includes(path)),
        page,
      ).to.deep.equal([]);
    }
  });

  it('links to headings that there are', () => {
    for (const page of pages) {
      const links = linksOf(page).filter(([, heading]) => heading);
      expect(
        links.filter(([target, heading]) => !headings(target).includes(heading)),
        page,
      ).to.deep.equal([]);
    }
  });

  it('has the tables of labs and claims as the labs are', () => {
    const [readme, ofClaims] = [text('README.md'), text('docs/claims.md')];
    const stale = readme !== readmeWith(readme, plans);
    expect(stale, 'README.md is stale: type node scripts/pages.js').to.equal(false);
    const claimsStale = ofClaims !== claimsPageWith(ofClaims, ledgerIfPassed(plans));
    expect(claimsStale, 'docs/claims.md is stale: type node scripts/pages.js').to.equal(false);
  });

  describe('The pages of labs', () => {
    const all = [
      ...plans.map((plan) => ({ page: `docs/labs/${plan.name}.md`, plan })),
      ...galleryPlans.map((plan) => ({ page: `docs/labs/gallery/${plan.name}.md`, plan })),
    ];
    for (const { page, plan } of all)
      it(`${page} is as the lab is`, () => {
        const stale = isStale(plan, existsSync(join(root, page)) ? text(page) : undefined, ownCommands);
        expect(stale, `${page} is stale or missing: type node scripts/pages.js ${plan.name}`).to.equal(false);
      });

    it('are of labs that there are, and link to what there is', () => {
      const files = readdirSync(join(root, 'docs/labs'), { recursive: true }).map(String);
      const written = files.filter((file) => file.endsWith('.md')).map((file) => `docs/labs/${file}`);
      expect(written).to.have.members(all.map(({ page }) => page));
      for (const page of written)
        for (const [target, heading] of linksOf(page).filter(([target]) => !target.endsWith('.svg')))
          expect(headings(target), `${page}: ${target}`).to.include(heading);
    });

    it('have a picture of each walk beside them, and no other', () => {
      const files = readdirSync(join(root, 'docs/labs'), { recursive: true }).map(String);
      const drawn = files.filter((file) => file.endsWith('.svg')).map((file) => `docs/labs/${file}`);
      const named = all.flatMap(({ page, plan }) =>
        plan.walks.map((_, i) => join(dirname(page), pictureOf(plan.name, i))),
      );
      expect(drawn).to.have.members(named);
    });

    it('of the gallery are linked from its page', () => {
      const linked = linksOf('docs/gallery.md').map(([target]) => target);
      expect(linked).to.include.members(galleryNames.map((name) => `docs/labs/gallery/${name}.md`));
    });
  });

  describe('The pages of runtimes', () => {
    for (const page of ['README.md', 'docs/runtimes.md'])
      it(`are in the table of ${page}, one for each runtime, in order`, () => {
        const listed = rows(page).flatMap(([cell = '']) => /^\[(\w+)\]\(([\w/]+\.md)\)$/.exec(cell)?.slice(1) ?? []);
        const own = runtimes.flatMap((name) => [name, page === 'README.md' ? `docs/${name}.md` : `${name}.md`]);
        expect(listed).to.deep.equal(own);
      });

    it('say which are chosen without a word, in the order in which they are tried', () => {
      const source = readFileSync(join(root, 'src/runtime/index.ts'), 'utf8');
      const tried = [...(/^const automatic = \[(.*)\]/m.exec(source)?.[1] ?? '').matchAll(/\w+/g)].map(String);
      const [first, second, third] = tried;
      expect(tried).to.have.length(3);
      for (const page of ['README.md', 'docs/runtimes.md', 'CHANGELOG.md'])
        expect(text(page).replaceAll('\n', ' '), page).to.match(RegExp(`\\b${first}, ${second} and ${third}\\b`));
    });

    it('name runtimes and variants that there are, after their options', () => {
      const lines = pages.flatMap((page) => [
        ...code(page),
        ...blocks(page, 'sh').flatMap((block) => block.split('\n')),
      ]);
      const named = lines.flatMap((line) =>
        (/--runtimes? ([\w,/-]+)/.exec(line)?.[1] ?? '').split(',').filter(Boolean),
      );
      const known = ['auto', 'NAME', 'LIST', ...runtimes, ...variants.map(({ name }) => name)];
      expect(named).to.include('containerlab');
      expect(named.filter((name) => !known.includes(name))).to.deep.equal([]);
    });

    it('show files of hosts that fit the labs they are for, and name every field', async () => {
      const [one = '', several = '', each = '', ...more] = blocks('docs/ssh.md', 'yaml');
      expect(more).to.deep.equal([]);
      const [first, last] = [planOf('flannel-vxlan'), planOf('ipip-tunnel')];
      const path = join(own.folder, 'hosts.yml');
      writeFileSync(path, one);
      expect(await readHosts(path, first)).to.have.length(1);
      writeFileSync(path, several);
      expect(await readHosts(path, first, true)).to.have.length(2);
      writeFileSync(path, each);
      const hosts = await readHosts(path, last);
      expect(hosts.map(({ node }) => node)).to.have.members(last.nodes.map(({ name }) => name));
      const fields = rows('docs/ssh.md').flatMap(([cell = '']) => /^`(\w+)`$/.exec(cell)?.[1] ?? []);
      expect(fields).to.have.members(Object.keys(hosts.find(({ hostKey }) => hostKey)!).concat('key'));
    });

    it('list the capabilities that containers have', () => {
      const source = readFileSync(join(root, 'src/runtime/docker/index.ts'), 'utf8');
      const given = [...source.matchAll(/CapAdd: \[(.*?)\]/g)].map(([, list = '']) =>
        [...list.matchAll(/\w+/g)].map(String),
      );
      const listed = rows('docs/docker.md').flatMap(([cell = '']) => /^`([A-Z_]+)`$/.exec(cell)?.[1] ?? []);
      expect(given).to.deep.equal([listed, ['NET_ADMIN']]);
      expect(text('docs/docker.md').replaceAll('\n', ' ')).to.contain('has `NET_ADMIN` only');
    });

    it('quote why `auto` passes netns over', () => {
      const quoted = blocks('docs/runtimes.md', 'text').join();
      const { message } = new LacksFeatures('this kernel', needs(planOf('ipip-tunnel')));
      expect(quoted).to.match(/^ipip-tunnel on vm, Linux 6\.\S+\n/m);
      expect(quoted).to.contain(`\n${message}: running in ${vm.about}\n`);
    });
  });

  describe('The table of claims', () => {
    const table = rows('docs/claims.md').filter(([id = '']) => /^[A-Z]{2}-\d\d$/.test(id));

    it('has every claim that a lab carries once, in the words of the labs', () => {
      const carried = Object.entries<{ says: string }>(claims).filter(([id]) =>
        plans.some((plan) => planned(plan).some((each) => each.id === id)),
      );
      expect(table.map(([id, , says]) => [id, says])).to.deep.equal(carried.map(([id, { says }]) => [id, says]));
    });

    it('names the document of each', () => {
      const titles = [...text('docs/claims.md').matchAll(/^\d\. \*(.+)\*$/gm)].map(([, title]) => title);
      for (const [id = '', document = ''] of table)
        expect(titles[Number(document) - 1], id).to.equal(claims[id as keyof typeof claims].document);
    });

    it('gives each the verdict that the labs give it when they pass, and what shows it', () => {
      for (const [id = '', , , verdict, shows] of table) {
        const own = plans.flatMap((plan) => planned(plan).filter((each) => each.id === id));
        const corrections = own.flatMap(({ corrects }) => corrects ?? []);
        expect(verdict, id).to.equal(corrections.length ? 'corrected' : 'confirmed');
        for (const said of corrections.length ? corrections : own.map(({ title }) => title))
          expect(shows, id).to.contain(said);
      }
    });
  });
});
