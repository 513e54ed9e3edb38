# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Networks for the tests of reach: hosts, each behind a router of its own, and a
# public side with a STUN and TURN server, all of them network namespaces of
# this machine that end with the test. Nothing leaves them.
#
#     net_begin             the public side: a switch, two server addresses
#     net_host a cone       a host behind router 1, which is of that kind
#     net_host b open 46    one that is public itself, with both families
#     net_server            coturn, which answers when this returns
#     net_exec a COMMAND    runs a command on the host
#     net_end               in teardown: removes all of it
#
# Kinds of routers: `cone` keeps a port, so its mapping does not depend on where
# a packet goes; `symmetric` draws a port for each flow. Both let in only what
# answers. IPv6 has no NAT there but the same firewall, unless the kind ends in
# 66. Needs root; helper.bash of tests/cli is to be loaded first.

net=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SERVER4=198.51.100.1 SERVER6=2001:db8:0:1::1
OTHER4=198.51.100.2 OTHER6=2001:db8:0:1::2 # the server's second addresses
RELAY_USER=u RELAY_PASSWORD=p
ALLOCATED='ALLOCATE processed, success' # in the server's log

# ---- names and numbers -----------------------------------------------------

# $$ is one test's process, also in its subshells.
ns() {
    echo "rtc$$-$1"
}

number_of() {
    case $1 in
    a) echo 1 ;;
    b) echo 2 ;;
    *) echo "$1" ;;
    esac
}

router_of() {
    echo "router$(number_of "$1")"
}

# Addresses by the number of the router, or of the host where there is none.
router4() { echo "198.51.100.1$1"; }
router6() { echo "2001:db8:0:1::1$1"; }
public4() { echo "198.51.100.2$1"; }
public6() { echo "2001:db8:0:1::2$1"; }
inside4() { echo "10.0.$1"; }

# Global behind a firewall, private behind NAT.
inside6() { # NUMBER KIND
    case $2 in
    *66) echo "fd00:0:0:$1:" ;;
    *) echo "2001:db8:1:$1:" ;;
    esac
}

# ---- building blocks -------------------------------------------------------

# net_check [TOOL]...: sets `missing` to why the tests cannot run here; empty if
# they can. (setup_file cannot skip.)
net_check() {
    local tool
    missing=
    if [ "$(id -u)" != 0 ]; then
        missing='network namespaces need root'
        return
    fi
    for tool in ip nft ping python3 openssl turnserver "$@"; do
        [ -n "$(command -v "$tool")" ] || missing="$tool is not here"
    done
    [ -z "$missing" ] || return 0
    if ! ip netns add "$(ns try)" 2>/dev/null; then
        missing='network namespaces cannot be made here'
        return
    fi
    net_exec try nft -f - <<<"$(net_rules cone)" 2>/dev/null ||
        missing='the kernel has no nftables with masquerading'
    ip netns del "$(ns try)"
}

net_exec() { # NAME COMMAND...
    ip netns exec "$(ns "$1")" "${@:2}"
}

# net_start TRACE NAME COMMAND...: `start` on a host.
net_start() {
    start "$1" ip netns exec "$(ns "$2")" "${@:3}"
}

# net_ip NAME: lines for ip(8) on stdin.
net_ip() {
    ip -n "$(ns "$1")" -batch -
}

net_namespace() { # NAME
    ip netns list | grep -qw "$(ns "$1")" && return
    ip netns add "$(ns "$1")"
    net_exec "$1" sysctl -qw net.ipv4.ip_forward=0 \
        net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
        net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0
    net_ip "$1" <<<'link set lo up'
}

# A cable from an interface to a switch.
net_cable() { # NAME INTERFACE SWITCH'S-NAME SWITCH PORT
    ip link add "$2" netns "$(ns "$1")" type veth \
        peer name "$5" netns "$(ns "$3")"
    net_ip "$3" <<<"link set $5 master $4 up"
    net_ip "$1" <<<"link set $2 up"
}

# It keeps its address: one that is not told takes the lowest of its cables, and
# a new cable would make what the neighbours remember wrong for half a minute.
net_switch() { # NAME SWITCH
    net_ip "$1" <<END
link add $2 address 02:00:00:00:00:01 type bridge stp_state 0 mcast_snooping 0
link set $2 up
END
}

# ---- the public side -------------------------------------------------------

# What is routed nowhere is sent into a cable without an end: the real Internet
# gives no error for a private address either, and coturn would take one.
net_begin() {
    net_end
    net_namespace public
    net_exec public sysctl -qw net.ipv4.ip_forward=1 \
        net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.send_redirects=0 \
        net.ipv4.conf.default.send_redirects=0
    net_switch public wan
    net_ip public <<END
addr add $SERVER4/24 dev wan
addr add $OTHER4/24 dev wan
addr add $SERVER6/64 dev wan nodad
addr add $OTHER6/64 dev wan nodad
link add nowhere type veth peer name end
link set end up
link set nowhere up
addr add 192.0.2.1/30 dev nowhere
addr add fd00:dead::1/64 dev nowhere nodad
neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev nowhere nud permanent
neigh add fd00:dead::2 lladdr 02:00:00:00:00:02 dev nowhere nud permanent
route add default via 192.0.2.2
route add default via fd00:dead::2
END
}

# Removes what this test made, processes first.
net_end() {
    local name pid
    while read -r name _; do
        case $name in rtc$$-*) ;; *) continue ;; esac
        for pid in $(ip netns pids "$name"); do
            kill -KILL "$pid" 2>/dev/null || true
        done
        ip netns del "$name" || true
    done < <(ip netns list 2>/dev/null)
}

# ---- routers and hosts -----------------------------------------------------

# The rules of a router. A packet from outside to its own address is dropped
# before it can be remembered as a flow: it would move the mapping of the host
# that is about to send the other way. One from inside with an address of
# somewhere else is dropped, as a provider does (BCP 38).
net_rules() { # KIND
    local which='meta nfproto ipv4' how=
    case $1 in *66) which= ;; esac
    case $1 in symmetric*) how='random,fully-random' ;; esac
    cat <<END
table inet router {
    chain own {
        type filter hook input priority filter
        iifname "wan" meta l4proto != ipv6-icmp ct state new,invalid drop
    }
    chain through {
        type filter hook forward priority filter; policy drop
        iifname "lan" fib saddr . iif oif missing drop
        ct state established,related accept
        iifname "lan" accept
    }
    chain out {
        type nat hook postrouting priority srcnat
        oifname "wan" $which masquerade $how
    }
}
END
}

net_router() { # NUMBER KIND
    local n=$1 router
    router=$(router_of "$n")
    net_namespace "$router"
    net_exec "$router" sysctl -qw net.ipv4.ip_forward=1 \
        net.ipv6.conf.all.forwarding=1
    net_cable "$router" wan public wan "port$n"
    net_switch "$router" lan
    net_ip "$router" <<END
addr add $(router4 "$n")/24 dev wan
addr add $(router6 "$n")/64 dev wan nodad
addr add $(inside4 "$n").1/24 dev lan
addr add $(inside6 "$n" "$2"):1/64 dev lan nodad
route add default via $SERVER4
route add default via $SERVER6
END
    case $2 in
    *66) ;;
    *) net_ip public <<END ;;
route add $(inside6 "$n" "$2"):/64 via $(router6 "$n")
END
    esac
    net_exec "$router" nft -f - <<<"$(net_rules "$2")"
}

# net_host NAME KIND [FAMILIES [NUMBER]]: a host, or a further uplink of one,
# and its router. FAMILIES is 4 (default), 6 or 46.
net_host() {
    local n=${4:-$(number_of "$1")} families=${3:-4}
    net_namespace "$1"
    if [ "$2" = open ]; then
        net_cable "$1" "eth$n" public wan "port$n"
        net_address "$1" "eth$n" "$families" "$(public4 "$n")" "$SERVER4" \
            "$(public6 "$n")" "$SERVER6"
    else
        net_router "$n" "$2"
        net_cable "$1" "eth$n" "$(router_of "$n")" lan host
        net_address "$1" "eth$n" "$families" \
            "$(inside4 "$n").2" "$(inside4 "$n").1" \
            "$(inside6 "$n" "$2"):2" "$(inside6 "$n" "$2"):1"
    fi
}

# net_neighbour NAME NUMBER: a host on the network inside of that router.
net_neighbour() {
    net_namespace "$1"
    net_cable "$1" eth0 "$(router_of "$2")" lan neighbour
    net_address "$1" eth0 46 "$(inside4 "$2").3" "$(inside4 "$2").1" \
        "$(inside6 "$2" cone):3" "$(inside6 "$2" cone):1"
}

net_address() { # NAME INTERFACE FAMILIES ADDRESS4 GATEWAY4 ADDRESS6 GATEWAY6
    case $3 in
    *4*) net_ip "$1" <<END ;;
addr add $4/24 dev $2
route add default via $5 dev $2
END
    esac
    case $3 in
    *6*) net_ip "$1" <<END ;;
addr add $6/64 dev $2 nodad
route add default via $7 dev $2
END
    esac
}

# Takes an interface's addresses, and with them its routes.
net_lose() { # NAME INTERFACE
    ip -n "$(ns "$1")" address flush dev "$2" scope global
    ip -n "$(ns "$1")" -6 route flush dev "$2"
}

# net_unplug, net_plug NUMBER: the cable from the public switch to there.
net_unplug() { net_ip public <<<"link set port$1 down"; }
net_plug() { net_ip public <<<"link set port$1 up"; }

# net_block_udp NAME [PORT...]: no UDP passes. With ports, only those of TCP at
# the server do, through the host's router; without, TCP is free.
net_block_udp() {
    local name=$1 ports
    shift
    if [ $# -eq 0 ]; then
        net_exec "$name" nft -f - <<END
table inet blocked {
    chain in {
        type filter hook input priority filter
        meta l4proto udp drop
    }
}
END
        return
    fi
    ports=$(IFS=, && echo "$*")
    net_exec "$(router_of "$name")" nft -f - <<END
table inet blocked {
    chain through {
        type filter hook forward priority filter - 10
        meta l4proto udp drop
        iifname "lan" ip daddr $SERVER4 tcp dport { $ports } accept
        iifname "lan" ip6 daddr $SERVER6 tcp dport { $ports } accept
        iifname "lan" meta l4proto tcp drop
    }
}
END
}

# net_forward NAME FIRST-LAST: the router lets those UDP ports in.
net_forward() {
    local n
    n=$(number_of "$1")
    net_exec "$(router_of "$n")" nft -f - <<END
define mine = $(router4 "$n")
define inside = $(inside4 "$n").2
table inet forwarded {
    chain in {
        type nat hook prerouting priority dstnat
        iifname "wan" ip daddr \$mine udp dport $2 dnat ip to \$inside
    }
}
insert rule inet router through iifname "wan" ct status dnat accept
END
}

# ---- the server ------------------------------------------------------------

# cert.pem and key.pem of the server, which is also its own authority.
net_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout key.pem -out cert.pem -days 2 -subj /CN=turn.test \
        -addext "subjectAltName=IP:$SERVER4,IP:$SERVER6" 2>openssl.err
}

# Starts coturn; its log is turn.out. Returns when it answers.
net_server() {
    [ -s cert.pem ] || net_certificate
    net_start turn public turnserver -n --no-cli -v --log-file stdout \
        --simple-log --userdb "$PWD/turndb" --pidfile "$PWD/turn.own" \
        --listening-ip "$SERVER4" --listening-ip "$OTHER4" \
        --listening-ip "$SERVER6" --listening-ip "$OTHER6" \
        --relay-ip "$SERVER4" --relay-ip "$SERVER6" \
        --relay-threads 1 --lt-cred-mech \
        --user "$RELAY_USER:$RELAY_PASSWORD" --realm r \
        --cert "$PWD/cert.pem" --pkey "$PWD/key.pem"
    wait_until "$LIMIT" net_server_answers
}

net_server_answers() {
    net_exec public python3 "$net/probe.py" mapping "$SERVER4" 3478 \
        >/dev/null 2>&1 &&
        net_exec public python3 "$net/probe.py" mapping "$SERVER6" 3478 \
            >/dev/null 2>&1
}

# As by a crash: no allocation is given back.
net_server_kill() {
    signal_to turn KILL
    wait_for_file turn.status
}

# How many allocations the server has made.
allocations() {
    grep "$ALLOCATED" turn.out | grep -o 'session [0-9]*' | sort -u | wc -l
}
