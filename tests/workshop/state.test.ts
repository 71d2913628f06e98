import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { daemon, type Lab } from '../../src/index.ts';
import { needsNamespaces, twoHosts } from '../stand.ts';
import { attend } from './attendee.ts';

const etcd = daemon('etcd', 'etcd --data-dir /run/etcd --unsafe-no-fsync --log-level error', {
  'it answers': 'etcdctl endpoint health',
});

const lab = (change: Partial<Lab>): Lab => ({ ...twoHosts(), ...change });

describe('the state by which a step is judged', () => {
  before(function () {
    needsNamespaces(this);
  });

  it('has the keys of etcd', async function () {
    if (spawnSync('etcd', ['--version']).error) {
      this.test!.title += ' (skipped: no etcd here)';
      this.skip();
    }
    const setup = { 'Start etcd': { a: etcd }, 'It keeps a word': { a: 'etcdctl put /word yes' } };
    await using at = await attend(lab({ setup }), 1);
    expect((await at.line('etcdctl put /word no')).passed).to.equal(false);
    await at.line('hint');
    expect((await at.line('hint')).lines.slice(0, 2)).to.have.members([
      'a: key of etcd /word yes is missing',
      'a: key of etcd /word no should not be there',
    ]);
    expect((await at.line('hint')).lines[0]).to.equal('a# etcdctl put /word yes');
    expect((await at.line('etcdctl put /word yes')).passed).to.equal(true);
  });

  it('has how long a connection is remembered', async () => {
    const setting = 'net.netfilter.nf_conntrack_udp_timeout';
    await using at = await attend(lab({ setup: { 'Forget sooner': { a: `sysctl -w ${setting}=7` } } }));
    expect((await at.line('check')).passed).to.equal(false);
    expect((await at.line(`sysctl -w ${setting}=7`)).passed).to.equal(true);
  });

  it('has MACs that a lab states as they are, and tells whose is missing', async () => {
    const own = 'ip link set eth0 address 02:00:00:00:00:07';
    await using at = await attend(lab({ setup: { 'Both have one MAC': { a: own, b: own } } }));
    await at.line('on b');
    expect((await at.line(own)).passed).to.equal(false);
    expect((await at.line('hint')).lines[0]).to.equal('Look on a: `ip -d link`');
    await at.line('hint');
    expect((await at.line('hint')).lines.slice(0, -1)).to.deep.equal([`a# ${own}`]);
  });

  it('has the MAC of another place, whichever the kernel drew, at a prompt as when it is asked for', async () => {
    const own = 'ping -c 1 10.0.0.2; ip neigh change 10.0.0.2 dev eth0 nud permanent';
    await using at = await attend(lab({ setup: { 'a knows b for good': { a: own } } }));
    expect((await at.line(own)).passed).to.equal(true);
  });

  it('has what a packet leaves behind, before that is broken', async () => {
    const faults = {
      'a takes b for another': {
        break: { a: 'ip neigh change 10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud reachable' },
        lostAt: 'b:eth0' as const,
        hint: 'Look at a',
        fix: { a: 'ip neigh flush dev eth0' },
      },
    };
    await using at = await attend(lab({ faults }), 1);
    expect(at.screen()).to.contain('Something is broken').and.not.contain('could not be done');
    expect((await at.line('check')).passed).to.equal(false);
    expect((await at.line('ip neigh flush dev eth0')).passed).to.equal(true);
  });

  it('interrupts a line that does not end, when it is typed for somebody', async () => {
    const setup = { 'a waits': { a: 'tail -f /dev/null\nip addr add 10.0.0.3/24 dev eth0' } };
    await using at = await attend(lab({ setup }));
    const shell = await at.game.shell('a');
    expect((await shell.run('tail -f /dev/null', 100)).code).to.equal(130);
  });
});
