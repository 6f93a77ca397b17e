#!/usr/bin/env bash
# Starts a server over a recording on air of 100 hours and prints how long that takes.   start-time.sh [HOURS]
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LIVECLIP_HOURS=${1:-100}
dotnet test LiveClip.Tests --filter "FullyQualifiedName~LiveClip.Tests.Faults.LongRecordingTests" \
  --logger "console;verbosity=detailed" | grep -E 'segments: |looked through|Passed |Failed |Error Message|^ {3}[0-9A-Z]'
