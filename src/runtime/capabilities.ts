/**
 * What a lab in namespaces needs of capabilities(7), and no more: namespaces and mounts (SYS_ADMIN), devices and rules (NET_ADMIN),
 * captures (NET_RAW), entering a place (SYS_CHROOT, of setns(2)), ports below 1024 (NET_BIND_SERVICE), folders of CNI (DAC_OVERRIDE),
 * the groups of keepalived’s scripts (SETGID, of setgroups(2)).
 */
export const CAPABILITIES = [
  'DAC_OVERRIDE',
  'NET_ADMIN',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETGID',
  'SYS_ADMIN',
  'SYS_CHROOT',
];
