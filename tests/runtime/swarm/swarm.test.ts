import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { execa } from 'execa';
import type { Results } from '../../../src/report/runtimes/results.ts';
import { image } from '../../../src/runtime/docker/image.ts';
import { ownFolder, packetwalk } from '../../commands/packetwalk.ts';
import { type Engine, engine } from '../../engine.ts';
import { whyNoServer } from '../../ssh-server.ts';

const overOne = fileURLToPath(new URL('./over-one.ts', import.meta.url));

const LABS = 'netns-veth,netns-bridge-no-address';

/** What of an engine a run on a swarm could leave. */
const left = async (docker: Docker) => {
  const [services, secrets, containers] = await Promise.all([
    docker.listServices(),
    docker.listSecrets(),
    docker.listContainers({ all: true }),
  ]);
  const ofTasks = containers.filter(({ Labels }) => Labels['com.docker.swarm.task']);
  return [...[...services, ...secrets].map(({ Spec }) => Spec?.Name), ...ofTasks.map(({ Names }) => Names[0])];
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

    it('has one lab put over SSH servers that are started there, as if they were two machines, and leaves nothing there', async function () {
      const why = whyNoServer();
      if (why) {
        this.test!.title += ` (skipped: ${why})`;
        this.skip();
      }
      const words = [`--net=/proc/${found.pid}/ns/net`, process.execPath, '--import', 'tsx', overOne];
      const { stdout, stderr, exitCode } = await execa('nsenter', [...words, 'ping -c 1 -M do -s 1472 10.0.0.2'], {
        env: { ...found.env, TMPDIR: own.folder },
        reject: false,
        timeout: 100_000,
      });
      expect(stdout, stderr).to.match(/^again: b\n1 of 1 cables leads from one host to another\n[\s\S]* 1 received/m);
      expect(exitCode).to.equal(0);
      await emptied(found.docker);
    });

    it('has nothing to spread one lab over', async () => {
      const verify = packetwalk(own.folder, found.env);
      const { exitCode, stderr, stdout } = await verify(
        'verify',
        'flannel-vxlan',
        '--on',
        'swarm',
        '--spread',
        '--json',
      );
      expect(JSON.parse(stdout).reason, stderr).to.match(
        / is the only machine of the swarm that takes tasks: .*join-token/s,
      );
      expect(exitCode).to.equal(2);
      await emptied(found.docker);
    });

    it('has what a killed run left removed by `clean`, and what is another’s left alone', async () => {
      const Image = await image(found.docker, () => {});
      const create = async (Name: string, notes: string) => {
        const Labels = {
          'packetwalk.swarm': Name,
          'packetwalk.owner': `${hostname()}/${process.getuid!()}/${2 ** 22 + 1}/1`,
          'packetwalk.notes': notes,
        };
        const { id } = await found.docker.createSecret({ Name: `${Name}-key`, Labels, Data: 'a2V5' });
        const Secrets = [
          { SecretID: id, SecretName: `${Name}-key`, File: { Name: 'key', UID: '0', GID: '0', Mode: 0o600 } },
        ];
        await found.docker.createService({
          Name,
          Labels,
          TaskTemplate: { ContainerSpec: { Image, Command: ['sleep', 'infinity'], StopSignal: 'SIGKILL', Secrets } },
        });
        return id as string;
      };
      await create('left', own.folder);
      const ofAnother = await create('of-another', `${own.folder}-of-another`);
      const { all } = await packetwalk(own.folder, found.env)('clean');
      expect(all).to.contain('The service left is gone.').and.not.to.contain('of-another');
      const names = (await found.docker.listServices()).map(({ Spec }) => Spec?.Name);
      expect(names).to.deep.equal(['of-another']);
      const secrets = (await found.docker.listSecrets()).map(({ Spec }) => Spec?.Name);
      expect(secrets).to.deep.equal(['of-another-key']);
      await found.docker.getService('of-another').remove();
      await found.docker.getSecret(ofAnother).remove();
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
