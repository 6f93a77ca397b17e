#!/usr/bin/env bash
# How far viewers are behind what an encoder sends, in real time and on loopback: from the last byte of a picture to the playlist that lists
# its part, and to a canvas in Chromium that hls.js plays to, beside plain HLS of nginx with its RTMP module. Prints Markdown.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
  cat <<'USAGE'
LiveClip.Benchmarks/latency.sh [OPTION VALUE]...

  --measures "listed shown"    until a part is listed, until a picture is shown
  --servers "nginx liveclip"   in which pictures are shown
  --warm-up 30                 seconds before it is measured
  --seconds 60                 that are measured, for each row
  --program FOLDER             a published LiveClip to measure; by default this source is built
  --media FOLDER               where the media is made, and kept for the next time; by default it is made anew
USAGE
}

measures="listed shown" servers="nginx liveclip" warm_up=30 seconds=60 program='' media=''
while (($#)); do
  case $1 in
    --measures) measures=$2 ;;
    --servers) servers=$2 ;;
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
# shellcheck source=LiveClip.Benchmarks/nginx.sh
source "$root/LiveClip.Benchmarks/nginx.sh"
media=${media:-$folder}
hls=$root/LiveClip.Web/node_modules/hls.js/dist/hls.min.js
loader=$root/LiveClip.Benchmarks/bin/Release/net10.0/LiveClip.Benchmarks.dll

# Each picture has its number in the loop as a bar code: a column of two boxes for each of ten bits, the upper one white for 1, else the
# lower one. Without B pictures: what is sent is shown next.
make_bar_code() {
  local boxes='' bit column
  [[ ! -e $media/bar-code.flv ]] || return 0
  for bit in {0..9}; do
    column="drawbox=x=$((bit * 64)):w=64:h=45:t=fill"
    boxes+=",$column:y=0:color=white:enable='gte(mod(n,$((2 ** (bit + 1)))),$((2 ** bit)))'"
    boxes+=",$column:y=45:color=white:enable='lt(mod(n,$((2 ** (bit + 1)))),$((2 ** bit)))'"
  done
  ffmpeg -v error -f lavfi -i "testsrc2=s=640x360:r=30,drawbox=w=640:h=90:color=black:t=fill$boxes" -f lavfi -i "sine=440:r=48000" -t 18 \
    -c:v libx264 -preset veryfast -pix_fmt yuv420p -bf 0 -g 60 -keyint_min 60 -sc_threshold 0 -b:v 1000k -maxrate 1000k -bufsize 1000k \
    -c:a aac -b:a 128k -ac 2 -y "$media/bar-code.part.flv"
  mv "$media/bar-code.part.flv" "$media/bar-code.flv"
}

# shown NAME ADDRESS
shown() {
  dotnet "$loader" shown "$1" "$2" "${target[0]}" "$media/bar-code.flv" "$hls" "$(command -v chromium)" "$warm_up" "$seconds"
}

[[ $measures == *shown* ]] || servers=''
install_missing "$servers"
build
make_bar_code
echo "$(the_commit); GOP of 2 s, 30 pictures a second; $warm_up s warm-up, $seconds s measured."
echo
echo "| server | a picture is | pictures | p50 ms | p95 ms | p99 ms | maximum ms |"
echo "|---|---|---|---|---|---|---|"
if [[ $measures == *listed* ]]; then
  run_liveclip taskset -c 0
  taskset -c 1 dotnet "$loader" listed "$http" "$rtmp/live" "$media/bar-code.flv" "$warm_up" "$seconds"
  stop_server
  rm -rf "$folder/data"
fi

for server in $servers; do
  if [[ $server == nginx ]]; then
    start_nginx
    shown "nginx, plain HLS" "$playlists/stream.m3u8"
  else
    run_liveclip taskset -c 0
    target=("$rtmp/live")
    shown LiveClip "$http"
  fi

  stop_server
  rm -rf "$folder/data"
done
