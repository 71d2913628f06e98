import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { compare } from '../../src/compare/compare.ts';
import { ownFolder, packetwalk, script, smallLab } from '../commands/packetwalk.ts';
import { type Engine, engine } from '../engine.ts';
import { type SshServer, sshServer, whyNoServer } from '../ssh-server.ts';

describe('ssh', function () {
  this.timeout(120_000);
  const own = ownFolder();
  const run = packetwalk(own.folder);
  const servers: SshServer[] = [];
  let its: Engine;

  const hosts = (...list: object[]) => {
    const path = join(own.folder, 'hosts.yaml');
    writeFileSync(path, stringify({ hosts: list }));
    return ['--runtime', 'ssh', '--hosts', path];
  };
  const entry = ({ port, key, hostKey }: SshServer) => ({ host: '127.0.0.1', port, key, hostKey });

  before(async function () {
    const why = whyNoServer();
    if (why) {
      this.test?.parent?.eachTest((test) => {
        test.title += ` (skipped: ${why})`;
      });
      this.skip();
    }
    its = await engine(this);
    servers.push(...(await Promise.all(['one', 'two'].map((name) => sshServer(its, own.folder, name)))));
    writeFileSync(join(own.folder, 'mine.ts'), smallLab());
  });

  after(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
    own[Symbol.dispose]();
  });

  /** What a host would show of a lab that has not gone: processes, namespaces, links. */
  const state = ({ typed }: SshServer) =>
    typed('ps -eo args | grep -E "^(packetwalk|unshare|nsenter|ping) "; ls /run; ip -br link | cut -c1-30');

  /** Proves a lab with a server among its hosts that is killed once the lab has begun there. */
  const killedMeanwhile = async ({ container, typed }: SshServer, where: string[]) => {
    const verifying = run('verify', 'flannel-vxlan', ...where, '--drills', '--json');
    const begun = async (): Promise<void> => {
      if (!/flannel/.test(await typed('ps -eo args | grep packetwalk'))) return begun();
    };
    await begun();
    await container.kill();
    return verifying;
  };

  it('proves a lab, its nodes all on one host, and leaves nothing there', async () => {
    const before = await state(servers[0]!);
    const { stdout, exitCode } = await run('verify', 'flannel-vxlan', ...hosts(entry(servers[0]!)), '--json');
    expect(exitCode, JSON.parse(stdout).reason).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ runtime: 'ssh', verdict: 'passed' });
    expect(await state(servers[0]!)).to.equal(before);
  });

  it('stands on the host until it is taken down', async () => {
    const before = await state(servers[0]!);
    await run('up', './mine.ts', ...hosts(entry(servers[0]!)));
    expect((await run('status')).stdout).to.match(/mine .*ssh, 127\.0\.0\.1/);
    expect(await run('exec', 'mine', 'a', 'sh', '-c', 'hostname; exit 3')).to.include({ stdout: 'a', exitCode: 3 });
    expect((await run('walk', 'mine')).exitCode).to.equal(0);
    expect((await run('down', 'mine')).stdout).to.match(/is down/);
    expect(await state(servers[0]!)).to.equal(before);
  });

  describe('with a host for each node', () => {
    const both = () =>
      hosts(
        { ...entry(servers[0]!), node: 'a', interfaces: { eth0: 'wire' } },
        { ...entry(servers[1]!), node: 'b', interfaces: { eth0: 'wire' } },
      );

    before(async () => {
      const [a, b] = await Promise.all(servers.map(async ({ container }) => (await container.inspect()).State.Pid));
      const wiring = await its.docker.run(
        (await servers[0]!.container.inspect()).Image,
        ['ip', 'link', 'add', 'wire', 'netns', String(a), 'type', 'veth', 'peer', 'wire', 'netns', String(b)],
        process.stderr,
        { HostConfig: { NetworkMode: 'none', PidMode: 'host', CapAdd: ['NET_ADMIN'], AutoRemove: true } },
      );
      expect(wiring[0].StatusCode).to.equal(0);
    });

    it('proves a lab over their own network cards, and gives these back', async () => {
      const before = await Promise.all(servers.map(state));
      const { stdout, exitCode } = await run('verify', './mine.ts', ...both(), '--json');
      expect(exitCode, stdout).to.equal(0);
      expect(await Promise.all(servers.map(state))).to.deep.equal(before);
    });

    it('gives the cards back when it is killed, and when it stood', async () => {
      const before = await Promise.all(servers.map(state));
      await run('up', './mine.ts', ...both());
      await run('down', 'mine');
      expect(await Promise.all(servers.map(state))).to.deep.equal(before);
      const child = spawn(process.execPath, [script, 'verify', './mine.ts', ...both()], {
        stdio: 'ignore',
        env: { ...process.env, TMPDIR: own.folder, INIT_CWD: own.folder },
      });
      const taken = async (): Promise<void> => {
        if (/wire/.test(await servers[0]!.typed('ip -br link'))) return taken();
      };
      await taken();
      child.kill('SIGKILL');
      await once(child, 'close');
      const same = async (): Promise<void> => {
        const now = await Promise.all(servers.map(state));
        if (JSON.stringify(now) !== JSON.stringify(before)) return same();
      };
      await same();
    });
  });

  describe('with a lab spread over two hosts', () => {
    const spread = (...list: object[]) => [
      ...hosts(...(list.length ? list : servers.slice(0, 2).map((server) => entry(server)))),
      '--spread',
    ];

    it('proves it as on one machine, and leaves nothing on either', async () => {
      const before = await Promise.all(servers.map(state));
      const [over, here] = await Promise.all([
        run('verify', 'flannel-vxlan', ...spread(), '--json'),
        run('verify', 'flannel-vxlan', '--runtime', 'netns', '--json'),
      ]);
      expect(over.exitCode, JSON.parse(over.stdout).reason).to.equal(0);
      expect(over.stderr).to.match(/: node1\n1 of 8 cables leads from one host to another/);
      const runs = [over, here].map(({ stdout }) => {
        const document = JSON.parse(stdout);
        const { runtime, verdict, reason } = document;
        return { lab: 'flannel-vxlan', runtime, verdict, reason, durationMs: 0, document };
      });
      const { differences, compared } = compare('flannel-vxlan', runs);
      expect(differences).to.deep.equal([]);
      expect(compared).to.be.above(200);
      expect(await Promise.all(servers.map(state))).to.deep.equal(before);
    });

    it('does not leave it standing', async () => {
      for (const words of [['./mine.ts'], ['verify', './mine.ts', '--keep']]) {
        const { stderr, exitCode } = await run(...words, ...spread());
        expect(exitCode).to.equal(64);
        expect(stderr).to.match(/does not stand[\s\S]*Type: .*verify \.\/mine\.ts --runtime ssh --hosts \S+ --spread/);
      }
    });

    it('is unknown, and says which, when one of them vanishes in mid-lab; the other one is as it was', async () => {
      await using server = await sshServer(its, own.folder, 'four');
      const before = await state(servers[0]!);
      const { stdout, stderr, exitCode } = await killedMeanwhile(server, spread(entry(servers[0]!), entry(server)));
      expect(exitCode, stderr).to.equal(2);
      expect(JSON.parse(stdout).reason).to.include(`127.0.0.1:${server.port}`);
      const same = async (): Promise<void> => {
        if ((await state(servers[0]!)) !== before) return same();
      };
      await same();
    });

    it('says what to type when one of them does not answer, and has begun nothing on the other', async () => {
      const { all, exitCode } = await run(
        'verify',
        './mine.ts',
        ...spread(entry(servers[0]!), { ...entry(servers[1]!), port: 1 }),
      );
      expect(exitCode).to.equal(2);
      expect(all).to.match(/127\.0\.0\.1:1\s[\s\S]*cannot\s+be\s+reached[\s\S]*Type:/);
    });

    it('says all that is wrong with its hosts', async () => {
      const [one, two] = servers.map((server) => entry(server));
      const said = async (...list: object[]) => {
        const { stderr, exitCode } = await run('verify', './mine.ts', ...spread(...list));
        expect(exitCode).to.equal(64);
        return stderr.split('\n').slice(1).filter(Boolean);
      };
      const at = servers.map(({ port }) => `127.0.0.1:${port}`);
      expect(await said(one!)).to.deep.equal([`  ${at[0]} is its only host: list another one, or leave --spread out`]);
      expect(await said(one!, two!, { host: 'x' })).to.deep.equal(['  it lists 3 hosts for 2 nodes: leave some out']);
      expect(await said({ ...one!, node: 'a', interfaces: { eth0: 'wire' } }, { ...two!, node: 'c' })).to.deep.equal([
        `  ${at[0]}: interfaces are for a host a node: leave them out, or --spread`,
        `  ${at[1]}: there is no node c; there is a, b`,
      ]);
      expect((await run('verify', './mine.ts', '--spread')).stderr).to.match(/--runtime ssh --hosts FILE --spread/);
    });
  });

  it('ends, and says so, where the host lacks a part that the lab needs', async () => {
    writeFileSync(
      join(own.folder, 'lacks.ts'),
      smallLab().replace('nodes:', "needs: { kernel: [{ part: 'luck', probe: 'false' }] },\n  nodes:"),
    );
    const { stdout, exitCode } = await run('verify', './lacks.ts', ...hosts(entry(servers[0]!)), '--json');
    expect(exitCode).to.equal(0);
    expect(JSON.parse(stdout).reason).to.match(/127\.0\.0\.1:\d+ has no luck/);
  });

  it('is unknown, and says which, when the host vanishes in mid-lab', async () => {
    await using server = await sshServer(its, own.folder, 'three');
    const { stdout, stderr, exitCode } = await killedMeanwhile(server, hosts(entry(server)));
    expect(exitCode, stderr).to.equal(2);
    expect(JSON.parse(stdout).reason).to.match(/127\.0\.0\.1/);
  });

  it('refuses a host that shows another key than the one that is known', async () => {
    const { port, key } = servers[0]!;
    const words = hosts({ host: '127.0.0.1', port, key, hostKey: servers[1]!.hostKey });
    const { all, exitCode } = await run('verify', './mine.ts', ...words);
    expect(exitCode).to.equal(2);
    expect(all).to.match(/host\s+key\s+is\s+another/);
  });

  it('says what to type when the host refuses the key', async () => {
    const { all, exitCode } = await run(
      'verify',
      './mine.ts',
      ...hosts({ ...entry(servers[0]!), key: servers[1]!.key }),
    );
    expect(exitCode).to.equal(2);
    expect(all).to.match(/refuses\s+the\s+key\.\s+Type: ssh -p/);
  });

  it('says what to type when nothing listens', async () => {
    const { all, exitCode } = await run('verify', './mine.ts', ...hosts({ ...entry(servers[0]!), port: 1 }));
    expect(exitCode).to.equal(2);
    expect(all).to.match(/cannot\s+be\s+reached[\s\S]*Type:/);
  });

  it('says all that is wrong with a file of hosts', async () => {
    const { stderr, exitCode } = await run('verify', './mine.ts', ...hosts({ host: '', port: 0, colour: 'red' }));
    expect(exitCode).to.equal(64);
    expect(stderr)
      .to.match(/host/)
      .and.match(/port/)
      .and.match(/colour/);
    const spread = hosts({ host: 'x', node: 'a' }, { host: 'y', node: 'c' });
    expect((await run('verify', './mine.ts', ...spread)).stderr.split('\n')).to.include.members([
      '  no host is the node b',
      '  x: which network card is a:eth0? Add it under interfaces',
      '  y: there is no node c; there is a, b',
    ]);
    expect((await run('verify', './mine.ts', '--runtime', 'ssh')).stderr).to.match(/--hosts FILE/);
  });
});
