// Stands a lab up, has it do something without end, says so, and waits to be killed. What is told is its first process.
import { readFileSync } from 'node:fs';
import { stand, twoHosts } from '../stand.ts';

const children = (pid: number | string) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');

const before = children(process.pid);
const lab = await stand(twoHosts());
const sandbox = children(process.pid).find((pid) => !before.includes(pid))!;
const busy = [
  lab.runtime.script('a', 'setsid sh -c "while echo; do :; done" & yes > /dev/null'),
  lab.runtime.script('b', 'ping -f -c 1000000 10.0.0.1'),
];
await lab.runtime.script('a', 'touch /run/packetwalk-left /etc/packetwalk-left; sysctl -qw net.ipv4.ip_forward=1');
process.stdout.write(`${sandbox} ${children(sandbox)[0]}\n`);
await Promise.allSettled(busy);
