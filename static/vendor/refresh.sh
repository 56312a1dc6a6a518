#!/bin/sh
# Fetches the vendored files again, at the versions named here. Needs npm; run it from anywhere.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-audit --no-fund --silent hls.js@1.7.4 @fontsource-variable/piazzolla@5.3.0
grep -v sourceMappingURL node_modules/hls.js/dist/hls.light.min.mjs > "$here/hls.light.min.mjs"
cp node_modules/hls.js/LICENSE "$here/hls.js-LICENSE.txt"
fonts="$here/../fonts"
cp node_modules/@fontsource-variable/piazzolla/files/piazzolla-latin-wght-normal.woff2 "$fonts/"
cp node_modules/@fontsource-variable/piazzolla/LICENSE "$fonts/piazzolla-LICENSE.txt"
