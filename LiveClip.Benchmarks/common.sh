# What the benchmarks share: a folder of their own, media, and a LiveClip to measure. Sourced; expects root, and program and media to be set
# or empty.
# shellcheck shell=bash disable=SC2034,SC2154

folder=$(mktemp -d)
server_id=
stop_server() {
  if [[ -n $server_id ]]; then
    kill "$server_id" 2>/dev/null || true
    wait "$server_id" 2>/dev/null || true
    server_id=
  fi
}
trap 'stop_server; rm -rf "$folder"' EXIT

build() {
  dotnet build "$root/LiveClip.Benchmarks" -c Release -v quiet -nologo >"$folder/build.log" || { cat "$folder/build.log" && exit 1; }
  if [[ -z $program ]]; then
    program=$folder/program
    dotnet publish "$root/LiveClip.Web" -c Release -o "$program" -v quiet -nologo >"$folder/build.log" || { cat "$folder/build.log" && exit 1; }
  fi
}

# make_media MEGABITS: 18 s of 30 pictures a second, of which the loader sends 16 s round and round. Padded to the bit rate, so that a
# second costs as much as any other. One core, and done before anything is measured.
make_media() {
  local size=1920x1080 video=$(($1 * 1000 - 128)) file=$media/$1.flv
  [[ ! -e $file ]] || return 0
  (($1 >= 3)) || size=1280x720
  ffmpeg -v error -f lavfi -i "testsrc2=s=$size:r=30,noise=alls=12:allf=t" -f lavfi -i "sine=440:r=48000" -t 18 \
    -c:v libx264 -preset veryfast -pix_fmt yuv420p -bf 2 -g 60 -keyint_min 60 -sc_threshold 0 \
    -b:v "${video}k" -maxrate "${video}k" -bufsize "${video}k" -x264-params nal-hrd=cbr:threads=1 \
    -c:a aac -b:a 128k -ac 2 -y "$file.part.flv"
  mv "$file.part.flv" "$file"
}

# run_liveclip [COMMAND...]: a server over an empty data directory, behind a command such as taskset; where it listens is in http and rtmp, its
# process in server_id.
run_liveclip() {
  local secret
  secret=$(head -c 24 /dev/urandom | base64 | tr -dc 'A-Za-z0-9')
  export LiveClip__Bootstrap__TokenId=benchmark LiveClip__Bootstrap__TokenSecret=$secret
  export LiveClip__Bootstrap__AdminEmail=benchmark@example.com LiveClip__Bootstrap__AdminPassword="Aa1-$secret"
  # Also where the disk holds an hour of it only: what is measured is kept.
  export LiveClip__Storage__LowHours=0 LiveClip__Storage__CriticalHours=0
  "$@" dotnet "$program/LiveClip.Web.dll" --Urls http://127.0.0.1:0 --LiveClip:DataDirectory "$folder/data" \
    --LiveClip:Ingest:Address 127.0.0.1 --LiveClip:Ingest:RtmpPort 0 >"$folder/server.log" 2>&1 &
  server_id=$!
  until grep -qs 'Now listening on: http' "$folder/server.log"; do
    kill -0 "$server_id" 2>/dev/null || { cat "$folder/server.log" && exit 1; }
    sleep 0.1
  done
  rtmp=$(grep -o 'rtmp://127[0-9.:]*' "$folder/server.log")
  http=$(grep -o 'http://127[0-9.:]*' "$folder/server.log")
  # What a start does behind the first answer is no part of what is measured.
  sleep 3
}

# the_commit: what is measured, and on what.
the_commit() {
  local changes=''
  [[ -z $(git -C "$root" status --porcelain) ]] || changes=' with changes'
  echo "Commit $(git -C "$root" rev-parse --short HEAD)$changes, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores"
}
