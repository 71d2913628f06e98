# stage.sh ENGINE WORDS…: runs a program in namespaces of its own. What it writes into /tmp, /root and /run goes into layers over them. File 3 is
# told what is there before and after: processor time and processes of all that ran, links, namespaces, files and processes
engine=$1
shift
mount -t tmpfs tmpfs /dev/shm && mkdir /dev/shm/engine || exit 1
# The socket of an engine is none below a layer
[ -z "$engine" ] || mount --bind "$engine" /dev/shm/engine
for folder in /tmp /root /run; do
  layer=/dev/shm$folder
  mkdir -p $layer/upper $layer/work
  mount -t overlay -o lowerdir=$folder,upperdir=$layer/upper,workdir=$layer/work overlay $folder || exit 1
done
rm -rf /run/netns && mkdir /run/netns && ip link set lo up || exit 1
look() {
  sed 's/.*) /stat /' /proc/1/stat
  sh -c 'echo last $$'
  ip -o link | sed 's/^[0-9]*: \([^:@]*\).*/link \1/'
  ip netns list | sed 's/ .*//; s/^/namespace /'
  find /dev/shm/*/upper ! -type d ! -type c ! -path '*/netns/*' | sed 's,^/dev/shm\(/[a-z]*\)/upper,file \1,'
  ps -eo pid=,comm= | awk '$1 != 1 && $2 !~ /^(ps|awk|sh)$/ { print "process " $2 }'
  echo
}
look >&3
echo begun
HOME=/root TMPDIR=/tmp ${engine:+env DOCKER_HOST=unix:///dev/shm/engine/docker.sock} "$@"
code=$?
look >&3
exit $code
