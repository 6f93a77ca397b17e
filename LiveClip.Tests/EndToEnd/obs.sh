#!/usr/bin/env bash
# Publishes with a real OBS under a virtual screen, kills it in the middle, lets it come back, and looks at what was recorded: one
# recording with two runs, whose clip decodes without an error. By hand, for OBS and its screen are too much for every run of the tests.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
for command in obs Xvfb ffmpeg curl node; do
  if ! command -v "$command" >/dev/null; then
    echo "Skipped: $command is not here (apt-get install obs-studio xvfb ffmpeg curl nodejs)."
    exit 0
  fi
done

folder=$(mktemp -d)
started=()
finish() {
  for id in "${started[@]}"; do
    kill "$id" 2>/dev/null || true
    wait "$id" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap finish EXIT

fail() {
  echo "Failed: $*"
  tail -5 "$folder/server.log"
  grep -iE 'error|fail' "$folder/obs.log" | tail -5
  exit 1
}

# within SECONDS WHAT COMMAND...: waits until the command succeeds.
within() {
  local end=$((SECONDS + $1))
  until "${@:3}" >/dev/null 2>&1; do
    ((SECONDS < end)) || fail "$2 within $1 s"
    sleep 0.2
  done
}

# json EXPRESSION: of the API's answer on standard input.
json() {
  node -e 'const { data } = JSON.parse(require("fs").readFileSync(0)); console.log(eval(process.argv[1]))' "$1"
}

api() {
  curl -sS --config "$folder/curl" -H 'Content-Type: application/json' "$http/v1/$1" "${@:2}"
}

start_server() {
  local secret
  secret=$(head -c 24 /dev/urandom | base64 | tr -dc 'A-Za-z0-9')
  printf 'user = "obs:%s"\n' "$secret" >"$folder/curl"
  export LiveClip__Bootstrap__TokenId=obs LiveClip__Bootstrap__TokenSecret=$secret
  export LiveClip__Bootstrap__AdminEmail=obs@example.com LiveClip__Bootstrap__AdminPassword="Aa1-$secret"
  dotnet "$root/LiveClip.Web/bin/Debug/net10.0/LiveClip.Web.dll" --Urls http://127.0.0.1:0 --LiveClip:DataDirectory "$folder/data" \
    --LiveClip:Ingest:Address 127.0.0.1 --LiveClip:Ingest:RtmpPort 0 >"$folder/server.log" 2>&1 &
  started+=($!)
  within 60 'the server listens' grep -q 'Now listening on: http' "$folder/server.log"
  http=$(grep -o 'http://127[0-9.:]*' "$folder/server.log" | head -1)
  rtmp=$(grep -o 'rtmp://127[0-9.:]*' "$folder/server.log" | head -1)/live
}

# A scene of a coloured area and a clock of moving text is enough: what matters is OBS's own encoder, muxer and RTMP.
configure_obs() {
  local obs=$folder/config/obs-studio
  mkdir -p "$obs/basic/profiles/Test" "$obs/basic/scenes"
  cat >"$obs/global.ini" <<'INI'
[General]
FirstRun=true
LastVersion=486539266
EnableAutoUpdates=false
[Basic]
Profile=Test
ProfileDir=Test
SceneCollection=Test
SceneCollectionFile=Test
INI
  cat >"$obs/basic/profiles/Test/basic.ini" <<'INI'
[General]
Name=Test
[Output]
Mode=Advanced
Reconnect=true
RetryDelay=1
[AdvOut]
Encoder=obs_x264
TrackIndex=1
[Video]
BaseCX=640
BaseCY=360
OutputCX=640
OutputCY=360
FPSType=0
FPSCommon=30
[Audio]
SampleRate=48000
INI
  echo '{"bitrate":1200,"keyint_sec":2,"preset":"veryfast","rate_control":"CBR","bf":2}' >"$obs/basic/profiles/Test/streamEncoder.json"
  printf '{"type":"rtmp_custom","settings":{"server":"%s","key":"%s","use_auth":false}}' "$rtmp" "$1" \
    >"$obs/basic/profiles/Test/service.json"
  cat >"$obs/basic/scenes/Test.json" <<'JSON'
{"name":"Test","current_scene":"Scene","current_program_scene":"Scene","scene_order":[{"name":"Scene"}],"sources":[
{"id":"scene","name":"Scene","settings":{"items":[{"name":"Area","visible":true,"id":1,"pos":{"x":0,"y":0},"scale":{"x":1,"y":1}}],"id_counter":1}},
{"id":"color_source_v3","versioned_id":"color_source_v3","name":"Area","settings":{"color":4283782485,"width":640,"height":360}}]}
JSON
}

start_screen() {
  Xvfb -displayfd 3 -screen 0 1280x800x24 3>"$folder/display" 2>/dev/null &
  started+=($!)
  within 10 'a virtual screen' test -s "$folder/display"
}

# Sets obs to the id of its process, which ends by itself if nobody ends it.
start_obs() {
  DISPLAY=:$(<"$folder/display") XDG_CONFIG_HOME=$folder/config LIBGL_ALWAYS_SOFTWARE=1 timeout --signal KILL 120 \
    obs --startstreaming --profile Test --collection Test --multi --disable-updater --disable-missing-files-check \
    --disable-shutdown-check >>"$folder/obs.log" 2>&1 &
  local timeout_id=$!
  started+=("$timeout_id")
  within 10 'OBS starts' pgrep -P "$timeout_id"
  obs=$(pgrep -P "$timeout_id")
}

runs_are() {
  [[ $(grep -c 'is published from' "$folder/server.log") == "$1" && $(api "live/streams/$stream" | json 'data.status') == active ]]
}

[[ -e $root/LiveClip.Web/bin/Debug/net10.0/LiveClip.Web.dll ]] || dotnet build "$root/LiveClip.Web" -v quiet -nologo
start_server
answer=$(api live/streams -d '{"playbackSettings":{"accessPolicy":"public"},"inputMediaSettings":{"metadata":{"livestream_name":"OBS"}}}')
stream=$(json 'data.streamId' <<<"$answer")
playback=$(json 'data.playbackIds[0].id' <<<"$answer")
configure_obs "$(json 'data.streamKey' <<<"$answer")"
start_screen

start_obs
within 40 'the first run is on air' runs_are 1
within 20 'a playlist of three segments' bash -c "(( \$(curl -sS $http/$playback/index.m3u8 | grep -c '^[^#].*m4s') >= 3 ))"
kill -KILL "$obs"
within 10 'the encoder is missed' bash -c "grep -q 'was lost' $folder/server.log"
start_obs
within 40 'the second run is on air' runs_are 2
within 20 'pictures behind the gap' bash -c "curl -sS $http/$playback/index.m3u8 | sed '1,/^#EXT-X-DISCONTINUITY\$/d' | grep -q '^[^#].*m4s'"
sleep 4

clip=$(api "live/streams/$stream/clips" -d '{"last":6}' | json 'data.clipId')
within 30 'the clip is ready' bash -c "curl -sS --config $folder/curl $http/v1/clips/$clip | grep -q '\"ready\"'"
answer=$(api "clips/$clip")
mp4=$(json 'data.mp4Url' <<<"$answer")
ffmpeg -v error -xerror -err_detect explode -i "$mp4" -f null - || fail 'the clip decodes'
recordings=$(find "$folder/data/recordings" -mindepth 1 -maxdepth 1 | wc -l)
((recordings == 1)) || fail "one recording, not $recordings"
echo "OBS $(dpkg-query -W -f '${Version}' obs-studio 2>/dev/null): published, killed, came back into the same recording;" \
  "the clip of $(json 'data.duration' <<<"$answer") s decodes."
