import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import type { CauseKind } from './kind.ts';

/** What a shell and the programs that enter namespaces say of what is not there (errno(3): ENOENT, ESRCH). */
const isMissing =
  /No such (file or directory|process|container)|command not found|not found$|Cannot open network namespace|cannot execute/;

/** Programs that run another in namespaces that are not the sender's own. */
const enters = /\b(nsenter|unshare|chroot|(docker|podman|crictl|kubectl) exec|ip netns exec|ip vrf exec)\b/;

const nothingSent = ({ site, sent }: Facts) => site.kind === 'nothing sent' && sent.code !== 0;

const linesOf = ({ sent }: Facts) => sent.stderr.split('\n').map((line) => line.trim());

/** The process that a command enters, as its command line names it. */
const entered = ({ sent }: Facts) => /\bnsenter\b.*?(?:--target[= ]|-t ?)(\$\([^)]*\)|\d+)/.exec(sent.command)?.[1];

const failed: CauseKind = {
  name: 'command failed',
  read: ['sh(1), EXIT STATUS', 'nsenter(1)'],
  tell(facts) {
    const words = linesOf(facts).filter((line) => isMissing.test(line));
    const { from, code } = facts.sent;
    if (!nothingSent(facts) || !words.length) return [];
    const target = entered(facts);
    return [
      {
        sentence: `the command at ${from} does not come to send: it ends with ${code}, and says: ${words[0]}`,
        confidence: 'certain',
        place: from,
        show: target ? [{ place: from, command: `ls -d /proc/${target}` }] : [],
      },
    ];
  },
};

/** Who cannot reach what its place has a route for is not in the place's network namespace. */
const otherNamespace: CauseKind = {
  name: 'other network namespace',
  read: ['network_namespaces(7)', 'nsenter(1)'],
  tell(facts) {
    const { from, command } = facts.sent;
    const words = linesOf(facts).find((line) => /Network is unreachable/.test(line));
    const way = facts.lookups.find(({ place, ok }) => place === from && ok);
    if (!nothingSent(facts) || !words || !way || !enters.test(command)) return [];
    const target = entered(facts);
    return [
      {
        sentence: `the command runs in another network namespace than ${from}’s: it says “${words}”, and ${from} itself has a route: ${way.output}`,
        confidence: 'likely',
        place: from,
        show: [
          { place: from, command: 'readlink /proc/self/ns/net' },
          ...(target ? [{ place: from, command: `readlink /proc/${target}/ns/net` }] : []),
        ],
      },
    ];
  },
};

/** Whether an address stands in a command. */
export const isTyped = (command: string, address: string | undefined): boolean =>
  address !== undefined && command.split(/[^\w.:]+/).some((word) => word === address || word.startsWith(`${address}:`));

/** A command that sends to several is followed by the first packet that it sends (docs/lab-reference.md, send). */
const otherPacket: CauseKind = {
  name: 'another packet first',
  read: ['docs/lab-reference.md, send'],
  tell({ site, sent }) {
    const { hop, now, before } = site.changed ?? {};
    if (!hop || !now || before || now.place !== sent.from || now.direction !== 'out') return [];
    const [is, listed] = [now.headers, hop.expected].map((headers) => headers.find(isIp)?.fields.dst);
    if (typeof is !== 'string' || typeof listed !== 'string' || is === listed) return [];
    if (!isTyped(sent.command, is) || !isTyped(sent.command, listed)) return [];
    return [
      {
        sentence: `the first packet that the command at ${sent.from} sends goes to ${is}, and that one is followed: the walk lists one to ${listed}`,
        confidence: 'certain',
        place: sent.from,
        show: [],
        entails: ['destination not translated'],
      },
    ];
  },
};

export const commands: CauseKind[] = [failed, otherNamespace, otherPacket];
