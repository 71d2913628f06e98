import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { asked } from '../scripts/bench/asked.ts';
import { builderNames, bundle } from '../scripts/bench/builders.ts';
import { topologies } from '../scripts/bench/labs.ts';
import { counted } from '../scripts/bench/load-balancers.ts';
import { median, spread, spreadOfCounts } from '../scripts/bench/numbers.ts';
import { absences, compare, peersTable } from '../scripts/bench/peers/index.ts';
import { peers } from '../scripts/bench/peers/peers.ts';
import { onStage } from '../scripts/bench/peers/stage.ts';
import { timeOn } from '../scripts/bench/services.ts';
import { type Built, build } from '../scripts/bench/states.ts';
import { killedTable, servicesTable, stateTable, stepTable } from '../scripts/bench/tables.ts';

describe('The benchmark', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packetwalk-bench-'));
    await bundle(folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const topology of topologies)
    it(`builds the same ${topology} with every builder`, async () => {
      const built = await build({ topology, size: 3 }, builderNames, folder, 1);
      expect(Object.keys(built.runs)).to.include.members(['packetwalk', 'script', 'script-P2']);
      expect(built.differences).to.deep.equal({ script: [], 'script-P2': [] });
      for (const runs of Object.values(built.runs))
        for (const { upMs, downMs, wallMs } of runs) expect(wallMs).to.be.at.least(upMs + downMs);
      expect(stateTable([built], 'hosts').split('\n')).to.have.length(2 + rowsOf(built));
      expect(stepTable([built], 'hosts')).to.include('Start the nodes');
    });

  it('takes the middle of its numbers', () => {
    expect(median([9, 1, 5])).to.equal(5);
    expect(median([4, 1, 2, 9])).to.equal(3);
    expect(spread([1000, 2000, 1500.4])).to.equal('1,500 (1,000–2,000)');
    expect(spread([])).to.equal('');
    expect(spreadOfCounts([3, 3, 3])).to.equal('3');
    expect(spreadOfCounts([4990, 5000, 4000])).to.equal('4,990 (4,000–5,000)');
  });

  it('counts what was lost of all connections, and accepts no count that lacks some', () => {
    const said = (silent: number) =>
      `answered by podC 2490\nanswered by podD 2491\nanswered 502 2\nrefused 14\nsilent ${silent}\n` +
      `${4997 + silent} calls in 9.8 s\nlongest gap: 16 calls, 1.7 s\nthe last call was answered\n`;
    const told = counted(said(3));
    expect(told).to.deep.equal({ answered: 4981, lost: 19, silent: 3, refused: 14, otherwise: 2, gapMs: 1700 });
    expect(() => counted(said(1))).to.throw('of 5000 connections 4998 are told of');
    expect(() => counted('')).to.throw('call-through did not say');
    const rows = killedTable([{ lab: 'lb-x', how: 'it is killed', runs: [{ ...told, perSecond: 500 }] }]).split('\n');
    expect(rows[2]!.split('|').map((cell) => cell.trim())).to.include.members(['lb-x', 'it is killed', '4,981', '19']);
  });

  it('calls the last of some services in each mode, once its node is programmed', async () => {
    const { machine, timed } = await timeOn('netns', ['iptables', 'nftables'], 1, { sizes: [1, 40], calls: 5 });
    expect(machine).to.match(/^Linux \d/);
    expect(timed.map(({ mode, size }) => `${mode} ${size}`)).to.deep.equal([
      'iptables 1',
      'nftables 1',
      'iptables 40',
      'nftables 40',
    ]);
    for (const { programmedMs, connectUs, perSecond } of timed)
      for (const each of [programmedMs, connectUs, perSecond])
        expect(each)
          .to.have.length(1)
          .and.satisfy(([n]: number[]) => n! > 0);
    const { lines, ...first } = timed[0]!;
    expect(timed[2]!.lines - lines, 'a service of three endpoints').to.equal(39 * (4 + 11));
    const rows = servicesTable([{ ...first, lines: 1234 }]).split('\n');
    expect(rows[2]!.split('|').map((cell) => cell.trim())).to.include.members(['1', 'iptables', 'netns', '1,234']);
  });

  it('stands hosts up beside other tools, and says why one cannot be had', async function () {
    canStage(this);
    const able = peers().filter(({ name }) => ['packetwalk, netns', 'plain script'].includes(name));
    const table = peersTable(await compare(able, [2], 1, { folder, say: () => {} })).split('\n');
    expect(table).to.have.length(4);
    for (const row of table.slice(2)) expect(row, 'nothing is left behind').to.match(/nothing +\|$/);
    expect(absences([{ name: 'other', absent: 'no package has it' }])).to.equal(
      '- **other** could not be had: no package has it.\n',
    );
  });

  it('sees what a tool leaves behind, and takes no tool whose ping is lost', async function () {
    canStage(this);
    const leaves = 'ip link add left0 type veth peer name left1; ip netns add left; echo x >/tmp/left; sleep 1000 &';
    const tool = (stands: string) => ['sh', '-c', `${stands} echo up; read host; sh -c "$LOOK"`];
    const { left } = await onStage(tool(leaves), 'ping -c 1 127.0.0.1', 'host1');
    expect(left).to.include.members(['link left0', 'link left1', 'namespace left', 'file /tmp/left', 'process sleep']);
    expect((await onStage(tool(''), 'ping -c 1 127.0.0.1', 'host1')).left).to.deep.equal([]);
    const lost = await onStage(tool(''), 'ping -c 1 10.9.9.9 2>&1; true', 'host1').catch(String);
    expect(lost).to.include('the ping is lost').and.include('unreachable');
    const fails = await onStage(tool('exit 3;'), 'true', 'host1').catch(String);
    expect(fails).to.include('sh -c').and.include(': 3:');
  });

  it('measures what is asked for', () => {
    expect(asked([])).to.include({ commandLine: true, all: true }).and.property('states').with.length(6);
    expect(asked(['bridge-100', 'script', '--rounds', '3'])).to.deep.equal({
      commandLine: false,
      runtimes: false,
      loadBalancers: false,
      services: false,
      states: [{ topology: 'bridge', size: 100 }],
      builders: ['script'],
      rounds: 3,
      all: false,
    });
    expect(asked(['flannel-300']).states).to.deep.equal([{ topology: 'flannel', size: 300 }]);
    expect(asked(['command-line']).states).to.deep.equal([]);
    expect(() => asked(['brigde'])).to.throw('brigde: what can be asked for is command-line');
  });
});

const rowsOf = ({ runs, absent }: Built) => Object.keys(runs).length + Object.keys(absent).length;

function canStage(context: Mocha.Context): void {
  if (process.getuid?.() === 0 && readFileSync('/proc/filesystems', 'utf8').includes('overlay')) return;
  context.test!.title += ' (skipped: what a tool takes is measured in namespaces and layers that only root makes)';
  context.skip();
}
