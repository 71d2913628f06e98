import { randomBytes } from 'node:crypto';
import type { Machine } from './machine.ts';

/** How the MACs of a machine's cards begin: locally administered, and the same in each run. */
const macs = (machine: number) => ['02', '70', hex(machine >> 8), hex(machine & 255), '00', ''].join(':');

const hex = (number: number) => number.toString(16).padStart(2, '0');

/** The line that gives the machine of that index, which may be the copy of another, its own name and MACs. */
export const personalise = (name: string, index: number): string =>
  `echo ${name} >/proc/sys/kernel/hostname; n=1; while [ -e /sys/class/net/eth$n ]; do ` +
  `echo link set eth$n address ${macs(index)}$(printf %02x $n); n=$((n+1)); done | ip -batch -`;

/** The number of clock_settime(2), and the requests of random(4), by which seeds count and take effect at once. */
const own = `
$| = 1; print "packetwalk: clock\\n"; my ($s, $ns, $seed) = split " ", <STDIN>; $seed = pack "H*", $seed;
syscall(227, 0, pack("q q", $s, $ns)); open my $random, ">", "/dev/random";
ioctl($random, 0x40085203, pack("i i a*", 8 * length $seed, length $seed, $seed)); ioctl($random, 0x5207, 0);`;

/** Makes a copy of a machine one of its own: name, MACs, time and random numbers. */
export async function settle(machine: Machine, index: number): Promise<void> {
  await machine.obey(personalise(machine.name, index));
  const asked = machine.heard('packetwalk: clock');
  const set = machine.obey(`perl -e '${own.trim().replaceAll('\n', ' ')}'`);
  await asked;
  const now = Date.now();
  machine.send(`${Math.floor(now / 1000)} ${(now % 1000) * 1_000_000} ${randomBytes(32).toString('hex')}`);
  await set;
}
