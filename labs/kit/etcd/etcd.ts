import { daemon } from 'packetwalk';

/** etcdctl for whoever is not where etcd is. */
export const etcdctlAt = (address: string) => `etcdctl --endpoints http://${address}:2379`;

/** etcd on the node with this address, which others ask too; what it keeps need not outlive the lab. */
export const etcdAt = (address: string) =>
  daemon(
    'etcd',
    `etcd --data-dir /run/etcd --unsafe-no-fsync --heartbeat-interval 10 --election-timeout 100 --logger zap --log-level warn \
      --listen-client-urls http://127.0.0.1:2379,http://${address}:2379 --advertise-client-urls http://${address}:2379 \
      --listen-peer-urls http://127.0.0.1:2380`,
    { 'etcd listens': 'ss -Htln | grep -q :2379', 'etcd answers': 'etcdctl endpoint health' },
  );
