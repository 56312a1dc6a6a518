#!/bin/sh
# Fetches the vendored files again, at the versions named here. Needs npm; run it from anywhere.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-audit --no-fund --silent hls.js@1.7.4 @fontsource-variable/piazzolla@5.3.0 esbuild@0.28.2 \
  @svta/cml-utils@1.5.0 @svta/cml-id3@1.0.6 @svta/cml-cmcd@2.4.0 @svta/cml-structured-field-values@1.1.3 eventemitter3@5.0.4 url-toolkit@2.2.5
# hls.js's own light build plays no separate audio, which is how we publish sound; its full one is half as large again.
off=""
for feature in SUBTITLES CMCD EME_DRM CONTENT_STEERING IFRAMES INTERSTITIALS MEDIA_CAPABILITIES VARIABLE_SUBSTITUTION M2TS_ADVANCED_CODECS; do
  off="$off --define:__USE_${feature}__=false"
done
# shellcheck disable=SC2086
npx esbuild node_modules/hls.js/src/hls.ts --bundle --minify --format=esm --target=es2020 --log-level=warning \
  --define:__USE_ALT_AUDIO__=true $off --define:__HLS_WORKER_BUNDLE__=undefined --define:__IN_WORKER__=false \
  --define:__VERSION__='"1.7.4"' --outfile="$here/hls.min.mjs"
cp node_modules/hls.js/LICENSE "$here/hls.js-LICENSE.txt"
fonts="$here/../fonts"
cp node_modules/@fontsource-variable/piazzolla/files/piazzolla-latin-wght-normal.woff2 "$fonts/"
cp node_modules/@fontsource-variable/piazzolla/LICENSE "$fonts/piazzolla-LICENSE.txt"
