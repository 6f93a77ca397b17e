#!/usr/bin/env bash
# Publishes one stream in real time and lets low-latency viewers watch it on loopback, and prints what they wait for, as Markdown: first
# without viewers, then with them, then with some of them that stop reading. The server has two cores, and the loader lives on the second.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
  cat <<'USAGE'
LiveClip.Benchmarks/viewers.sh [OPTION VALUE]...

  --viewers 500       how many watch
  --stopped 50        how many of them stop reading at last
  --megabits 3        what the stream has, per second
  --warm-up 60        seconds before it is measured, without viewers and with them: .NET compiles its hot paths meanwhile
  --seconds 40        that are measured, for each row
  --program FOLDER    a published LiveClip to measure; by default this source is built
  --media FOLDER      where the media is made, and kept for the next time; by default it is made anew
USAGE
}

viewers=500 stopped=50 megabits=3 warm_up=60 seconds=40 program='' media=''
while (($#)); do
  case $1 in
    --viewers) viewers=$2 ;;
    --stopped) stopped=$2 ;;
    --megabits) megabits=$2 ;;
    --warm-up) warm_up=$2 ;;
    --seconds) seconds=$2 ;;
    --program) program=$(realpath "$2") ;;
    --media) mkdir -p "$2" && media=$(realpath "$2") ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done

# shellcheck source=LiveClip.Benchmarks/common.sh
source "$root/LiveClip.Benchmarks/common.sh"
media=${media:-$folder}

build
make_media "$megabits"
# A connection for the playlist and one for parts, each.
ulimit -n "$(ulimit -Hn)"

echo "$(the_commit); one stream of $megabits Mbps, $warm_up s warm-up, $seconds s measured; times are p50 / p99 / maximum in ms."
echo
echo "| viewers | playlist after its picture was sent | playlist after the first viewer had it | part after it was asked for | late parts |" \
  "answers | server CPU % of a core | memory MiB | send lag | loader CPU % |"
echo "|---|---|---|---|---|---|---|---|---|---|"
run_liveclip taskset -c 0,1
taskset -c 1 dotnet "$root/LiveClip.Benchmarks/bin/Release/net10.0/LiveClip.Benchmarks.dll" \
  viewers "$http" "$rtmp/live" "$media/$megabits.flv" "$viewers" "$stopped" "$server_id" "$warm_up" "$seconds"
stop_server
