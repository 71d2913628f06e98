// Stands a lab up, walks it, and tells how that went: to be bundled and run as a user who may read nothing of this tree.
import { configuration, onSegment, takesGroups } from '../../labs/kit/keepalived.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import { find } from '../../src/machine/programs.ts';
import { takeWalks } from '../../src/prove/run.ts';
import type { HostKey } from '../../src/runtime/hosts.ts';
import { reenterNetns, stopNetns } from '../../src/runtime/netns/index.ts';
import { stand, twoHosts } from '../stand.ts';

const dropsGroups = 'setpriv --clear-groups echo it has dropped its groups';

const lab = await stand({ ...twoHosts(), needs: { kernel: [takesGroups] } });
await takeWalks(
  lab,
  lab.plan.walks.map(({ name }) => name),
  lab.found,
  () => {},
);
const { stdout } = await lab.runtime.script(
  'a',
  `id -u; hostname; echo mine > /etc/mine; cat /etc/mine; ls /sys/class/net; ${dropsGroups}`,
);
await lab.runtime.script('b', 'iptables -A INPUT -p icmp -j DROP');
await takeWalks(lab, [lab.plan.walks[0]!.name], lab.found, () => {});
const nodes = { a: { address: '10.0.0.1', priority: 110 }, b: { address: '10.0.0.2', priority: 100 } };
const [router] = onSegment({ vrid: 51, vip: '10.0.0.100/24', device: 'eth0', nodes, healthy: 'true' });
const ran = await lab.runtime.run('a', find('keepalived') ? configuration(router, 'a') : ['echo absent >&2']);
const configured = `${ran.code} ${ran.stderr}`;
const key = (await lab.runtime.stay()).key as HostKey;
const again = await reenterNetns(lab.plan, key);
const reentered = (await again.script('a', dropsGroups)).stdout;
await again[Symbol.asyncDispose]();
await stopNetns(key);
const walks = lab.found.walks.map((walk) => ({ verdict: walk.verdict, ended: outcomeText(walk) }));
process.stdout.write(
  JSON.stringify({
    uid: process.getuid!(),
    rootless: lab.runtime.rootless,
    within: stdout,
    reentered,
    configured,
    walks,
  }),
);
