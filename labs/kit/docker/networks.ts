import type { Commands } from 'packetwalk';
import type { Port } from '../bridge-walks.ts';

/** A network of Docker’s driver `bridge`: the bridge and its MAC, and the first two bytes of its range, a /16. */
export interface Network {
  bridge: string;
  mac: string;
  range: string;
}

/** A container in such a network: its address, and what the outer end of its veth pair is called. */
export interface Container<Host extends string = string, Name extends string = string> extends Port<Host, Name> {
  name: Name;
  network: Network;
  address: string;
  veth: string;
}

export const container = <const Host extends string, const Name extends string>(
  host: Host,
  name: Name,
  network: Network,
  { address, veth }: Pick<Container, 'address' | 'veth'>,
): Container<Host, Name> => ({ name, network, address, veth, inner: `${name}:eth0`, outer: `${host}:${veth}`, bridge: `${host}:${network.bridge}` });

export const docker0: Network = { bridge: 'docker0', mac: '02:42:74:d4:7f:03', range: '172.17' };
export const gateway = ({ range }: Network) => `${range}.0.1`;

/** What dockerd 20.10 types when it starts: it switches forwarding on, and from then on decides what is forwarded. */
export const engine = `
  sysctl -w net.ipv4.ip_forward=1
  iptables-restore --noflush <<'END'
    *nat
    :DOCKER - [0:0]
    -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
    -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
    COMMIT
    *filter
    :FORWARD DROP [0:0]
    :DOCKER - [0:0]
    :DOCKER-ISOLATION-STAGE-1 - [0:0]
    :DOCKER-ISOLATION-STAGE-2 - [0:0]
    :DOCKER-USER - [0:0]
    -A FORWARD -j DOCKER-USER
    -A FORWARD -j DOCKER-ISOLATION-STAGE-1
    -A DOCKER-ISOLATION-STAGE-1 -j RETURN
    -A DOCKER-ISOLATION-STAGE-2 -j RETURN
    -A DOCKER-USER -j RETURN
    COMMIT
  END`;

/**
 * `docker network create`: a bridge that keeps its MAC, whichever ports it has: its containers’ gateway, which masquerades them,
 * and a wall to every other bridge.
 */
export const network = ({ bridge, mac, range }: Network) => `
  ip link add ${bridge} address ${mac} type bridge
  ip addr add ${range}.0.1/16 brd ${range}.255.255 dev ${bridge}
  ip link set ${bridge} up
  iptables-restore --noflush <<'END'
    *nat
    -I POSTROUTING -s ${range}.0.0/16 ! -o ${bridge} -j MASQUERADE
    -I DOCKER -i ${bridge} -j RETURN
    COMMIT
    *filter
    -I FORWARD 3 -i ${bridge} -o ${bridge} -j ACCEPT
    -I FORWARD 3 -i ${bridge} ! -o ${bridge} -j ACCEPT
    -I FORWARD 3 -o ${bridge} -j DOCKER
    -I FORWARD 3 -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -I DOCKER-ISOLATION-STAGE-1 -i ${bridge} ! -o ${bridge} -j DOCKER-ISOLATION-STAGE-2
    -I DOCKER-ISOLATION-STAGE-2 -o ${bridge} -j DROP
    COMMIT
  END`;

const macOf = (address: string) => ['02', '42', ...address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');

/** `docker run`, on the host: a veth pair from the network’s bridge into the container. */
export const plug = ({ name, veth, network }: Container) => `
  ip link add ${veth} type veth peer name eth0 netns ${name}
  ip link set ${veth} up master ${network.bridge}`;

/** `docker run`, in the containers: a MAC made of the address, the address, and the bridge as the way to all else. */
export const address = <Name extends string>(...containers: Container<string, Name>[]) =>
  Object.fromEntries(
    containers.map(({ name, address, network }) => [
      name,
      `
  ip link set eth0 address ${macOf(address)} up
  ip addr add ${address}/16 brd ${network.range}.255.255 dev eth0
  ip route add default via ${gateway(network)}`,
    ]),
  ) as Commands<Name>;

/** `docker run --publish`: whoever asks the host at one port is led to the container at another. */
export const publish = ({ address, network: { bridge } }: Container, at: number, port: number) => `
  iptables -t nat -A DOCKER ! -i ${bridge} -p tcp -m tcp --dport ${at} -j DNAT --to-destination ${address}:${port}
  iptables -t nat -A POSTROUTING -s ${address}/32 -d ${address}/32 -p tcp -m tcp --dport ${port} -j MASQUERADE
  iptables -A DOCKER -d ${address}/32 ! -i ${bridge} -o ${bridge} -p tcp -m tcp --dport ${port} -j ACCEPT`;

/** The namespaces of a container’s process where its network is not its own, but the host’s or another container’s. */
export const hosted = 'unshare --ipc --uts';
export const inside = (container: string) => `nsenter --target $(cat /run/${container}) --net unshare --ipc --uts`;
