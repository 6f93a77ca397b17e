#!/usr/bin/env bash
# Stops a server for 2, 10 and 30 s while an encoder publishes more than the network holds meanwhile, and prints what became of it.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LIVECLIP_LONG=1
dotnet test LiveClip.Tests --filter "FullyQualifiedName~LiveClip.Tests.Faults.StoppedTests" \
  --logger "console;verbosity=detailed" | grep -E 'Passed |Failed |Error Message|^ {3}[0-9A-Z]'
