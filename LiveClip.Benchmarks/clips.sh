#!/usr/bin/env bash
# Clips 30 s of 1080p30 out of recordings of different length, with LiveClip and with ffmpeg, one after the other on all cores, and prints how
# long each takes, as Markdown: LiveClip from the API call until the clip is ready, ffmpeg as a process that is started for it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
  cat <<'USAGE'
LiveClip.Benchmarks/clips.sh [OPTION VALUE]...

  --minutes "10 120"      how long the recordings are that are clipped
  --rounds 20             clips of each kind
  --program FOLDER        a published LiveClip to measure; by default this source is built
  --media FOLDER          where the media is made, and kept for the next time; by default it is made anew
USAGE
}

minutes="10 120" rounds=20 program='' media=''
while (($#)); do
  case $1 in
    --minutes) minutes=$2 ;;
    --rounds) rounds=$2 ;;
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
make_media 6
echo "$(the_commit), $(ffmpeg -version | sed -n '1s/^ffmpeg version \([^ ]*\).*/ffmpeg \1/p'); 30 s of 1080p30, 6 Mbit/s, a sync sample every 2 s."
echo
# shellcheck disable=SC2016
echo '| recording | clip | p50 ms | least … most ms | to `ffmpeg -c copy` | to an exact re-encode |'
echo '|---|---|---|---|---|---|'
for length in $minutes; do
  ffmpeg -v error -stream_loop $((length * 60 / 16)) -t $((length * 60)) -i "$media/6.flv" -c copy -y "$folder/whole.mp4"
  run_liveclip env
  dotnet "$root/LiveClip.Benchmarks/bin/Release/net10.0/LiveClip.Benchmarks.dll" \
    clips "$http" "$rtmp/live" "$media/6.flv" "$length" "$rounds" "$server_id" "$folder/whole.mp4"
  stop_server
  rm -rf "$folder/data" "$folder/whole.mp4"
done
