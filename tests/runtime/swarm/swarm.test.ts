import { hostname } from 'node:os';
import { expect } from 'chai';
import type Docker from 'dockerode';
import type { Results } from '../../../src/report/runtimes/results.ts';
import { image } from '../../../src/runtime/docker/image.ts';
import { ownFolder, packetwalk } from '../../commands/packetwalk.ts';
import { type Engine, engine } from '../../engine.ts';

const LABS = 'netns-veth,netns-bridge-no-address';

/** What of an engine a run on a swarm could leave. */
const left = async (docker: Docker) => {
  const [services, containers] = await Promise.all([docker.listServices(), docker.listContainers({ all: true })]);
  const ofTasks = containers.filter(({ Labels }) => Labels['com.docker.swarm.task']);
  return [...services.map(({ Spec }) => Spec?.Name), ...ofTasks.map(({ Names }) => Names[0])];
};

/** An engine removes the containers of a task a moment after it is gone. */
const emptied = async (docker: Docker) => {
  while ((await left(docker)).length) await new Promise((resolve) => setTimeout(resolve, 50));
};

describe('matrix --on swarm, on an engine', function () {
  this.timeout(300_000);
  const own = ownFolder();
  let found: Engine;
  let images: string[];
  const run = (...words: string[]) => packetwalk(own.folder, found.env, 200_000)('matrix', '--on', 'swarm', ...words);
  const tagged = async () => (await found.docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);

  before(async function () {
    found = await engine(this);
    if (found.isOwn) return;
    this.test!.parent!.title += ' (skipped: the engine here is somebody’s, and is put into no swarm)';
    this.skip();
  });
  after(() => own[Symbol.dispose]());

  it('that is in no swarm: says what to type, and is unknown', async () => {
    const { exitCode, stderr } = await run('--labs', LABS);
    expect(stderr).to.match(/^the engine at unix:\S+ is in no swarm\nType: docker swarm init\n/);
    expect(exitCode).to.equal(2);
  });

  describe('that manages one', () => {
    before(async () => {
      await image(found.docker, () => {});
      images = await tagged();
      await found.docker.swarmInit({ ListenAddr: '127.0.0.1:2377', AdvertiseAddr: '127.0.0.1' });
    });
    after(async () => {
      await found.docker.swarmLeave({ force: true });
      await found.docker.getNetwork('docker_gwbridge').remove();
      for (const name of await tagged()) if (!images.includes(name)) await found.docker.getImage(name).remove();
    });

    it('runs each lab in a task of its own, and leaves nothing there', async () => {
      const { exitCode, stdout, stderr } = await run('--labs', LABS, '--no-drills', '--json');
      const { runs } = JSON.parse(stdout) as Results;
      expect(runs.map(({ lab, verdict, reason }) => [lab, verdict, reason])).to.deep.equal(
        LABS.split(',').map((lab) => [lab, 'passed', '']),
      );
      expect(stderr).to.match(/^✓ netns-veth on netns /m);
      expect(exitCode).to.equal(0);
      await emptied(found.docker);
    });

    it('has what a killed run left removed by `clean`, and what is another’s left alone', async () => {
      const Image = await image(found.docker, () => {});
      const create = (Name: string, notes: string) =>
        found.docker.createService({
          Name,
          Labels: {
            'packetwalk.swarm': Name,
            'packetwalk.owner': `${hostname()}/${process.getuid!()}/${2 ** 22 + 1}/1`,
            'packetwalk.notes': notes,
          },
          TaskTemplate: { ContainerSpec: { Image, Command: ['sleep', 'infinity'], StopSignal: 'SIGKILL' } },
        });
      await create('left', own.folder);
      await create('of-another', `${own.folder}-of-another`);
      const { all } = await packetwalk(own.folder, found.env)('clean');
      expect(all).to.contain('The service left is gone.').and.not.to.contain('of-another');
      const names = (await found.docker.listServices()).map(({ Spec }) => Spec?.Name);
      expect(names).to.deep.equal(['of-another']);
      await found.docker.getService('of-another').remove();
      await emptied(found.docker);
    });

    it('says which machine lacks an image that no registry has, and leaves nothing there', async () => {
      const { exitCode, stderr } = await run('--labs', LABS, '--image', 'localhost:9/no/such:1');
      expect(stderr).to.match(
        /^\S+ \(127\.0\.0\.1\) does not have the image localhost:9\/no\/such:1, and cannot fetch it/m,
      );
      expect(exitCode).to.equal(2);
      await emptied(found.docker);
    });
  });
});
