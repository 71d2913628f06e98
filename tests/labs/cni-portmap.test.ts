import lab from '../../labs/cni-portmap.ts';
import type { Lab } from '../../src/lab/words.ts';
import { noneInVain } from './in-vain.ts';

const [fromOutside, fromPod, fromItself, fromLocalhost] = [
  'outside calls node1’s port 8080',
  'podA calls node1’s port 8080, and both pods are on one bridge',
  'nginx calls node1’s port 8080, and is behind it itself',
  'node1 calls its own port 8080 at 127.0.0.1',
] as const;
const [printed, chain, mark, noSocket, seenOutside, seenFromNode, notInFilter] = [
  'iptables -nvL reads as in the document: what is for the node’s own addresses goes to CNI-HOSTPORT-DNAT',
  'The pod’s chain marks pods and localhost, and translates',
  'The mark is 0x2000, kube-proxy’s is 0x4000',
  'No process listens at the port',
  'From outside nginx sees the caller',
  'From the node nginx sees its gateway',
  'In filter portmap writes nothing: whoever drops what is forwarded ends it',
] as const;

/** A process that listens at the port, and goes on in the background once it does. */
const listens = `perl -MIO::Socket::INET -e '$own = IO::Socket::INET->new(LocalPort => 8080, Listen => 1) or die; fork and exit; close $_ for *STDIN, *STDOUT, *STDERR; sleep 60'`;

noneInVain('cni-portmap', lab as Lab, [
  [
    'node1',
    'iptables -t nat -F CNI-HOSTPORT-DNAT',
    [fromOutside, fromPod, fromItself, fromLocalhost, seenOutside, seenFromNode],
  ],
  ['node1', 'iptables -t nat -F PREROUTING', [printed, fromOutside]],
  ['node1', "iptables -t nat -F $(iptables -t nat -S | grep -o 'CNI-DN-[0-9a-f]*' | head -n 1)", [chain]],
  ['node1', 'iptables -t nat -F CNI-HOSTPORT-SETMARK', [mark, fromPod]],
  ['node1', listens, [noSocket]],
  ['node1', 'iptables -N CNI-ANOTHER', [notInFilter]],
  ['nginx', 'pid=$(cat /run/nginx.pid)\nkill $pid\ntail --pid=$pid -f /dev/null', ['nginx still runs', fromOutside]],
]);
