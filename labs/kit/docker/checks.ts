import { type Check, type Expectation, exactly, fails, json, lines } from 'packetwalk';
import { call, listener, PATIENT } from '../processes.ts';
import { type Container, docker0, gateway } from './networks.ts';

type Checks<Claim extends string> = Record<string, Check<string, Claim>>;

const inEach = (containers: Container[], seen: (container: Container) => Expectation) =>
  Object.fromEntries(containers.map((each) => [each.name, seen(each)]));
const onHost1 = (seen: Expectation) => ({ host1: seen });

/** Bridge mode: namespaces, addresses, routes and ports, on docker0 and on a bridge that a user defined. */
export const bridges = (here: Container[], elsewhere: Container[]): Checks<'DN-01' | 'DN-02'> => {
  const [app, db] = [here.find(({ network }) => network === docker0)!, here.find(({ network }) => network !== docker0)!];
  const { bridge, range } = db.network;
  const addresses = (shown: string, address: string) => json([{ ifname: shown, addr_info: [{ local: address, prefixlen: 16 }] }]);
  return {
    'Host and containers have a network namespace each': {
      claim: 'DN-01',
      run: `{ readlink /proc/self/ns/net; for each in ${here.map(({ name }) => name).join(' ')} batch; do ip netns exec $each readlink /proc/self/ns/net; done; } | sort -u | wc -l`,
      see: onHost1(lines(String(here.length + 2))),
    },
    'docker0 has the first address of its range': {
      claim: 'DN-01',
      run: 'ip -j -4 addr show docker0',
      see: onHost1(addresses('docker0', '172.17.0.1')),
    },
    'Each container has an address of its network’s range': {
      claim: 'DN-01',
      run: 'ip -j -4 addr show eth0',
      see: inEach([...here, ...elsewhere], ({ address }) => addresses('eth0', address)),
    },
    'And its network’s bridge as the way to all else': {
      claim: 'DN-01',
      run: 'ip -j route',
      see: inEach([...here, ...elsewhere], ({ network, address }) =>
        exactly({ dst: 'default', gateway: gateway(network), dev: 'eth0' }, { dst: `${network.range}.0.0/16`, dev: 'eth0', prefsrc: address }),
      ),
    },
    'docker0 has the containers as its ports who asked for no other network': {
      claim: 'DN-01',
      run: 'ip -j link show master docker0',
      see: onHost1(exactly(...here.filter(({ network }) => network === docker0).map(({ veth }) => ({ ifname: veth, operstate: 'UP' })))),
    },
    'backend is another bridge, with another range': {
      claim: 'DN-02',
      run: `ip -j -4 addr show ${bridge}`,
      see: onHost1(addresses(bridge, gateway(db.network))),
    },
    'It has db as its only port': {
      claim: 'DN-02',
      run: `ip -j link show master ${bridge}`,
      see: onHost1(exactly({ ifname: db.veth, operstate: 'UP' })),
    },
    'The gateway of the other network is the host: it answers all the same': {
      run: `ping -c 1 -W 1 ${range}.0.1`,
      see: inEach([app], () => lines('1 received')),
    },
  };
};

/** A container without network, and how it is connected by hand, as long as the check lasts. */
const byHand = `
  echo "links: $(ip -n batch -br link | cut -d' ' -f1 | xargs)."
  ip netns exec batch ping -c 1 10.0.0.1 2>&1
  trap 'ip link del hand' EXIT
  ip link add hand up type veth peer name eth0 netns batch
  ip addr add 10.0.0.1/24 dev hand
  ip -n batch link set eth0 up
  ip -n batch addr add 10.0.0.2/24 dev eth0
  ip netns exec batch ping -c 1 -W 5 10.0.0.1`;

/** The modes host, container and none, with the containers proxy, sidecar and batch. */
export const otherModes: Checks<'DN-03' | 'DN-04' | 'DN-05'> = {
  'proxy’s network namespace is the host’s': {
    claim: 'DN-03',
    run: 'for each in self $(cat /run/proxy); do readlink /proc/$each/ns/net; done | sort -u | wc -l',
    see: { host1: lines('1') },
  },
  'So nobody else can listen at that port of the host': {
    claim: 'DN-03',
    run: `timeout 1 ${listener(80)}`,
    see: { host1: fails('Address already in use') },
  },
  'web listens at the same port: it is another namespace’s': {
    claim: 'DN-03',
    run: call('127.0.0.1', 80, PATIENT),
    see: { host1: lines('proxy sees 127.0.0.1'), web: lines('web sees 127.0.0.1') },
  },
  'sidecar shares web’s network namespace, and nothing else': {
    claim: 'DN-04',
    run: 'for kind in net ipc uts pid mnt; do echo $kind: $(for each in web sidecar; do readlink /proc/$(cat /run/$each)/ns/$kind; done | sort -u | wc -l); done',
    see: { host1: lines('net: 1', 'ipc: 2', 'uts: 2', 'pid: 2', 'mnt: 2') },
  },
  'batch has lo alone, until a veth pair is added by hand': {
    claim: 'DN-05',
    run: byHand,
    see: { host1: lines('links: lo.', 'Network is unreachable', '1 received') },
  },
};

/** The rules for two networks and one published port, in Docker’s order, and what they do to a call. */
export const publishing = (
  web: Container,
  client: Container,
  { host1, host2, other }: { host1: string; host2: string; other: string },
): Checks<'DN-06'> => {
  return {
    'The published port is a DNAT, for all but docker0’s own containers': {
      claim: 'DN-06',
      run: 'iptables -t nat -S',
      see: onHost1(
        lines(
          '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
          '-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER',
          `-A POSTROUTING -s 172.18.0.0/16 ! -o ${other} -j MASQUERADE`,
          '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE',
          '-A DOCKER -i docker0 -j RETURN',
          `-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination ${web.address}:80`,
        ),
      ),
    },
    'What comes from elsewhere passes for the published port alone': {
      claim: 'DN-06',
      run: 'iptables -S',
      see: onHost1(
        lines(
          '-P FORWARD DROP',
          '-A FORWARD -j DOCKER-USER',
          '-A FORWARD -j DOCKER-ISOLATION-STAGE-1',
          '-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
          '-A FORWARD -o docker0 -j DOCKER',
          '-A FORWARD -i docker0 ! -o docker0 -j ACCEPT',
          '-A FORWARD -i docker0 -o docker0 -j ACCEPT',
          `-A DOCKER -d ${web.address}/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT`,
        ),
      ),
    },
    'Requirement 3 fails: web sees client by another address than client’s own': {
      claim: 'DN-06',
      run: `${call(host1, 8080, PATIENT)}\nip -br -4 addr show eth0`,
      see: inEach([client], () => lines(`web sees ${host2}`, `UP ${client.address}/16`)),
    },
  };
};
