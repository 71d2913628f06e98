import { expect } from 'chai';
import type { Lab } from '../../src/index.ts';
import { rootless } from '../../src/runtime/netns/index.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../stand.ts';

const bridged = (): Lab => ({
  ...twoHosts(),
  setup: {
    'a has a bridge': {
      a: 'ip link add br0 up type bridge\nip link add v0 type veth peer name v1\nip link set v0 master br0',
    },
  },
});

describe('/sys of a node', () => {
  let lab: Stood;
  before(async function () {
    needsNamespaces(this);
    lab = await stand(bridged());
  });
  after(() => lab?.[Symbol.asyncDispose]());
  const said = async (place: string, script: string) => {
    const { stdout, stderr, code } = await lab.runtime.script(place, script);
    return { text: `${stdout}${stderr}`.trim(), code };
  };

  it('shows its own interfaces, and no other’s', async () => {
    const own = (await said('a', 'ls /sys/class/net')).text.split(/\s+/).filter((name) => name !== 'bonding_masters');
    const known = lab.watch.interfacesOf('a').map(({ name }) => name);
    expect(own).to.have.members(known);
    expect((await said('b', 'ls /sys/class/net')).text.split(/\s+/))
      .to.include('eth0')
      .and.to.not.include('br0');
    expect((await said('a', 'cat /sys/class/net/eth0/address')).text).to.equal(lab.watch.macOf('a:eth0'));
  });

  it('takes what is written to an interface: the hairpin mode of a bridge’s port', async function () {
    const written = await said(
      'a',
      'echo 1 > /sys/class/net/v0/brport/hairpin_mode && cat /sys/class/net/v0/brport/hairpin_mode',
    );
    // A user namespace has /sys no more writable than the machine lets it be.
    if (rootless && written.code) return this.skip();
    expect(written).to.deep.equal({ text: '1', code: 0 });
    expect((await said('a', 'bridge -d link show dev v0')).text).to.contain('hairpin on');
    expect((await said('a', 'echo 1400 > /sys/class/net/eth0/mtu; ip link show eth0')).text).to.contain('mtu 1400');
  });

  it('is the machine’s in all else, and only read', async () => {
    for (const file of ['/sys/kernel/uevent_helper', '/sys/kernel/profiling', '/sys/power/state'])
      expect((await said('a', `[ ! -e ${file} ] || echo 0 > ${file}`)).text, file).to.match(
        /^$|Read-only file system|Permission denied/,
      );
    expect((await said('a', 'mkdir /sys/fs/cgroup/mine 2>&1 && echo made')).text).to.not.contain('made');
  });
});
