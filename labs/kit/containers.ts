const withinQuotes = (command: string) => command.replaceAll(/[\\"$`]/g, '\\$&');

/**
 * A container as its node sees it: a process with processes and a /proc of its own, in network, IPC and UTS namespaces that
 * `enter` makes or joins. Its process id on the node is in /run/NAME.
 */
export const container = (name: string, enter: string, runs = 'sleep infinity') => `
  rm -f /run/${name}
  ${enter} unshare --pid --fork sh -c "read pid rest < /proc/self/stat; echo \\$pid > /run/${name}; \
    exec unshare --mount-proc ${withinQuotes(runs)}" >/dev/null 2>&1 &
  until grep -qx ${runs.split(' ')[0]} /proc/$(cat /run/${name})/comm; do sleep 0.01; done 2>/dev/null`;

/** The namespaces that pause makes for all containers of its pod, in a network namespace that is there, or in a new one. */
export const makes = (pod?: string) => (pod ? `ip netns exec ${pod} unshare --ipc --uts` : 'unshare --net --ipc --uts');

/** How another container joins them. */
export const joins = (pause = 'pause') => `nsenter --target $(cat /run/${pause}) --net --ipc --uts`;

/** Ends a container, and with its first process all others that it has. */
export const kill = (name: string) => `kill -KILL $(cat /run/${name})`;

/** Another pod on cni0, whose network namespace has no name: it is there as long as a process is in it. */
export const secondPod = (n: number) => `
  ${container(`pause${n}`, makes())}
  ip link add veth${n} type veth peer name eth0 netns $(cat /run/pause${n})
  ip link set veth${n} up master cni0
  nsenter --target $(cat /run/pause${n}) --net ip link set eth0 up
  nsenter --target $(cat /run/pause${n}) --net ip addr add 10.42.0.${n}/24 dev eth0
  answers() { ping -c 1 -W 0.5 10.42.0.${n} >/dev/null; }
  until_gone() { for moment in $(seq 100); do ip link show veth${n} >/dev/null 2>&1 || return; sleep 0.02; done; }`;
