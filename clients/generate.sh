#!/bin/sh
# Generates typed clients from openapi/openapi.json into var/clients: python/dienhinh_client and typescript/client.
# openapi-python-client gets an environment of its own: it wants other versions of libraries than the product.
set -eu
cd "$(dirname "$0")/.."
out=var/clients
mkdir -p "$out/python" "$out/typescript"

echo '== Python: openapi-python-client'
tools=$out/python/tools
if [ ! -e "$tools/.ready-0.29.1" ]; then
  rm -rf "$tools"
  .venv/bin/python -m venv "$tools"
  "$tools/bin/python" -m pip --disable-pip-version-check --quiet install openapi-python-client==0.29.1 mypy==1.19.1
  touch "$tools/.ready-0.29.1"
fi
rm -rf "$out/python/dienhinh_client"
# ruff, which it calls to tidy up, is among its own dependencies; what it cannot generate is an error.
PATH="$PWD/$tools/bin:$PATH" "$tools/bin/openapi-python-client" generate --path openapi/openapi.json \
  --config clients/python/config.yaml --meta none --output-path "$out/python/dienhinh_client" --fail-on-warning
"$tools/bin/python" -m compileall -q "$out/python/dienhinh_client"
cp clients/python/try.py "$out/python/try.py"
(cd "$out/python" && tools/bin/python -m mypy --cache-dir tools/mypy try.py)

echo '== TypeScript: @hey-api/openapi-ts'
if ! command -v npm >/dev/null; then
  echo 'npm was not found: the TypeScript client needs Node.js 20 or later, and was not generated.'
  exit 0
fi
cp clients/typescript/package.json clients/typescript/tsconfig.json clients/typescript/try.ts "$out/typescript/"
cd "$out/typescript"
[ -e node_modules/.ready ] && cmp -s package.json node_modules/.ready || {
  npm install --no-audit --no-fund --no-package-lock --loglevel=error
  cp package.json node_modules/.ready
}
rm -rf client built
npx openapi-ts --input ../../../openapi/openapi.json --output client --silent
npx tsc --project tsconfig.json
