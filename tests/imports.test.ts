import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('..', import.meta.url));

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

/** What a file imports: a path from the root, or a package's name. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  // A statement, or a call: no other text that has the word in it.
  const found = text.matchAll(/^(?:import|export) [^;'"`=]*?\bfrom\s+'([^']+)'|\bimport\s*\(?\s*'([^']+)'/gm);
  return [...found]
    .map(([, stated, called = '']) => stated ?? called)
    .map((target) => (target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target));
}

/** Files of a folder with an import that is not allowed there, as `file > import`. */
const offenders = (folder: string, allowed: (target: string) => boolean) =>
  files(folder).flatMap((file) =>
    imports(file)
      .filter((target) => !allowed(target))
      .map((target) => `${file} > ${target}`),
  );

/** Files of report/ that say in words what any report says. */
const wordsOfReports = ['brief', 'causes', 'changes', 'duration', 'layers', 'markup', 'notation', 'strays'].map(
  (name) => `report/${name}.ts`,
);

/**
 * What a folder of src/ may import besides itself and packet/, in the order in which things happen. An entry that is a file, or
 * that points down, is an exception, with its reason.
 */
const allowedImports: Record<string, string[]> = {
  packet: [],
  // The shape of a lab says which field was probably meant.
  lab: ['plan/nearest.ts'],
  // A plan names the programs, devices and parts of a kernel that its commands need.
  plan: ['lab', 'machine/programs.ts', 'machine/device-kinds.ts', 'machine/kernel-parts.ts'],
  machine: ['lab', 'plan'],
  runtime: ['lab', 'plan', 'machine'],
  // What was seen is of the types that the judge reads.
  observe: ['lab', 'plan', 'machine', 'runtime', 'judge/observation.ts'],
  judge: ['lab', 'plan', 'observe'],
  explain: ['lab', 'plan', 'machine', 'runtime', 'observe', 'judge'],
  prove: ['lab', 'plan', 'machine', 'runtime', 'observe', 'judge', 'explain'],
  // What is kept of a standing lab's places is what explains it.
  record: ['lab', 'plan', 'machine', 'runtime', 'judge', 'prove', 'explain/state/place-state.ts'],
  compare: ['lab', 'plan', 'judge', 'prove', 'record'],
  // A report sees records, never a runtime. One of them is made of the views of pages.
  report: ['lab', 'plan', 'observe', 'judge', 'prove', 'record', 'compare', 'page'],
  // What a browser shows of records; it says things in the words of the other reports.
  page: ['lab', 'plan', 'judge', 'prove', 'record', 'compare', ...wordsOfReports],
  // An attendee's lab is looked at as one that is to be explained, and told of as one that is proven.
  workshop: ['lab', 'plan', 'runtime', 'observe', 'judge', 'explain', 'prove', 'record', 'report'],
  // A lab that is open is proven, told of and shown as any other.
  live: [...['lab', 'plan', 'runtime', 'observe', 'judge', 'explain', 'prove', 'record', 'report', 'page']],
  // A class is workshops, each on a page that is served as that of an open lab is.
  class: ['lab', 'plan', 'runtime', 'report/html/picture.ts', 'page', 'workshop', 'live'],
  commands: [
    'lab',
    'plan',
    'machine',
    'runtime',
    'observe',
    'judge',
    'explain',
    'prove',
    'record',
    'compare',
    'report',
    'workshop',
    'live',
    'class',
  ],
  // What a program of one's own imports is what commands are made of. What is skipped in a CI job is told by one rule.
  exports: [
    ...['lab', 'plan', 'machine', 'runtime', 'observe', 'judge', 'explain', 'prove', 'record', 'report'],
    'commands/strict.ts',
  ],
};

/** Files of src/ that each file imports values from: types are gone once it runs. */
function valueImports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/^(?:import|export) (?!type\b)([^;]*?) from '(\.[^']+)'/gm);
  return [...found].flatMap(([, names = '', target = '']) => {
    const list = /^\{([^}]*)\}$/
      .exec(names.trim())?.[1]
      ?.split(',')
      .filter((name) => name.trim()) ?? [names];
    const path = relative(root, resolve(root, dirname(file), target));
    return list.every((name) => name.trim().startsWith('type ')) ? [] : [path];
  });
}

/** The files that are in a circle of imports, each circle once, as `a > b > a`. */
function circles(graph: Map<string, string[]>): string[] {
  const found = new Map<string, string>();
  const done = new Set<string>();
  const visit = (file: string, way: string[]) => {
    const before = way.indexOf(file);
    if (before >= 0) {
      const circle = way.slice(before);
      found.set([...circle].sort().join(), [...circle, file].join(' > '));
      return;
    }
    if (done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return [...found.values()];
}

describe('Import rules', () => {
  it('a folder imports what the table allows it, types included', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name)).to.have.members(Object.keys(allowedImports));
    const found = Object.entries(allowedImports).flatMap(([folder, allowed]) => {
      const prefixes = [folder, 'packet', ...allowed].map((each) => `src/${each}${/\.tsx?$/.test(each) ? '' : '/'}`);
      const isAllowed = (target: string) =>
        !target.startsWith('src/') || prefixes.some((prefix) => target.startsWith(prefix));
      return offenders(`src/${folder}`, isAllowed);
    });
    expect(found).to.deep.equal([]);
  });

  it('the packet layer imports only itself', () => {
    expect(offenders('src/packet', (target) => target.startsWith('src/packet/'))).to.deep.equal([]);
  });

  it('no files import each other in a circle', () => {
    expect(circles(new Map(files('src').map((file) => [file, valueImports(file)])))).to.deep.equal([]);
  });

  it('circles are found where they are', () => {
    const graph = { a: ['b'], b: ['c', 'd'], c: ['a'], d: ['d'], e: ['a'] };
    expect(circles(new Map(Object.entries(graph)))).to.deep.equal(['a > b > c > a', 'd > d']);
  });

  it('no file in src/ has 250 lines', () => {
    const long = files('src').filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 250);
    expect(long).to.deep.equal([]);
  });

  it('labs import only packetwalk, their kit, and hashes for names that are hashes; the kit reads its programs', () => {
    const allowed = (target: string) => ['packetwalk', 'node:crypto'].includes(target) || target.startsWith('labs/');
    expect(offenders('labs', allowed)).to.deep.equal(['labs/kit/program.ts > node:fs']);
  });

  it('what is pure starts nothing and touches no file', () => {
    const touching = /^node:(fs|child_process)|^execa$/;
    const pure = ['lab', 'judge', 'explain', 'compare', 'packet'].flatMap((folder) => files(`src/${folder}`));
    const loading = /^src\/plan\/(load|load-file|load-own|bundle-lab)\.ts$/;
    const planning = files('src/plan').filter((file) => !loading.test(file));
    const found = [...pure, ...planning].flatMap((file) =>
      imports(file)
        .filter((target) => touching.test(target))
        .map((target) => `${file} > ${target}`),
    );
    expect(found).to.deep.equal([]);
  });

  it('only runtimes, the set-up and a person’s own commands start processes', () => {
    const allowed =
      /^src\/(runtime\/|machine\/(install|daemons\/build)\.ts|commands\/(exec-shell-capture|subprocess|browser)\.ts)/;
    const starting = files('src').filter((file) =>
      imports(file).some((target) => /^(node:child_process|execa)$/.test(target)),
    );
    expect(starting.filter((file) => !allowed.test(file))).to.deep.equal([]);
  });

  it('no code outside src/runtime imports one runtime, but the note of what stands', () => {
    // What the scripts of the repository take is theirs alone.
    const own = files('src').filter((file) => !/^src\/(runtime|exports)\//.test(file));
    // A swarm is none: labs run on its machines as they do here.
    const common = /^src\/runtime\/(index|runtime|editions|machine-per-node|swarm\/swarm)\.ts$/;
    const named = own.filter((file) =>
      imports(file).some((target) => target.startsWith('src/runtime/') && !common.test(target)),
    );
    expect(named).to.deep.equal([]);
  });

  it('no code outside src/runtime names a runtime, but the command line’s options', () => {
    const own = files('src').filter((file) => !/^src\/(runtime\/|commands\/runtime-options\.ts|machine\/)/.test(file));
    const names = /'(netns|docker|vm|vagrant|ssh|containerlab)'/;
    expect(own.filter((file) => names.test(readFileSync(join(root, file), 'utf8')))).to.deep.equal([]);
  });
});
