#!/usr/bin/env bash
# Broadcasts an hour of media in a minute, with a reset, a gap and a killed server in it, and holds all that viewers read against the rules
# of HLS.   hls-session.sh [HOURS]
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LIVECLIP_HOURS=${1:-1}
dotnet test LiveClip.Tests --filter "FullyQualifiedName~LiveClip.Tests.EndToEnd.HlsRulesSessionTests" \
  --logger "console;verbosity=detailed" | grep -E 'Passed |Failed |Error Message|^ {3}[0-9A-Z]'
