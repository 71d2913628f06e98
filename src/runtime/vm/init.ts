import { loadedModules } from './contents.ts';

/** Said on the serial port when the guest is up, and after each line that was run there. */
export const READY = 'packetwalk: ready';
export const DONE = 'packetwalk: done';

/**
 * The guest's first process. It runs lines that come in on the serial port, which only the process that started the
 * machine can write to, and waits for its children, so that none is left as a zombie.
 */
export const init = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/lock /run/netns /run/bird
exec </dev/console >/dev/console 2>&1
modprobe -a -q ${loadedModules}
echo packetwalk >/proc/sys/kernel/hostname
echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6
ip -batch - <<'lines'
link set lo up
link set eth0 up
address add 10.0.2.15/24 dev eth0 noprefixroute
route add 10.0.2.2/32 dev eth0
lines
dropbear -s -j -k -r /etc/dropbear/host_key -p 10.0.2.15:22
stty -F /dev/console raw -echo
obey() {
  echo '${READY}'
  while IFS= read -r line; do
    eval "$line"
    echo "${DONE} $?"
  done
}
obey </dev/console &
while :; do wait; sleep 60 & done
`;

/** Small files of the guest, by path; passwords are locked. */
export const files: Record<string, string> = {
  '/etc/passwd': `root:x:0:0:root:/root:/bin/sh
www-data:x:33:33::/var/www:/bin/false
haproxy:x:105:111::/var/lib/haproxy:/bin/false
bird:x:106:112::/run/bird:/bin/false
tcpdump:x:107:113::/nonexistent:/bin/false
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
`,
  '/etc/group': 'root:x:0:\nwww-data:x:33:\nhaproxy:x:111:\nbird:x:112:\ntcpdump:x:113:\nnogroup:x:65534:\n',
  '/etc/shadow': 'root:*:19000:0:99999:7:::\n',
  '/etc/shells': '/bin/sh\n/bin/bash\n',
  // Interfaces that nobody asked for.
  '/etc/modprobe.d/none.conf': 'options dummy numdummies=0\noptions ifb numifbs=0\noptions bonding max_bonds=0\n',
  '/etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
  '/etc/resolv.conf': '# Nobody answers here; a lab that has a DNS server puts another file over this one.\n',
  '/etc/nsswitch.conf': ['passwd', 'group', 'shadow', 'hosts', 'protocols', 'services']
    .map((name) => `${name}: files${name === 'hosts' ? ' dns' : ''}\n`)
    .join(''),
};

/** Empty folders of the guest. */
export const folders = [
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/tmp',
  '/mnt',
  '/var/log/nginx',
  '/var/lib/nginx',
  '/var/tmp',
  '/var/cache',
  '/opt',
  '/home',
  '/srv',
];
