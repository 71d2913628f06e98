// Stands a lab up, walks it, and tells how that went: to be bundled and run as a user who may read nothing of this tree.
import { outcomeText } from '../../src/judge/outcome.ts';
import { takeWalks } from '../../src/prove/run.ts';
import { stand, twoHosts } from '../stand.ts';

const lab = await stand(twoHosts());
await takeWalks(
  lab,
  lab.plan.walks.map(({ name }) => name),
  lab.found,
  () => {},
);
const { stdout } = await lab.runtime.script(
  'a',
  'id -u; hostname; echo mine > /etc/mine; cat /etc/mine; ls /sys/class/net',
);
await lab.runtime.script('b', 'iptables -A INPUT -p icmp -j DROP');
await takeWalks(lab, [lab.plan.walks[0]!.name], lab.found, () => {});
await lab[Symbol.asyncDispose]();
const walks = lab.found.walks.map((walk) => ({ verdict: walk.verdict, ended: outcomeText(walk) }));
process.stdout.write(JSON.stringify({ uid: process.getuid!(), rootless: lab.runtime.rootless, within: stdout, walks }));
