#!/usr/bin/env bash
# Cuts 2,000 clips at random places out of what real encoders make, and holds every picture and the sound against the source.
#   cut-matrix.sh [COUNT]
# LIVECLIP_SEED=n repeats a run.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LIVECLIP_CUTS=${1:-2000} LIVECLIP_SEED=${LIVECLIP_SEED:-$RANDOM}
echo "$LIVECLIP_CUTS clips, LIVECLIP_SEED=$LIVECLIP_SEED"
dotnet test LiveClip.Tests --filter "FullyQualifiedName~LiveClip.Tests.Clips.SmartCutTests" --logger "console;verbosity=normal" |
  grep -E 'Passed |Failed |Error Message|^ {3}[0-9A-Z]|Total|Passed:'
