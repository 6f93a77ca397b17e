# shellcheck shell=bash
# Sourced by run and test: finds what they need and is not there, and installs it by apt.

assume_yes=${CI:+yes}
missing=()

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# need COMMAND-OR-FILE PACKAGE
need() {
  if [[ ! -e $1 ]] && ! command -v "$1" >/dev/null; then
    missing+=("$2")
  fi
}

need_ffmpeg() {
  need ffmpeg ffmpeg
  need /usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf fonts-dejavu-core
}

node_is_current() {
  command -v node >/dev/null && (($(node --print 'process.versions.node.split(".")[0]') >= 18))
}

need_node() {
  node_is_current || missing+=(nodejs)
  need npm npm
}

need_chromium() {
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null && return
  # Ubuntu's package has the older name.
  if grep -qs '^ID=ubuntu' /etc/os-release; then missing+=(chromium-browser); else missing+=(chromium); fi
}

need_gstreamer() {
  gst-inspect-1.0 --exists rtmp2sink 2>/dev/null || missing+=(gstreamer1.0-tools gstreamer1.0-plugins-{base,good,bad})
}

need_faketime() {
  compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing+=(faketime)
}

need_dotnet() {
  if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    fail "LiveClip needs the .NET 10 SDK, and it is not here." \
      "Install it from https://dotnet.microsoft.com/download/dotnet/10.0 and start again."
  fi
}

install_missing() {
  if ((${#missing[@]} == 0)); then
    return
  fi
  if ! command -v apt-get >/dev/null; then
    fail "Missing here, by their Debian names: ${missing[*]}" "Install them with your system's package manager and start again."
  fi
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "Missing here: ${missing[*]}" "Install them as root: apt-get install ${missing[*]}"
    as_root=(sudo)
    ask_for_sudo
  fi
  echo "Installing ${missing[*]} ..."
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  if [[ " ${missing[*]} " == *" nodejs "* ]] && ! node_is_current; then
    fail "LiveClip needs Node.js 18 or later; this system's package is $(node --version)." \
      "Install a newer one from https://nodejs.org and start again."
  fi
}

ask_for_sudo() {
  if [[ -n $assume_yes ]]; then
    return
  fi
  [[ -t 0 ]] || fail "Missing here: ${missing[*]}" "Start again with --yes to have them installed with sudo apt-get."
  local answer
  read -rp "LiveClip needs ${missing[*]}. Install with sudo apt-get? [Y/n] " answer
  [[ -z $answer || $answer == [Yy]* ]] || fail "Nothing was installed."
}
