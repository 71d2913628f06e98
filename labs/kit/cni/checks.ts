import { type Check, corrects, fails, json, lacks, lines } from 'packetwalk';
import * as cni from './bridge-plugin.ts';

/** How the plugins answer on the node minikube, and what they and the runtime keep in files. */
export const callsAndFiles = (containers: cni.Container[]): Record<string, Check<'minikube', 'CN-01' | 'CN-02' | 'CN-05' | 'CN-06'>> => {
  const first = containers[0]!;
  return {
    'Plugins, configuration, addresses and results are where Kubernetes has them': {
      claim: corrects(
        'CN-01',
        'host-local keeps its files by network, not by plugin: /var/lib/cni/networks/NETWORK. A result is kept by the runtime.',
      ),
      run: 'ls -dL /opt/cni/bin/bridge /opt/cni/bin/host-local /etc/cni/net.d/* /var/lib/cni/* /var/lib/cni/*/*',
      see: {
        minikube: [
          lines('/etc/cni/net.d/k8s.conf', '/opt/cni/bin/bridge', '/opt/cni/bin/host-local'),
          lines('/var/lib/cni/networks/rkt.kubernetes.io', '/var/lib/cni/results/podA'),
          lacks('/var/lib/cni/bridge', '/var/lib/cni/host-local'),
        ],
      },
    },
    'ADD has answered with the interfaces, the address and the routes, in JSON': {
      claim: 'CN-02',
      run: `cat ${cni.results}/${first.pod}`,
      see: {
        minikube: json({
          interfaces: [{ name: 'mybridge' }, { name: first.veth }, { name: 'eth0', sandbox: `/run/netns/${first.pod}` }],
          ips: [{ address: `${first.address}/16`, gateway: '10.1.0.1' }],
          routes: [{ dst: '0.0.0.0/0' }],
        }),
      },
    },
    'VERSION is answered in JSON': {
      claim: 'CN-02',
      run: `${cni.version} < ${cni.configuration}`,
      see: { minikube: json({ supportedVersions: ['0.4.0'] }) },
    },
    'CHECK finds each pod as ADD has left it': {
      claim: corrects(
        'CN-02',
        'Since CNI 0.4.0 there is a fourth one, CHECK. And not all comes through the environment: the configuration is read from standard input.',
      ),
      run: containers.map(({ pod, id }) => `${cni.withResult(pod)} | ${cni.call('CHECK', { pod, id })} && echo ${pod} is well`).join('\n'),
      see: { minikube: lines('podA is well', 'podB is well', 'nginx is well') },
    },
    'CHECK says what is wrong if not, in JSON': {
      claim: 'CN-02',
      run: `${cni.withResult(first.pod)} | sed s/${first.address}/10.1.0.9/ | ${cni.call('CHECK', first)}`,
      see: { minikube: fails('"code":', '"msg": "Failed to match addr 10.1.0.9/16 on interface eth0"') },
    },
    'host-local keeps a file an address, in order, with the container’s id': {
      claim: corrects(
        'CN-05',
        'The last address is in last_reserved_ip.0: a pool can have several ranges. Below the id, a file names the pod’s interface.',
      ),
      run: 'cd /var/lib/cni/networks/rkt.kubernetes.io && ls && grep . 10.* last*',
      see: {
        minikube: [
          lines(...containers.flatMap(({ address, id }) => [`${address}:${id}`, `${address}:eth0`]), 'last_reserved_ip.0:10.1.0.4'),
          lacks('10.1.0.1:', '10.1.0.5'),
        ],
      },
    },
    'DEL gives the address back, and to repeat it is no error': {
      claim: corrects(
        'CN-06',
        'Of the pod nothing is left, but the bridge stays, and last_reserved_ip.0: a next pod gets the next address, not that which is free again.',
      ),
      run: cni.comeAndGo(cni.network('scratch', 'scratch0', '10.2', '/run/scratch/data')),
      see: {
        minikube: lines(
          'after ADD: files 10.2.0.2 last_reserved_ip.0 lock, ports 1, rules 3, in the pod 2',
          'after DEL: files last_reserved_ip.0 lock, ports 0, rules 0, in the pod 1',
          'DEL again is no error',
          'scratch0 inet 10.2.0.1/16',
          'after another ADD: files 10.2.0.3 last_reserved_ip.0 lock, ports 1, rules 3, in the pod 2',
        ),
      },
    },
  };
};

/** What a CNI must do, as far as one node shows it: five of eight; routes, their advertisement and policy are Calico’s labs’. */
export const duties = <Pod extends string>(pods: readonly Pod[]): Record<string, Check<Pod | 'minikube', 'CN-10' | 'CN-11'>> => {
  type See = Check<Pod | 'minikube'>['see'];
  const inEach = (shape: Parameters<typeof json>[0]) => Object.fromEntries(pods.map((pod) => [pod, json(shape)])) as See;
  return {
    'Duty 1 of 8: a pair of veths, one end of it in the pod': {
      claim: 'CN-11',
      run: 'ip -j -d link show eth0',
      see: inEach([{ linkinfo: { info_kind: 'veth' }, link_netnsid: 0 }]),
    },
    'Duty 2 of 8: the node’s own range of addresses, the pod CIDR': {
      claim: 'CN-11',
      run: `grep -o '"subnet": "[^"]*"' ${cni.configuration}`,
      see: { minikube: lines('"subnet": "10.1.0.0/16"') } as See,
    },
    'Duty 3 of 8: a configuration file': {
      claim: 'CN-11',
      run: 'ls /etc/cni/net.d',
      see: { minikube: lines('k8s.conf') } as See,
    },
    'Duty 4 of 8: addresses are given to one pod each, and it is noted': {
      claim: 'CN-11',
      run: "ls /var/lib/cni/networks/rkt.kubernetes.io | grep -c '^10[.]'",
      see: { minikube: lines(String(pods.length)) } as See,
    },
    'Duty 5 of 8: a default route in the pod': {
      claim: 'CN-11',
      run: 'ip -j route show default',
      see: inEach([{ dst: 'default', gateway: '10.1.0.1', dev: 'eth0' }]),
    },
    'No MAC spells an address': {
      claim: corrects(
        'CN-10',
        'Plugins of the document’s time (0.6) wrote such MACs; today’s (here 1.1.1) leave them to the kernel, which draws them by lot.',
      ),
      run: `ip -o link; for pod in ${pods.join(' ')}; do ip -n $pod -o link; done`,
      see: { minikube: [lines('mybridge', 'eth0@'), lacks('0a:58:')] } as See,
    },
  };
};
