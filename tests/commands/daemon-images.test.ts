import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { wantedImages } from '../../src/commands/daemon-images.ts';
import { daemonImages, readReference, tagged } from '../../src/machine/daemons/images.ts';
import { keepTaken } from '../../src/machine/daemons/taken.ts';
import { BadUsage } from '../../src/plan/usage.ts';
import { imageFiles } from '../../src/runtime/index.ts';
import { engine } from '../engine.ts';
import { type Registry, startRegistry } from '../registry.ts';
import { needsNamespaces } from '../stand.ts';
import { daemonLab, routed } from './daemon-lab.ts';
import { ownFolder, packetwalk } from './packetwalk.ts';

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The first bytes of a program for a machine that is none of these. */
const foreign = Buffer.concat([Buffer.from('\x7fELF\x02\x01', 'latin1'), Buffer.alloc(58)]);
foreign.writeUInt16LE(8, 18);

describe('daemons --images', function () {
  this.timeout(120_000);
  const own = ownFolder();
  const cache = join(own.folder, 'cache');
  let run: ReturnType<typeof packetwalk>;
  const program = readFileSync(realpathSync('/bin/true'));
  const hostBefore = process.env.DOCKER_HOST;
  let docker: Docker;
  let registry: Registry;

  before(async function () {
    const found = await engine(this);
    docker = found.docker;
    process.env.DOCKER_HOST = found.env.DOCKER_HOST;
    run = packetwalk(own.folder, { XDG_CACHE_HOME: cache, ...found.env }, 120_000);
    registry = await startRegistry(found.pid);
    const probe = `${registry.host}/probe@sha256:${'0'.repeat(64)}`;
    await docker.pull(probe).catch(() => {});
    if (registry.asked.length > 1) return;
    this.test!.parent!.eachTest((each) => {
      each.title += ' (skipped: the engine does not reach what listens on this machine’s loopback)';
    });
    this.skip();
  });
  after(() => {
    if (hostBefore === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = hostBefore;
    registry?.[Symbol.dispose]();
    own[Symbol.dispose]();
  });

  const kept = (name: string) => {
    const all = join(cache, 'packetwalk', 'daemons');
    return existsSync(all) ? readdirSync(all).filter((folder) => folder.includes(name)) : [];
  };
  /** What an engine has of an image: its containers, and itself. */
  const held = async (repository: string) =>
    [
      ...(await docker.listContainers({ all: true })).map(({ Image }) => Image),
      ...(await docker.listImages({ digests: true })).flatMap(({ RepoDigests }) => RepoDigests ?? []),
    ].filter((name) => name.startsWith(`${registry.host}/${repository}@`));
  const reference = (repository: string, digest: string, tag = 'v9.9.9') =>
    `${registry.host}/${repository}:${tag}@${digest}`;

  it('takes a program out of an image that the engine pulls by its digest, and leaves nothing there', async () => {
    const digest = await registry.put('coredns', { 'bin/dns': program, coredns: { link: 'bin/dns' } }, { index: true });
    const image = reference('coredns', digest);
    const { exitCode, all, stdout } = await run('daemons', '--image', `coredns=${image}`);
    expect(exitCode, all).to.equal(0);
    const [folder] = kept('coredns');
    expect(folder).to.match(/^coredns-v9\.9\.9-image-[0-9a-f]{12}-\w+$/);
    const file = join(cache, 'packetwalk', 'daemons', folder!, 'coredns');
    expect(stdout)
      .to.contain(file)
      .and.to.contain(`sha256 ${hash(program)}`);
    expect(readFileSync(file).equals(program)).to.equal(true);
    expect(JSON.parse(readFileSync(join(dirname(file), 'origin.json'), 'utf8'))).to.deep.equal({
      ...{ name: 'coredns', image, program: '/coredns', sha256: hash(program) },
    });
    expect(await held('coredns')).to.deep.equal([]);
    const asked = registry.asked.length;
    const again = await run('daemons', '--image', `coredns=${image}`);
    expect([again.exitCode, registry.asked.length]).to.deep.equal([0, asked]);
    expect(again.stdout).to.contain('was taken before');
    const listed = await run('daemons', '--list', '--image', `coredns=${image}`);
    expect(listed.stdout).to.equal(`coredns  v9.9.9     ${file}`);
  });

  it('leaves an image that the engine had before', async () => {
    const digest = await registry.put('mine', { coredns: program, other: randomBytes(9) });
    const name = `${registry.host}/mine@${digest}`;
    await new Promise((resolve, reject) =>
      docker.pull(name).then((events) => docker.modem.followProgress(events, (e) => (e ? reject(e) : resolve(e)))),
    );
    expect((await run('daemons', '--image', `coredns=${name}`)).exitCode).to.equal(0);
    expect(await held('mine')).to.deep.equal([name]);
    await docker.getImage(name).remove();
  });

  it('what was taken runs with --daemons real, unless it was altered since', async function () {
    needsNamespaces(this);
    const script = `#!/bin/sh\n[ "$1" = --version ] && { echo v0.28.7; exit; }\n${routed}\n`;
    const digest = await registry.put('flannel', { 'opt/bin/flanneld': script });
    writeFileSync(join(own.folder, 'flannel.ts'), daemonLab.replaceAll('routed', 'flanneld'));
    expect((await run('daemons', '--image', `flanneld=${reference('flannel', digest)}`)).exitCode).to.equal(0);
    const verify = () => run('verify', './flannel.ts', '--daemons', 'real', '--json');
    const { exitCode, stdout, all } = await verify();
    expect(exitCode, all).to.equal(0);
    const [{ path, version }] = JSON.parse(stdout).daemonVersions;
    expect([path, version]).to.deep.equal([
      join(cache, 'packetwalk', 'daemons', kept('flanneld')[0]!, 'flanneld'),
      'v0.28.7',
    ]);
    writeFileSync(path, `${script}# altered\n`);
    const altered = await verify();
    expect(altered.exitCode).to.equal(2);
    expect(JSON.parse(altered.stdout).reason)
      .to.contain(`is not what was taken out of ${reference('flannel', digest)}`)
      .and.to.contain(`rm -r ${dirname(path)}`)
      .and.to.contain('daemons -- --images flanneld');
  });

  it('tells what cannot be had with the engine’s words, and keeps nothing of it', async () => {
    const none = `sha256:${'1'.repeat(64)}`;
    const wrong = await registry.put('wrong', { coredns: program, mark: randomBytes(9) });
    registry.falsify('wrong', wrong);
    const other = await registry.put('other', { coredns: program }, { architecture: 'mips', index: true });
    const elsewhere = await registry.put('elsewhere', { coredns: foreign });
    const empty = await registry.put('empty', { 'coredns/file': 'x' });
    const lacks = await registry.put('lacks', { 'usr/bin/coredns': program });
    const refusals = [
      ['nowhere', none, /nowhere@sha256:1+ cannot be pulled: .*(?:manifest unknown|not found)/],
      ['wrong', wrong, /wrong@\S+ cannot be pulled: .*(?:verif|digest|unexpected)/],
      ['other', other, /other@\S+ cannot be pulled: .*no (?:matching manifest|match)/],
      [
        'elsewhere',
        elsewhere,
        /^coredns is not taken: \/coredns in \S+\/elsewhere:v9\.9\.9 is a program for machine 8, and/,
      ],
      ['empty', empty, /^\/coredns in \S+\/empty@\S+ is no file\.$/],
      ['lacks', lacks, /^there is no \/coredns in \S+\/lacks@\S+\.$/],
    ] as const;
    const before = kept('');
    const ownCache = join(cache, 'packetwalk', 'daemons');
    const take = await imageFiles(() => {});
    for (const [repository, digest, says] of refusals) {
      const from = { repository: `${registry.host}/${repository}`, digest };
      const daemon = { name: 'coredns', image: { ...from, tag: 'v9.9.9' }, program: '/coredns' };
      const signal = new AbortController().signal;
      const told = await keepTaken(daemon, (path) => take({ ...from, file: '/coredns' }, path, signal), ownCache).then(
        () => 'it was taken',
        (error: Error) => `${error.name}: ${error.message}`,
      );
      expect(told.replace(/^CannotRun: /, '').split('\n')[0], told).to.match(says);
      expect(told).to.match(/^CannotRun: /);
      expect(await held(repository), repository).to.deep.equal([]);
    }
    const { exitCode, stderr } = await run('daemons', '--image', `coredns=${reference('nowhere', none)}`);
    expect([exitCode, stderr]).to.satisfy(([code]: [number]) => code === 2);
    expect(stderr.split('\n').slice(-2)).to.deep.equal([
      `To see what its registry says of it: docker pull ${registry.host}/nowhere@${none}`,
      `To take it out of another image: npm run daemons -- --image coredns=${registry.host}/nowhere:v9.9.9@sha256:…`,
    ]);
    expect(kept('')).to.deep.equal(before);
  });

  it('leaves nothing of a pull that is interrupted', async () => {
    const before = kept('');
    registry.sendHalf();
    const digest = await registry.put('slow', { coredns: randomBytes(200_000) });
    const taking = run('daemons', '--image', `coredns=${reference('slow', digest)}`);
    await Promise.race([registry.waits(), taking.then(({ all }) => expect.fail(all))]);
    taking.kill('SIGINT');
    const { exitCode, stderr } = await taking;
    expect([exitCode, kept('')]).to.deep.equal([130, before]);
    expect(stderr).to.contain('SIGINT: removing what is half taken …');
    expect(await held('slow')).to.deep.equal([]);
  });
});

describe('daemons --images, without an engine', () => {
  const own = ownFolder();
  const nowhere = { XDG_CACHE_HOME: join(own.folder, 'cache'), DOCKER_HOST: `unix://${own.folder}/none.sock` };
  const run = packetwalk(own.folder, nowhere);
  after(() => own[Symbol.dispose]());

  it('says that none answers, and what to type', async () => {
    const { exitCode, stderr } = await run('daemons', '--images', 'flanneld');
    expect(stderr).to.match(/^the container engine at unix:\S+ refuses: .*Type: docker info$/);
    expect(exitCode).to.equal(2);
  });

  it('refuses names, images and digests that are none', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const refusals = [
      [['flaneld'], [], 'there is no image known of flaneld. Did you mean flanneld?'],
      [[], [`netd=example.invalid/netd@${digest}`], 'there is no image known of netd.'],
      [[], ['flanneld'], '--image is NAME=IMAGE@sha256:…, not flanneld'],
      [[], ['flanneld=Up:per@sha256:1'], '--image is NAME=IMAGE@sha256:…, not flanneld=Up:per@sha256:1'],
    ] as const;
    for (const [names, images, says] of refusals)
      expect(() => wantedImages([...names], [...images]), says).to.throw(BadUsage, says);
    const typed = ['--image', 'kube-proxy=example.invalid:5000/kube-proxy:v1.31.0'];
    const { exitCode, stderr } = await run('daemons', ...typed);
    expect([exitCode, ...stderr.split('\n')]).to.deep.equal([
      64,
      'example.invalid:5000/kube-proxy:v1.31.0 is named without a digest, and only what a digest names is taken.',
      'See which digest it has: docker buildx imagetools inspect example.invalid:5000/kube-proxy:v1.31.0',
      'Then type: npm run daemons -- --image kube-proxy=example.invalid:5000/kube-proxy:v1.31.0@sha256:…',
    ]);
  });

  it('without names, leaves out an image whose digest is not known', () => {
    const row = (name: string, image: string) => ({ name, image: readReference(image)!, program: `/${name}` });
    const rows = [row('a', `example.invalid/a:v1@sha256:${'a'.repeat(64)}`), row('b', 'example.invalid/b:v1')];
    expect(wantedImages([], [], rows).map(({ name }) => name)).to.deep.equal(['a']);
    expect(() => wantedImages(['b'], [], rows)).to.throw(BadUsage, 'example.invalid/b:v1 is named without a digest');
  });

  it('are listed in docs/daemons.md', () => {
    const page = readFileSync(new URL('../../docs/daemons.md', import.meta.url), 'utf8');
    for (const { name, image, program } of daemonImages())
      expect(page).to.contain(`| \`${name}\` | \`${tagged(image)}\` | \`${program}\` |`);
  });

  it('--list says out of which images they are taken, and that none is', async () => {
    const { stdout } = await run('daemons', '--images', '--list');
    expect(stdout.split('\n').map((line) => line.replace(/ +/g, ' '))).to.include.members([
      'flanneld v0.28.7 not taken',
      'kube-proxy v1.36.2 not taken',
    ]);
    const rows = JSON.parse((await run('daemons', '--images', '--json')).stdout);
    for (const { image } of rows) expect(image).to.match(/^[a-z0-9.-]+\/\S+:v[\d.]+@sha256:[0-9a-f]{64}$/);
  });
});
