#!/usr/bin/env bash
# Takes the power from a publishing server 50 times and prints what that cost.   power-loss.sh [COUNT]
# The data lies on an ext4 image of its own; a copy of the image is what a power loss leaves. Needs root and loop devices.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
cleanup() {
  mountpoint -q "$work/disk" && umount "$work/disk"
  rm -rf "$work"
}
trap cleanup EXIT

mkdir "$work/disk"
truncate -s 128M "$work/image"
mkfs.ext4 -q "$work/image"
if ! mount -o loop "$work/image" "$work/disk" 2>/dev/null; then
  echo "Skipped: mounting an image needs root and a loop device."
  exit 0
fi

export LIVECLIP_POWER_LOSSES=${1:-50} LIVECLIP_POWER_IMAGE=$work/image LIVECLIP_POWER_FOLDER=$work/disk
dotnet test LiveClip.Tests --filter "FullyQualifiedName~LiveClip.Tests.Faults.PowerLossTests" \
  --logger "console;verbosity=detailed" | grep -E 'losses: |Passed |Failed |Skipped |Error Message|^ {3}[0-9A-Z]'
