import { daemon } from 'packetwalk';

/** How a client names the etcd that listens at an address. */
export const endpoint = (address: string) => `http://${address}:2379`;

/** One etcd, reached at a node’s address and, at home, without saying where. It never waits for its disk: a lab’s data may go. */
export const etcd = (address: string) =>
  daemon(
    'etcd',
    `etcd --data-dir /run/etcd --unsafe-no-fsync --heartbeat-interval 10 --election-timeout 100 --logger zap --log-level warn \
      --listen-client-urls http://127.0.0.1:2379,${endpoint(address)} --advertise-client-urls ${endpoint(address)} \
      --listen-peer-urls http://127.0.0.1:2380`,
    { 'etcd listens': 'ss -Htln | grep -q :2379', 'etcd answers': 'etcdctl endpoint health' },
  );
