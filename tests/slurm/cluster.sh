#!/usr/bin/env bash
# A real one-node SLURM on this machine's loopback, for tests.
#
#   eval "$(tests/slurm/cluster.sh start DIR)"   # start it (or find it running) and point SLURM's commands at it
#   tests/slurm/cluster.sh pause DIR             # end its controller; jobs run on
#   tests/slurm/cluster.sh restart DIR           # start its controller again, ended if need be
#   tests/slurm/cluster.sh stop DIR              # cancel its jobs and stop its daemons
#
# Configuration, munge key and socket, state and logs lie below DIR, the ports are free ones, and nothing is read
# from /etc/slurm, so clusters in different DIRs do not meet. What is missing is installed with apt-get (as root).
# CLUSTER_CPUS and CLUSTER_MEM_MB pretend another size than the machine's: SLURM then hands out that much of both.
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
    command -v slurmctld slurmd munged sbatch >/dev/null && return
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null ||
        die "SLURM is not installed, and only root on a machine with apt-get can install it here."
    local log
    log=$(mktemp)
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends slurm-wlm munge; } \
        >"$log" 2>&1 </dev/null || die "apt-get could not install slurm-wlm and munge: $(tail -n 15 "$log")"
    rm -f "$log"
}

free_ports() {  # two different ones, asked of the operating system
    python3 -c 'import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[s.getsockname()[1] for s in held])'
}

write_config() {
    local host user ports version
    host=$(hostname -s) user=$(id -un) version=$(slurmctld -V)
    ports=($(free_ports))
    head -c 1024 /dev/urandom >"$dir/munge.key"
    chmod 600 "$dir/munge.key"

    # No control groups and no accounting database: neither is to be had in a bare container. Memory is polled every
    # second, and who holds more than asked for is killed. Ended jobs stay in sight for an hour (MinJobAge): tests look
    # at them. The scheduler does not wait to gather jobs, and a job that no node can ever hold is refused, not left
    # pending. A requeued job waits until its credentials have expired (cred_expire), two minutes if not told better.
    cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket,cred_expire=10
CryptoType=crypto/munge
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
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
ReturnToService=2
MinJobAge=3600
KillWait=5
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$mem_mb Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=7-0 DefMemPerCPU=512 State=UP
PartitionName=short Nodes=$host MaxTime=10 DefMemPerCPU=512 State=UP
PartitionName=theirs Nodes=$host AllowAccounts=others DefMemPerCPU=512 State=UP
CONF
    # Two pretend GPUs: SLURM wants a device file for each and opens neither.
    printf 'Name=gpu File=%s\n' /dev/null /dev/zero >"$dir/gres.conf"
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

start() {
    # slurm.conf has no quoting, and a socket's path at most 107 bytes.
    [[ $dir != *[[:space:]#\",]* && ${#dir} -le 85 ]] ||
        die "DIR must be a path of at most 85 characters without spaces, quotes, commas or #, not '$dir'."
    install_missing
    mkdir -p "$dir"/{state,spool}
    chmod a+x "$dir"        # munge wants its socket in reach of everybody
    export SLURM_CONF="$dir/slurm.conf"
    if ! { pid_of munged && pid_of slurmctld && pid_of slurmd; } >/dev/null; then
        stop
        trap stop EXIT      # on failure leave no daemon behind, only the logs
        rm -f "$dir"/*.log
        write_config
        write_srun
        launch munged munged --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
            --log-file="$dir/munged.log" --seed-file="$dir/munge.seed" --num-threads=2
        launch_controller -c            # as a new cluster, forgetting an earlier one's jobs
        launch slurmd slurmd -c -f "$SLURM_CONF"
    fi
    await_node
    trap - EXIT
    printf 'export SLURM_CONF=%q\n' "$SLURM_CONF"
    [[ $PATH == "$dir/bin:"* ]] || printf 'export PATH=%q:"$PATH"\n' "$dir/bin"
}

await_node() {
    local state= deadline=$((SECONDS + 60))
    until [[ $state =~ ^(idle|mixed|allocated)$ ]]; do
        (( SECONDS < deadline )) || die "the node is '$state', not idle, after a minute: $(sinfo -R 2>&1)
$(tail -n 15 "$dir/slurmctld.log" "$dir/slurmd.log" 2>&1)"
        sleep 0.3
        state=$(sinfo --noheader --format=%T 2>/dev/null) || true
    done
}

pause() {
    end slurmctld
}

# The controller comes back with the state that it saved.
restart() {
    export SLURM_CONF="$dir/slurm.conf"
    pause
    launch_controller
    await_node
}

stop() {
    export SLURM_CONF="$dir/slurm.conf"
    local name
    # Jobs outlive the daemons, so they go first, while there still is someone to end them.
    if { pid_of slurmctld && pid_of slurmd; } >/dev/null; then
        scancel --user="$(id -un)" 2>/dev/null || true
        for _ in {1..50}; do
            [[ -n "$(squeue --noheader 2>/dev/null)" ]] || break
            sleep 0.2
        done
    fi
    for name in slurmd slurmctld munged; do
        end $name
    done
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

[[ $# == 2 && $1 =~ ^(start|pause|restart|stop)$ ]] || die "usage: cluster.sh start|pause|restart|stop DIR"
dir=$(realpath -m "$2")
cpus=${CLUSTER_CPUS:-$(env -u OMP_NUM_THREADS nproc)}    # else nproc says how many threads OpenMP may have
mem_mb=${CLUSTER_MEM_MB:-$(awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo)}
"$1"
