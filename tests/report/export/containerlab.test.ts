import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab } from '../../../src/index.ts';
import { type Plan, plan } from '../../../src/plan/plan.ts';
import { clab, words } from '../../../src/report/export/containerlab.ts';
import { deploy } from '../../containerlab/deploy.ts';
import { shlex } from '../../containerlab/shlex.ts';
import { read, schemas } from '../../containerlab/topology.ts';
import { needsNamespaces, twoHosts } from '../../stand.ts';

const folder = new URL('../../../containerlab/', import.meta.url);
const labs = readdirSync(new URL('../../../labs/', import.meta.url))
  .filter((file) => file.endsWith('.ts') && file !== 'claims.ts')
  .map((file) => file.slice(0, -3));

async function load(name: string): Promise<Plan> {
  const { default: lab } = (await import(new URL(`../../../labs/${name}.ts`, import.meta.url).href)) as {
    default: unknown;
  };
  return plan(lab, name);
}

const topology = (lab: Lab) => read(clab(plan(lab, 'test')));

/** Two hosts of which one has typed this. */
const typing = (line: string): Lab => ({ ...twoHosts(), setup: { 'Type a line': { a: line } } });

describe('Topologies for containerlab', () => {
  it('are there for every lab, and no others', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.clab.yml'));
    expect(files.sort()).to.deep.equal(labs.map((name) => `${name}.clab.yml`).sort());
  });

  for (const name of labs)
    it(`are as the lab ${name} has them: otherwise type node scripts/containerlab.js`, async () => {
      expect(readFileSync(new URL(`${name}.clab.yml`, folder), 'utf8')).to.equal(clab(await load(name)));
    });

  for (const [schema, validate] of Object.entries(schemas()))
    it(`are valid by ${schema}`, async () => {
      for (const name of labs) {
        validate(read(clab(await load(name))));
        expect(validate.errors, name).to.equal(null);
      }
    });

  it('name another image if asked', () => {
    expect(clab(plan(twoHosts(), 'test'), { image: 'debian' })).to.include('image: debian\n');
  });

  it('have no links where a lab has only pods', () => {
    const lab = { ...twoHosts(), nodes: { n: 'host', a: 'pod on n', b: 'pod on n' } } as Lab;
    expect(
      topology({ ...lab, links: ['a:eth0 10.0.0.1/24 -- n:a', 'b:eth0 10.0.0.2/24 -- n:b'] }).topology,
    ).to.not.have.property('links');
  });

  it('keep the names of nodes that YAML 1.1 takes for something else', () => {
    const lab = { ...twoHosts(), nodes: { no: 'host', a: 'host', b: 'host' } } as Lab;
    expect(Object.keys(topology(lab).topology.nodes)).to.deep.equal(['no', 'a', 'b']);
  });

  it('let containerlab number the interfaces', async () => {
    expect(clab(await load('flannel-vxlan'))).to.not.match(/ index \d/);
  });
});

describe('An exec line of containerlab', () => {
  const lines = [
    'ip link set lo up',
    "printf '%s\\n' 'a b' > /dev/stdout",
    'x=1; echo "$x" $((1 + 2)) `echo 3`',
    `echo "it's" '"quoted"' \\$x \\\\ back\\slash`,
    'echo {{ .Name }} # a comment',
    'cd / && pwd',
    'exit 3',
    'echo ~ * | wc -w',
    'true',
  ];

  for (const line of lines)
    it(`does what a shell does with: ${line}`, () => {
      const [exec] = topology(typing(line)).topology.nodes.a!.exec.slice(-1);
      const [command, ...rest] = shlex(exec!);
      const run = (argv: string[]) => {
        const { status, stdout } = spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8', cwd: '/' });
        return { status, stdout };
      };
      if (line.startsWith('ip ')) expect([command, ...rest]).to.deep.equal(line.split(' '));
      else expect(run([command!, ...rest])).to.deep.equal(run(['sh', '-c', line]));
    });

  it('is left as it is where no shell is needed', () => {
    expect(words('ip route add default via 10.0.0.1')).to.equal('ip route add default via 10.0.0.1');
    expect(words('echo a > b')).to.equal("sh -c 'echo a > b'");
  });
});

describe('A topology that is laid out', function () {
  this.timeout(30_000);
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('carries a ping from podA to podB through the tunnel of flannel-vxlan-routed', async () => {
    const planned = read(clab(await load('flannel-vxlan-routed')));
    const { code, stdout, stderr } = await deploy(planned, 'master', 'ip netns exec podA ping -c 1 -W 2 10.42.1.9');
    expect(stderr).to.equal('');
    expect(stdout).to.include('1 received').and.include('ttl=62');
    expect(code).to.equal(0);
  });

  it('loses it where an exec line is missing', async () => {
    const planned = read(clab(await load('flannel-vxlan-routed')));
    const { master } = planned.topology.nodes;
    master!.exec = master!.exec.filter((line) => !line.startsWith('bridge fdb'));
    expect((await deploy(planned, 'master', 'ip netns exec podA ping -c 1 -W 1 10.42.1.9')).stdout).to.include(
      ' 0 received',
    );
  });

  it('carries a ping across the router of flannel-vxlan-routed', async () => {
    const planned = read(clab(await load('flannel-vxlan-routed')));
    const { stdout, stderr } = await deploy(planned, 'master', 'ip netns exec podA ping -c 1 -W 2 10.42.2.6');
    expect(stderr).to.equal('');
    expect(stdout).to.include('1 received').and.include('ttl=62');
  });
});
