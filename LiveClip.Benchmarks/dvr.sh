#!/usr/bin/env bash
# Writes the playlist over many hours of a recording on air, a segment longer each time, and prints what that costs, as Markdown.   dvr.sh [HOURS]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=- media=-
# shellcheck source=LiveClip.Benchmarks/common.sh
source "$root/LiveClip.Benchmarks/common.sh"

build
echo "$(the_commit); ${1:-12} hours of segments of 2 s; times in ms, p50 / maximum, sizes in KiB."
echo
echo "| playlist | first | then | to pack | plain | gzip |"
echo "|---|---|---|---|---|---|"
dotnet "$root/LiveClip.Benchmarks/bin/Release/net10.0/LiveClip.Benchmarks.dll" dvr "${1:-12}"
