import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { essential, optional } from '../../../src/machine/programs.ts';
import { dockerfile, image, ingredients } from '../../../src/runtime/docker/image.ts';
import { engine } from '../../engine.ts';

/** What labs of Services and captures use besides the tools that `packetwalk doctor` asks for. */
const besides = { ipset: 'ipset', ipvsadm: 'ipvsadm', mount: 'mount', tcpdump: 'tcpdump' };

const FROM_PACKAGES_MS = 240_000;

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('it did not reject'),
    (error) => error,
  );

/** Builds a base in a process with another environment; gives how it failed. */
async function tryBase(env: Record<string, string>, docker: string): Promise<string> {
  const file = fileURLToPath(new URL('../../../src/runtime/docker/base.ts', import.meta.url));
  const program = `
    const { buildOwnBase } = await import(${JSON.stringify(file)});
    const docker = ${docker};
    await buildOwnBase(docker, ['perl'], 'it cannot be pulled', () => {}).catch((error) => console.log(String(error)));
    process.exit();`;
  const words = ['--import', 'tsx', '--input-type=module', '--eval', program];
  return (await promisify(execFile)(process.execPath, words, { env })).stdout;
}

const ids = async (docker: Docker) => (await docker.listImages({ all: true })).map(({ Id }) => Id).sort();

describe('The image of a node', () => {
  it('has a package for every tool of the table', async () => {
    const packages = [...essential, ...optional].flatMap((tool) => tool.packages.apt.split(' '));
    expect(ingredients(await readFile(dockerfile, 'utf8')).packages).to.deep.equal(
      [...new Set([...packages, ...Object.values(besides)])].sort(),
    );
  });

  it('says what to type where there is nothing to build it from', async () => {
    const told = await tryBase({ PATH: '/nowhere' }, '{ importImage: () => new Promise(() => {}) }');
    expect(told).to.equal(
      'CannotBuild: it cannot be pulled, and there is no mmdebstrap to build it from packages\n' +
        `Type: ${process.getuid?.() === 0 ? 'apt-get install -y mmdebstrap' : 'sudo apt-get install -y mmdebstrap uidmap'}\n`,
    );
  });

  describe('on an engine', function () {
    this.timeout(FROM_PACKAGES_MS);
    let docker: Docker;
    let env: { DOCKER_HOST: string };
    let tag: string;
    let folder: string;

    before(async function () {
      ({ docker, env } = await engine(this));
      tag = await image(docker, () => {});
      folder = await mkdtemp(join(tmpdir(), 'packetwalk-test-'));
    });

    after(() => folder && rm(folder, { recursive: true, force: true }));

    it('is found when it has been built', async () => {
      const said: string[] = [];
      expect(await image(docker, (line) => said.push(line))).to.equal(tag);
      expect(said).to.deep.equal([]);
      const { Config } = await docker.getImage(tag).inspect();
      expect(tag).to.equal(`packetwalk/node:${Config.Labels['packetwalk.image']}`);
    });

    it('has every tool', async () => {
      Object.assign(process.env, env, { TESTCONTAINERS_RYUK_DISABLED: 'true' });
      const { GenericContainer } = await import('testcontainers');
      await using container = await new GenericContainer(tag).withCommand(['sleep', 'infinity']).start();
      const commands = [...[...essential, ...optional].map(({ command }) => command), ...Object.keys(besides)];
      const { output } = await container.exec([
        'sh',
        '-c',
        `PATH=$PATH:/usr/lib/cni; for each in ${commands.join(' ')}; do command -v $each || echo no $each; done`,
      ]);
      expect(output.split('\n').filter((line) => line && !line.startsWith('/'))).to.deep.equal([]);
    });

    it('knows nothing of the mirrors and proxies of this machine', async function () {
      const own = (await docker.getImage(tag).inspect()).Config.Labels['packetwalk.packages'];
      if (!own) return this.skip();
      const container = await docker.createContainer({
        Image: tag,
        Cmd: ['find', '/etc/apt', '-name', 'sources.list*', '-o', '-name', '99mmdebstrap'],
        Tty: true,
      });
      await container.start();
      await container.wait();
      const said = String(await container.logs({ stdout: true, stderr: true }));
      await container.remove({ force: true });
      expect(said.trim()).to.equal('');
    });

    it('that does not build is told with the last lines of its log, and leaves nothing behind', async () => {
      const before = await ids(docker);
      const text = await readFile(dockerfile, 'utf8');
      const recipe = join(folder, 'Dockerfile');
      const broken = 'ENV MARK=1\nRUN for i in $(seq 40); do echo line $i; done; echo no room; exit 7\n';
      await writeFile(recipe, text.replace('ARG DIGEST', `${broken}ARG DIGEST`));
      const error = await rejection(image(docker, () => {}, recipe));
      expect(error).to.include({ name: 'CannotBuild', verdict: 'unknown' });
      const lines = error.message.split('\n');
      expect(lines[0]).to.match(/^the image of the nodes cannot be built on \S+$/);
      expect(lines).to.include.members(['  line 40', '  no room']);
      expect(lines.at(-1)).to.match(/returned a non-zero code: 7$/);
      expect(lines).to.have.length.below(20);
      expect(await ids(docker)).to.deep.equal(before);
    });

    it('whose base cannot be built is told with the last lines of its log, and leaves nothing behind', async () => {
      const before = await ids(docker);
      // A whole file, and then nothing more: to a reader that is an archive without its end.
      const program = `#!/bin/sh
        /bin/tar -c -C / etc/hostname | /usr/bin/head -c 1024
        echo 'I: downloading packages with apt...' >&2
        echo 'E: Unable to locate package perl' >&2
        exit 25\n`;
      await writeFile(join(folder, 'mmdebstrap'), program, { mode: 0o755 });
      expect(await tryBase({ ...env, PATH: folder }, 'new (await import("dockerode")).default()')).to.equal(
        'CannotBuild: it cannot be pulled, and it cannot be built from packages: mmdebstrap ended with exit code 25\n' +
          '  downloading packages with apt...\n' +
          '  E: Unable to locate package perl\n',
      );
      expect(await ids(docker)).to.deep.equal(before);
    });
  });
});
