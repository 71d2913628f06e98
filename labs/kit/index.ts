/** `packetwalk/kit`: what the labs that come with packetwalk are made of, a namespace for each part. */

export * as bridge from './bridge-walks.ts';
export * as bird from './calico/bird.ts';
export * as calico from './calico/cluster.ts';
export * as calicoIpip from './calico/ipip.ts';
export * as calicoVxlan from './calico/vxlan.ts';
export * as calicoWalks from './calico/walks.ts';
export * as cluster from './cluster.ts';
export * as masquerade from './egress/masquerade.ts';
export * as flannel from './flannel/cluster.ts';
export * as flannelWalks from './flannel/walks.ts';
export * as kubeProxy from './kube-proxy/checks.ts';
export * as kubeProxyRules from './kube-proxy/iptables.ts';
export * as kubeRouter from './kube-router/cluster.ts';
export * as kubeRouterServices from './kube-router/services.ts';
export * as kubeRouterWalks from './kube-router/walks.ts';
export * as networkModel from './network-model.ts';
export * as ping from './ping.ts';
export * as processes from './processes.ts';
export { feed, program } from './program.ts';
export { until } from './until.ts';
