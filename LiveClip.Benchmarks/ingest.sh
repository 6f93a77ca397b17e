#!/usr/bin/env bash
# Publishes to LiveClip and to nginx with its RTMP module, one after the other, and prints what a stream costs each of them, as Markdown.
# Both record everything and write two-second HLS segments. The server has the machine's first core to itself, the loader the second.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
  cat <<'USAGE'
LiveClip.Benchmarks/ingest.sh [OPTION VALUE]...

  --streams "10 40"            how many publish at a time
  --megabits "1 6"             what each of them sends, per second
  --warm-up 60                 seconds before it is measured: .NET takes most of them to compile its hot paths
  --seconds 40                 that are measured
  --servers "nginx liveclip"   which are measured; ratios are to the first
  --program FOLDER             a published LiveClip to measure; by default this source is built
  --media FOLDER               where the media is made, and kept for the next time; by default it is made anew
USAGE
}

streams="10 40" megabits="1 6" warm_up=60 seconds=40 servers="nginx liveclip" program='' media=''
while (($#)); do
  case $1 in
    --streams) streams=$2 ;;
    --megabits) megabits=$2 ;;
    --warm-up) warm_up=$2 ;;
    --seconds) seconds=$2 ;;
    --servers) servers=$2 ;;
    --program) program=$(realpath "$2") ;;
    --media) mkdir -p "$2" && media=$(realpath "$2") ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done

# shellcheck source=LiveClip.Benchmarks/common.sh
source "$root/LiveClip.Benchmarks/common.sh"
# shellcheck source=LiveClip.Benchmarks/nginx.sh
source "$root/LiveClip.Benchmarks/nginx.sh"
media=${media:-$folder}

start_liveclip() {
  run_liveclip taskset -c 0
  target=("$rtmp/live")
  api=("$http")
}

# measure SERVER STREAMS MEGABITS: one row of the table.
measure() {
  "start_$1"
  local result written
  result=$(taskset -c 1 dotnet "$root/LiveClip.Benchmarks/bin/Release/net10.0/LiveClip.Benchmarks.dll" \
    ingest "${target[0]}" "$media/$3.flv" "$2" "$server_id" "$warm_up" "$seconds" "${api[@]}")
  # Files may go while they are counted.
  written=$({ du -sb "$folder/data" 2>/dev/null || true; } | cut -f1)
  stop_server
  rm -rf "$folder/data"
  local cpu=${result%% *}
  [[ $1 == "${servers%% *}" ]] && first_cpu=$cpu
  # LiveClip keeps six target durations of 2 s in memory, and the open segment: 13 s of media on average.
  awk -v server="$1" -v streams="$2" -v megabits="$3" -v first="$first_cpu" -v window="$([[ $1 == liveclip ]] && echo 13 || echo 0)" \
    -v written="$written" '{
      mib = 1048576; memory = ($4 - $3) / streams / mib
      printf "| %d | %d | %s | %.3f | %.2f | %.1f | %.1f | %.1f / %.1f / %.1f | %.3f | %.1f |\n", streams, megabits, server, $1, $1 / first,
        memory, memory - window * megabits * 1e6 / 8 / mib, $5, $6, $7, $2, written / streams / mib }' <<<"$result"
}

install_missing "$servers"
build
for rate in $megabits; do
  make_media "$rate"
done

echo "$(the_commit), nginx $(nginx -v 2>&1 | cut -d/ -f2); $warm_up s warm-up, $seconds s measured."
echo
echo "| streams | Mbps | server | CPU s / stream-minute | ratio | memory MiB / stream | beyond its window |" \
  "send lag ms p50 / p99 / max | loader CPU s / stream-minute | written MiB / stream |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for count in $streams; do
  for rate in $megabits; do
    for server in $servers; do
      measure "$server" "$count" "$rate"
    done
  done
done
