#!/usr/bin/env bash
# Kills a publishing server 200 times and prints what that cost.   kill-loop.sh [COUNT]
# LIVECLIP_SEED=n repeats a run.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LIVECLIP_KILLS=${1:-200}
dotnet test LiveClip.Tests --filter "FullyQualifiedName~LiveClip.Tests.Faults.KillTests" --logger "console;verbosity=detailed" |
  grep -E 'kills, |losses: |Passed |Failed |Error Message|^ {3}[0-9A-Z]'
