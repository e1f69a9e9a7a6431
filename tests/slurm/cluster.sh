#!/usr/bin/env bash
# A real SLURM of some nodes on this machine, for tests; as root.
#
#   eval "$(tests/slurm/cluster.sh start DIR)"   # start it (or find it running) and point SLURM's commands at it
#   tests/slurm/cluster.sh pause DIR             # end its controller; jobs run on
#   tests/slurm/cluster.sh restart DIR           # start its controller again, ended if need be
#   tests/slurm/cluster.sh unplug DIR node1      # take a node's link down; what runs there runs on
#   tests/slurm/cluster.sh plug DIR node1        # and up again; its daemon is started, if that was killed
#   tests/slurm/cluster.sh fail DIR node1        # have a node die: its link is down, all that ran there is killed
#   tests/slurm/cluster.sh mend DIR node1        # have a node back, started anew
#   tests/slurm/cluster.sh stop DIR              # cancel its jobs, stop its daemons, remove its network
#
# A node is a network namespace with a host name of its own, at a bridge of this machine, where the controller is; file
# system and processes are those of the machine. There are CLUSTER_NODES of them, node1 and node2 if not told
# otherwise, each with all of the machine's processors, its part of the memory and one pretended GPU. CLUSTER_CPUS and
# CLUSTER_MEM_MB pretend another size of a node: SLURM then hands out that much of both.
#
# Configuration, munge key and socket, state and logs lie below DIR, ports, addresses and names are free ones, and
# nothing is read from /etc/slurm, so clusters in different DIRs do not meet. What is missing is installed with apt-get.
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"     # where Debian keeps the daemons

die() { echo "cluster.sh: $*" >&2; exit 1; }

# A daemon's process id, if the process in its pid file is alive and ours: pids are reused, a command line naming
# DIR is not.
pid_of() {
    local pid
    pid=$(cat "$dir/$1.pid" 2>/dev/null) && grep -qF "$dir/" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

install_missing() {
    local needed present=true
    for needed in slurmctld slurmd munged sbatch ip; do
        command -v "$needed" >/dev/null || present=false
    done
    $present && return
    command -v apt-get >/dev/null ||
        die "SLURM and ip are not both installed, and only on a machine with apt-get can they be here."
    local log packages=(slurm-wlm munge iproute2)
    log=$(mktemp)
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"; } \
        >"$log" 2>&1 </dev/null || die "apt-get could not install ${packages[*]}: $(tail -n 15 "$log")"
    rm -f "$log"
}

free_ports() {  # two different ones, asked of the operating system
    python3 -c 'import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[s.getsockname()[1] for s in held])'
}

# The namespaces and links bear a tag of DIR in their names, for what is stopped must be found again.
namespace() { echo "slurm-$tag-$1"; }
link() { echo "sl$tag-${1#node}"; }     # at most 15 characters

# Addresses for tests of networks, of which a bridge takes the first 256 that none on this machine has.
free_network() {
    local number=$((16#$tag % 256))
    while ip -4 -oneline address | grep -qF " 198.18.$number."; do
        number=$(((number + 1) % 256))
    done
    echo "198.18.$number"
}

build_network() {
    local node number=1
    network=$(free_network)
    ip link add name "$bridge" type bridge
    ip address add "$network.254/24" dev "$bridge"
    ip link set "$bridge" up
    for node in "${nodes[@]}"; do
        ip netns add "$(namespace "$node")"
        ip link add "$(link "$node")" type veth peer name eth0 netns "$(namespace "$node")"
        ip link set "$(link "$node")" master "$bridge" up
        ip -n "$(namespace "$node")" address add "$network.$number/24" dev eth0
        ip -n "$(namespace "$node")" link set eth0 up
        ip -n "$(namespace "$node")" link set lo up
        number=$((number + 1))
    done
}

remove_network() {
    local space
    for space in $(ip netns list | awk '{print $1}' | grep "^slurm-$tag-"); do
        kill_all_in "$space"
        ip link del "$(link "${space##*-}")"
        ip netns del "$space"
    done
    ip link del "$bridge" 2>/dev/null || true
}

kill_all_in() {     # a namespace
    local pids
    while pids=$(ip netns pids "$1") && [[ -n $pids ]]; do
        kill -KILL $pids 2>/dev/null || true
        sleep 0.1
    done
}

write_config() {
    local host user ports version cpus mem_mb node number=1
    host=$(hostname -s) user=$(id -un) version=$(slurmctld -V)
    ports=($(free_ports))
    cpus=${CLUSTER_CPUS:-$(env -u OMP_NUM_THREADS nproc)}   # else nproc says how many threads OpenMP may have
    mem_mb=${CLUSTER_MEM_MB:-$(awk -v n="${#nodes[@]}" '/^MemTotal:/ {print int($2 / 1024 / n)}' /proc/meminfo)}
    head -c 1024 /dev/urandom >"$dir/munge.key"
    chmod 600 "$dir/munge.key"

    # No control groups and no accounting database: neither is to be had in a bare container. Memory is polled every
    # second, and who holds more than asked for is killed. Ended jobs stay in sight for an hour (MinJobAge): tests look
    # at them. The scheduler does not wait to gather jobs, and a job that no node can ever hold is refused, not left
    # pending. A requeued job waits until its credentials have expired (cred_expire), two minutes if not told better.
    cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host($network.254)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket,cred_expire=10
CryptoType=crypto/munge
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/%n.log
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmdTimeout=10
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,sched_interval=1
EnforcePartLimits=ALL
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
MinJobAge=3600
KillWait=5
GresTypes=gpu
PartitionName=DEFAULT Nodes=ALL MaxTime=7-0 DefMemPerCPU=512 State=UP
PartitionName=main Default=YES
PartitionName=spare PreemptMode=CANCEL
PartitionName=urgent PriorityTier=2 PreemptMode=OFF
PartitionName=short MaxTime=10
PartitionName=theirs AllowAccounts=others
CONF
    for node in "${nodes[@]}"; do
        echo "NodeName=$node NodeAddr=$network.$number CPUs=$cpus RealMemory=$mem_mb Gres=gpu:1 State=UNKNOWN"
        number=$((number + 1))
    done >>"$dir/slurm.conf"
    # A pretended GPU: SLURM wants a device file for it and does not open it.
    echo 'Name=gpu File=/dev/null' >"$dir/gres.conf"
    # SLURM 23.11 and later set up control groups unless told not to; earlier ones do not know the word.
    : >"$dir/cgroup.conf"
    [[ "$(printf '%s\n' 23.11 "${version##* }" | sort -V | head -n 1)" != 23.11 ]] ||
        echo CgroupPlugin=disabled >"$dir/cgroup.conf"
}

# Snakemake's executor starts each job's step with a srun that is denied every SLURM_ variable but a few, SLURM_CONF
# among the denied; this one, first on PATH, still finds the cluster.
write_srun() {
    mkdir -p "$dir/bin"
    printf '#!/bin/bash\nSLURM_CONF=%q exec %q "$@"\n' "$SLURM_CONF" "$(PATH=${PATH//"$dir/bin:"/} command -v srun)" \
        >"$dir/bin/srun"
    chmod +x "$dir/bin/srun"
}

# The daemons go into the background by themselves; cut off from our stdin and stdout, they keep no pipe open that a
# caller waits on.
launch() {
    local name=$1
    shift
    "$@" </dev/null >>"$dir/$name.log" 2>&1 || die "$name did not start: $(tail -n 15 "$dir/$name.log")"
}

launch_controller() {   # further arguments go to it
    launch slurmctld slurmctld -f "$SLURM_CONF" "$@"
}

# Not by `ip netns exec`, which mounts a /sys of its own, without the control groups that slurmd looks for.
launch_node() {     # further arguments go to its daemon
    local node=$1
    shift
    launch "$node" nsenter --net="/var/run/netns/$(namespace "$node")" unshare --uts \
        bash -c 'hostname "$0" && exec slurmd "$@"' "$node" -f "$SLURM_CONF" "$@"
}

start() {
    local node
    [[ $(id -u) == 0 ]] || die "only root can start it: its nodes are network namespaces."
    # slurm.conf has no quoting, and a socket's path at most 107 bytes.
    [[ $dir != *[[:space:]#\",]* && ${#dir} -le 85 ]] ||
        die "DIR must be a path of at most 85 characters without spaces, quotes, commas or #, not '$dir'."
    install_missing
    mkdir -p "$dir"/{state,spool}
    chmod a+x "$dir"        # munge wants its socket in reach of everybody
    export SLURM_CONF="$dir/slurm.conf"
    if ! all_alive; then
        stop
        trap stop EXIT      # on failure leave no daemon behind, only the logs
        rm -f "$dir"/*.log
        nodes=($(seq --format=node%g "${CLUSTER_NODES:-2}"))
        build_network
        write_config
        write_srun
        launch munged munged --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
            --log-file="$dir/munged.log" --seed-file="$dir/munge.seed" --num-threads=2
        launch_controller -c            # as a new cluster, forgetting an earlier one's jobs
        for node in "${nodes[@]}"; do
            launch_node "$node" -c
        done
    fi
    for node in "${nodes[@]}"; do
        await "$node"
    done
    trap - EXIT
    printf 'export SLURM_CONF=%q\n' "$SLURM_CONF"
    [[ $PATH == "$dir/bin:"* ]] || printf 'export PATH=%q:"$PATH"\n' "$dir/bin"
}

all_alive() {
    local name
    for name in munged slurmctld "${nodes[@]}"; do
        pid_of "$name" >/dev/null || return
    done
}

await() {   # a node
    local state= deadline=$((SECONDS + 60))
    until [[ $state =~ ^(idle|mixed|allocated)$ ]]; do
        (( SECONDS < deadline )) || die "$1 is '$state', not idle, after a minute: $(sinfo -R 2>&1)
$(tail -n 15 "$dir/slurmctld.log" "$dir/$1.log" 2>&1)"
        sleep 0.3
        state=$(sinfo --noheader --Node --nodes="$1" --partition=main --format=%T 2>/dev/null) || true
    done
}

pause() {
    end slurmctld
}

# The controller comes back with the state that it saved.
restart() {
    export SLURM_CONF="$dir/slurm.conf"
    local deadline=$((SECONDS + 60))
    pause
    launch_controller
    until scontrol ping >/dev/null; do
        (( SECONDS < deadline )) || die "slurmctld does not answer: $(tail -n 15 "$dir/slurmctld.log")"
        sleep 0.3
    done
}

unplug() {
    ip link set "$(link "$1")" down
}

plug() {
    export SLURM_CONF="$dir/slurm.conf"
    ip link set "$(link "$1")" up
    pid_of "$1" >/dev/null || launch_node "$1"
}

fail() {
    unplug "$1"
    kill_all_in "$(namespace "$1")"
}

# As a machine that is started anew: what runs there still is gone.
mend() {
    fail "$1"
    plug "$1"
}

stop() {
    export SLURM_CONF="$dir/slurm.conf"
    local name
    # Jobs outlive the daemons, so they go first, while there still is someone to end them.
    if all_alive; then
        scancel --user="$(id -un)" 2>/dev/null || true
        for _ in {1..50}; do
            [[ -n "$(squeue --noheader 2>/dev/null)" ]] || break
            sleep 0.2
        done
    fi
    for name in "${nodes[@]}" slurmctld munged; do
        end "$name"
    done
    remove_network
}

end() {     # a daemon; by force if it is still there ten seconds later
    local pid
    pid=$(pid_of "$1") || return 0
    kill "$pid" || true
    for _ in {1..50}; do
        pid_of "$1" >/dev/null || return 0
        sleep 0.2
    done
    kill -KILL "$pid" || true
}

case $#:${1-} in
    2:start | 2:pause | 2:restart | 2:stop | 3:unplug | 3:plug | 3:fail | 3:mend) ;;
    *) die "usage: cluster.sh start|pause|restart|stop DIR, or unplug|plug|fail|mend DIR NODE" ;;
esac
dir=$(realpath -m "$2")
tag=$(sha256sum <<<"$dir" | head -c 6)
bridge=sl$tag
nodes=($(sed -n 's/^NodeName=\([^ ]*\).*/\1/p' "$dir/slurm.conf" 2>/dev/null)) || true   # it was started with
[[ $# == 2 || " ${nodes[*]} " == *" $3 "* ]] || die "NODE is '$3'; expected one of ${nodes[*]}."
"$1" "${@:3}"
