#!/bin/sh
# Fetches the vendored files again, at the versions named here. Needs npm, and pyftsubset of fonttools; run it from anywhere.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-audit --no-fund --silent hls.js@1.7.4 @fontsource-variable/piazzolla@5.3.0 esbuild@0.28.2 \
  @expo-google-fonts/noto-sans-sc@0.4.3 @expo-google-fonts/piazzolla@0.4.2 \
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
# Receipts are set by typst, which reads no woff2. One weight of Chinese has every ideograph of Noto Sans SC (28,000: any name);
# its Latin, Korean and vertical forms are left out, for Piazzolla or nobody needs them.
set_type=node_modules/@expo-google-fonts
pyftsubset $set_type/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf --layout-features='' --no-hinting \
  --unicodes="U+00B7,U+2014,U+2018-201D,U+2026,U+3000-30FF,U+3400-4DBF,U+4E00-9FFF,U+FF00-FFEF,U+20000-323AF" \
  --output-file="$fonts/noto-sans-sc-regular.ttf"
cp $set_type/noto-sans-sc/LICENSE_FONT "$fonts/noto-sans-sc-LICENSE.txt"
for weight in 500Medium 700Bold; do
  name=$(echo "${weight#?00}" | tr '[:upper:]' '[:lower:]')
  pyftsubset "$set_type/piazzolla/$weight/Piazzolla_$weight.ttf" --layout-features=kern,ccmp,locl,mark,mkmk,lnum,tnum --no-hinting \
    --unicodes='*' --output-file="$fonts/piazzolla-$name.ttf"
done
