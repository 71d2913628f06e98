import { at, corrects, lab, lacks, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { into, outOf } from './kit/bridge-walks.ts';
import { container, joins, kill, makes, secondPod } from './kit/containers.ts';
import { reply, request } from './kit/ping.ts';
import { accepted, call, called, listener, PATIENT } from './kit/processes.ts';

const [master, pod, localhost] = ['10.42.0.1', '10.42.0.65', '127.0.0.1'];

const podA = { inner: 'podA:eth0', outer: 'master:vethA', bridge: 'master:cni0' } as const;
const web = container('web', joins(), listener(80, 'web\\n'));
const inside = (name: string) => `nsenter --target $(cat /run/${name}) --net --mount --pid`;

export default lab({
  title: 'A pod is a network namespace that pause holds and containers join',
  about:
    'A pod’s first process is pause: it makes the pod’s namespaces and sleeps. Each container joins them, and has processes and files of its own. Containers come and go, and the pod keeps its address.',
  claims,
  nodes: { master: 'host', podA: 'pod on master' },
  links: [`podA:eth0 ${pod}/24 -- master:vethA`],
  setup: {
    'Bridge the pod to its node': {
      master: `ip link add cni0 up type bridge\nip link set vethA master cni0\nip addr add ${master}/24 dev cni0`,
      podA: `ip route add default via ${master}`,
    },
    'Start pause: it holds the pod’s namespaces, and does nothing else': {
      do: { master: container('pause', makes('podA')) },
      see: { run: 'cat /proc/$(cat /run/pause)/comm', see: { master: lines('sleep') } },
      notes: 'unshare makes IPC and UTS namespaces, and a PID namespace whose first process is a shell; that notes its id, and becomes sleep.',
    },
    'Start a web server and a sidecar, which join the namespaces of pause': {
      do: { master: `${web}\n${container('sidecar', joins())}` },
      see: { run: 'for each in pause web sidecar; do cat /proc/$(cat /run/$each)/comm; done', see: { master: lines('sleep', 'perl', 'sleep') } },
      ask: {
        question: 'How many network namespaces do the three containers have together?',
        answer: ['1', 'one'],
        shownBy: send('master', 'for each in pause web sidecar; do readlink /proc/$(cat /run/$each)/ns/net; done | uniq | wc -l'),
      },
    },
  },
  walks: {
    'master pings the pod': {
      claims: ['PS-01'],
      send: send('master', `ping -c 1 ${pod}`),
      request: into(podA, request(master, pod), 'The node is in the pods’ subnet by its bridge'),
      reply: outOf(podA, reply(pod, master), 'The namespace has answered: no process was asked'),
    },
    'web calls its node': {
      claims: ['PS-01'],
      send: send('podA', `${inside('web')} ${call(master, 22)}`),
      request: outOf(podA, called(pod, master, 22), 'The node sees the pod’s address, and not which container it was'),
    },
    'sidecar calls web': {
      claims: ['PS-01', 'PS-02'],
      send: send('podA', `${inside('sidecar')} ${call(localhost, 80)}`),
      request: [at('podA:lo', 'In one namespace localhost is the same for both', called(localhost, localhost, 80))],
      reply: [at('podA:lo', 'web is another container, and its port is the pod’s', accepted(localhost, localhost, 80))],
    },
  },
  checks: {
    'The containers share network, IPC and UTS namespace, and nothing else': {
      claim: corrects(
        'PS-02',
        'The network is not all that a pod’s containers share: as Kubernetes makes them, they have IPC and the host name (UTS) in common too. Processes and files are each container’s own.',
      ),
      run: `
        for kind in net ipc uts pid mnt; do
          echo "$kind: $(for each in pause web sidecar; do readlink /proc/$(cat /run/$each)/ns/$kind; done | sort -u | wc -l)"
        done`,
      see: { master: lines('net: 1', 'ipc: 1', 'uts: 1', 'pid: 3', 'mnt: 3') },
    },
    'A container sees its own processes only': {
      claim: 'PS-02',
      run: `nsenter --target $(cat /run/web) --mount --pid sh -c 'for each in /proc/[0-9]*; do read name < $each/comm; echo $name; done'`,
      see: { master: [lines('perl', 'sh'), lacks('sleep', 'packetwalk')] },
    },
    'What a container mounts, as its /proc, the others do not have': {
      claim: 'PS-02',
      run: `
        {
          stat -c %d /proc
          for each in pause web sidecar; do nsenter --target $(cat /run/$each) --mount stat -c %d /proc; done
        } | sort -u | wc -l`,
      see: { master: lines('4') },
    },
    'Sidecar’s localhost answers as web, and so does the pod’s address': {
      claim: 'PS-01',
      run: `
        ${inside('sidecar')} ${call(localhost, 80, PATIENT)}
        ${call(pod, 80, PATIENT)}`,
      see: { master: lines('web', 'web') },
    },
    'A container dies, and the next one finds its pod’s address; with pause it goes': {
      claim: 'PS-01',
      run: `
        ${secondPod(66)}
        ${container('app', joins('pause66'))}
        ${kill('app')}
        answers && echo 'app has died: the pod answers'
        ${container('app', joins('pause66'))}
        nsenter --target $(cat /run/app) --net ip -br -4 addr show eth0
        ${kill('app')}
        ${kill('pause66')}
        until_gone
        answers || echo 'pause has died: nobody answers'
        ip link show veth66
        rm /run/pause66 /run/app`,
      see: {
        master: lines('app has died: the pod answers', 'UP 10.42.0.66/24', 'pause has died: nobody answers', 'Device "veth66" does not exist'),
      },
    },
  },
  faults: {
    'web has died': {
      claims: ['PS-01'],
      break: { master: kill('web') },
      walk: 'web calls its node',
      lostAt: 'podA:eth0',
      untouched: ['master pings the pod'],
      cause: 'command failed',
      hint: 'The pod answers pings, and web calls nobody. Which process is in /run/web, and is there one?',
      fix: { master: web },
    },
    'web was started in a namespace of its own': {
      break: { master: `${kill('web')}\n${container('web', makes(), listener(80, 'web\\n'))}` },
      walk: 'web calls its node',
      lostAt: 'podA:eth0',
      untouched: ['master pings the pod'],
      cause: 'other network namespace',
      hint: 'Compare `readlink /proc/$(cat /run/web)/ns/net` with that of /run/pause on master.',
      fix: { master: `${kill('web')}\n${web}` },
    },
    'lo is switched off in the pod': {
      break: { podA: 'ip link set lo down' },
      walk: 'sidecar calls web',
      lostAt: 'podA:lo',
      untouched: 'all',
      cause: 'interface down',
      hint: 'Only calls within the pod fail. Run `ip link` on podA.',
      fix: { podA: 'ip link set lo up' },
    },
    'The pod’s veth is no port of cni0': {
      break: { master: 'ip link set vethA nomaster\nip neigh flush dev cni0' },
      lostAt: 'master:cni0',
      untouched: ['sidecar calls web'],
      cause: 'port off the bridge',
      hint: 'The node asks for the pod on cni0, and hears nothing. Run `bridge link` on master.',
      fix: { master: 'ip link set vethA master cni0' },
    },
    'eth0 is switched off in the pod': {
      break: { podA: 'ip link set eth0 down' },
      walk: 'web calls its node',
      lostAt: 'podA:eth0',
      untouched: ['sidecar calls web'],
      cause: 'interface down',
      hint: 'The containers still reach each other. Run `ip addr` and `ip route` on podA.',
      fix: { podA: `ip link set eth0 up\nip route add default via ${master}` },
    },
  },
});
