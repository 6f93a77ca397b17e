# nginx with its RTMP module, to compare with: installs and runs it. Sourced behind common.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# install_missing SERVERS: ffmpeg, and nginx where it is one of them.
install_missing() {
  local missing=()
  command -v ffmpeg >/dev/null || missing+=(ffmpeg)
  if [[ $1 == *nginx* && ! -e /usr/lib/nginx/modules/ngx_rtmp_module.so ]]; then
    missing+=(nginx-light libnginx-mod-rtmp)
  fi
  if ((${#missing[@]})); then
    # Debian's package starts a server of its own as soon as it is installed; this one is to stay down.
    printf '#!/bin/sh\nexit 101\n' >"$folder/policy"
    chmod +x "$folder/policy"
    if [[ ! -e /usr/sbin/policy-rc.d ]]; then
      cp "$folder/policy" /usr/sbin/policy-rc.d
      trap 'rm -f /usr/sbin/policy-rc.d; stop_server; rm -rf "$folder"' EXIT
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    cmp -s "$folder/policy" /usr/sbin/policy-rc.d && rm -f /usr/sbin/policy-rc.d
  fi
}

# Below those that the system hands out by itself.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# on_first_core COMMAND...
on_first_core() {
  taskset -c 0 "$@" >"$folder/server.log" 2>&1 &
  server_id=$!
}

# start_nginx: on the first core, over an empty folder. Where it takes streams is in target, where its playlists are in playlists.
start_nginx() {
  local port http_port
  port=$(free_port)
  http_port=$(free_port)
  mkdir -p "$folder/data/hls" "$folder/data/recordings"
  cat >"$folder/nginx.conf" <<CONF
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
user $(id -un);
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/error.log warn;
events { worker_connections 1024; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:$port;
    chunk_size 4096;
    application live {
      live on;
      hls on;
      hls_path $folder/data/hls;
      hls_fragment 2s;
      record all;
      record_path $folder/data/recordings;
    }
  }
}
http {
  access_log off;
  server {
    listen 127.0.0.1:$http_port;
    root $folder/data;
    add_header Access-Control-Allow-Origin *;
    add_header Cache-Control no-cache;
  }
}
CONF
  on_first_core nginx -p "$folder" -c "$folder/nginx.conf" -e "$folder/error.log"
  target=(rtmp://127.0.0.1:"$port"/live)
  playlists=http://127.0.0.1:$http_port/hls
  api=()
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    kill -0 "$server_id" 2>/dev/null || { cat "$folder/server.log" "$folder/error.log" && exit 1; }
    sleep 0.1
  done
}
