#!/usr/bin/env bash
# Whether two builds of AutoGAN compute the same numbers on this machine, byte for byte: samples, exported weights and
# candidates (times aside) of searches and trainings on the CPU.
#
#     tests/same_numbers.sh OLD NEW DIR [short|full]
#
# OLD and NEW are binaries; runs are kept in DIR and not done again, so the script can be stopped and started. `short`
# (minutes) shrinks every run; `full` is the whole of the quick preset with seeds 1 and 2, a search on Fashion-MNIST
# (Debian's dataset-fashion-mnist) and one on a folder of pictures, and some steps of the presets of the article.
set -euo pipefail
old=$(realpath "$1") new=$(realpath "$2") size=${4:-short}
mkdir -p "$3/$size"
cd "$3/$size"

fashion=/usr/share/datasets/fashion-mnist
A="1 0 1 1 1 0 0 1 1 1 0 1 0 3"
B="1 0 1 1 1 0 1 1 1 1 0 1 1 3"
C="1 1 1 1 1 0 0 1 1 1 0 1 0 3"

# A folder of pictures that every machine can make: 300 toys as PNG files.
pictures() {
    [[ -d pictures ]] || python3 - <<'PY'
import os, struct, zlib
os.makedirs("pictures")
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
state = 1
for number in range(300):
    rows = []
    for y in range(24):
        row = bytearray(b"\0")
        for x in range(24):
            state = (state * 1103515245 + 12345) % 2**31
            inside = (x - 12) ** 2 + (y - 12) ** 2 < (4 + number % 8) ** 2
            base = (200, 40 + number % 150, 60) if inside else (30, 60, 90 + number % 100)
            row += bytes(min(255, c + state // 2**16 % 30) for c in base)
        rows.append(bytes(row))
    png = chunk(b"IHDR", struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    open(f"pictures/{number:03}.png", "wb").write(b"\x89PNG\r\n\x1a\n" + png)
PY
}

small=()
if [[ $size == short ]]; then
    small=(--set data.toys_count=1000 --set search.shared_steps=4 --set search.candidates=3 --set search.top_k=2
        --set search.reward_samples=100 --set search.reward_splits=2 --set search.controller.steps=2
        --set derive.steps=4 --set derive.evaluate_every=2 --set derive.samples_every=2
        --set winner.steps=6 --set winner.evaluate_every=3 --set winner.samples_every=3
        --set score.samples=200 --set score.splits=2 --set score.reference=500)
fi
# Two steps of the article's networks with little to score: they are large.
steps=(--set derive.steps=2 --set winner.steps=2 --set derive.evaluate_every=2 --set derive.samples_every=1
    --set data.toys_count=400 --set score.samples=64 --set score.splits=2 --set score.reference=200
    --set score.extractor=builtin)
[[ $size == full ]] || steps+=(--set model.generator_channels=16 --set model.discriminator_channels=8
    --set recipe.batch=8 --set recipe.generator_batch=8)

run() { # name, arguments
    local name=$1 which binary
    shift
    for which in old new; do
        binary=${!which}
        [[ -e $name-$which/summary.json ]] || {
            rm -rf "$name-$which"
            "$binary" "$@" --device cpu --out "$name-$which" >"$name-$which.log" 2>&1 </dev/null || {
                echo "$name: $which failed, see $PWD/$name-$which.log" >&2
                return 1
            }
        }
    done
    compare "$name"
}

compare() {
    local name=$1 wrong=0 a b file
    for file in $(cd "$name-old" && find samples export -type f | sort); do
        cmp -s "$name-old/$file" "$name-new/$file" || { echo "$name: $file differs"; wrong=1; }
    done
    a=$(python3 "$strip" "$name-old/candidates.jsonl") b=$(python3 "$strip" "$name-new/candidates.jsonl")
    [[ $a == "$b" ]] || { echo "$name: candidates differ"; wrong=1; }
    ((wrong)) || echo "$name: the same ($(find "$name-old/samples" "$name-old/export" -type f | wc -l) files, $(wc -l <"$name-old/candidates.jsonl" 2>/dev/null || echo 0) candidates)"
    return $wrong
}

strip=$PWD/strip.py
cat >"$strip" <<'PY'
import json, os, sys
if os.path.exists(sys.argv[1]):
    for line in open(sys.argv[1]):
        candidate = json.loads(line)
        for key in [key for key in candidate if "second" in key or "time" in key]:
            del candidate[key]
        print(json.dumps(candidate, sort_keys=True))
PY

failed=0
pictures
run quick-1 search --preset quick --seed 1 "${small[@]}" || failed=1
[[ $size == short ]] || run quick-2 search --preset quick --seed 2 || failed=1
run fashion search --preset quick --seed 3 --data "idx:$fashion" "${small[@]}" || failed=1
run pictures search --preset quick --seed 4 --data pictures "${small[@]}" || failed=1
run a-cifar train --preset paper-cifar10 --arch "$A" --data toys --seed 5 "${steps[@]}" || failed=1
run b-stl train --preset paper-stl10 --arch "$B" --data toys --seed 6 "${steps[@]}" || failed=1
run c-standard train --preset standard --arch "$C" --data toys --seed 7 "${steps[@]}" || failed=1
exit $failed
