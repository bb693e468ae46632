#!/usr/bin/env bash
# Makes the demo recordings in internal/demo/audio from the conversations
# beside them (*.txt). Same tools, same bytes: running it again changes nothing.
set -euo pipefail

usage() {
	cat <<'EOF'
usage: scripts/demo-audio.sh [--check] [--out DIR]

Speaks each internal/demo/audio/*.txt with espeak-ng and encodes it with ffmpeg.
A conversation starts with "# key: value" lines:
  seconds   length of the recording; the pauses between lines are stretched to fit
  voices    espeak-ng voices of the clinician (C:) and of the patient (P:)
  encode    ffmpeg output options; libmp3lame makes a .mp3, anything else a .wav

  --out DIR  write there instead of internal/demo/audio
  --check    write nothing; fail if a recording's length is not what its text says
  --help     show this

Needs espeak-ng, ffmpeg and ffprobe. The invented people and numbers in the
conversations stand for nobody.
EOF
}

here=$(cd "$(dirname "$0")/.." && pwd)
texts=$here/internal/demo/audio
out=$texts
check=
rate=22050 # what espeak-ng speaks at

while [ $# -gt 0 ]; do
	case $1 in
	--help | -h) usage && exit 0 ;;
	--check) check=1 ;;
	--out) out=${2:?--out needs a directory} && shift ;;
	*) usage >&2 && exit 2 ;;
	esac
	shift
done
for tool in espeak-ng ffmpeg ffprobe; do
	command -v "$tool" >/dev/null || { echo "demo-audio: $tool is not installed" >&2; exit 1; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

header() { sed -n "s/^# $2: //p" "$1"; }

target() { # TEXT: the recording's path
	case $(header "$1" encode) in
	*libmp3lame*) echo "$out/$(basename "$1" .txt).mp3" ;;
	*) echo "$out/$(basename "$1" .txt).wav" ;;
	esac
}

silence() { # SAMPLES of 16-bit silence
	head -c "$(($1 * 2))" /dev/zero
}

speak() { # TEXT: raw 16-bit speech on stdout, exactly as long as its header says
	local text=$1 lines=0 spoken=0 voice total pause clinician patient
	read -r clinician patient <<<"$(header "$text" voices)"
	rm -f "$tmp"/line-*
	while IFS= read -r line; do
		case $line in
		C:*) voice=$clinician ;;
		P:*) voice=$patient ;;
		*) continue ;;
		esac
		espeak-ng -v "$voice" -s 165 --stdout "${line#*: }" |
			ffmpeg -v error -f wav -i - -f s16le -ac 1 -ar $rate "$tmp/line-$(printf %03d $lines)"
		spoken=$((spoken + $(stat -c %s "$tmp/line-$(printf %03d $lines)") / 2))
		lines=$((lines + 1))
	done <"$text"
	total=$(($(header "$text" seconds) * rate))
	pause=$(((total - spoken) / (lines + 1)))
	if [ $pause -lt $((rate / 20)) ] || [ $pause -gt $((rate * 3 / 2)) ]; then
		echo "demo-audio: $(basename "$text"): $((spoken / rate)) s of speech do not fit $(header "$text" seconds) s" >&2
		return 1
	fi
	silence $pause
	for part in "$tmp"/line-*; do
		cat "$part"
		silence $pause
	done
	silence $((total - spoken - pause * (lines + 1)))
}

for text in "$texts"/*.txt; do
	file=$(target "$text")
	if [ -z "$check" ]; then
		speak "$text" >"$tmp/speech"
		# shellcheck disable=SC2046 # the encode line is a list of options
		ffmpeg -v error -y -threads 1 -f s16le -ar $rate -ac 1 -i "$tmp/speech" \
			-af "highpass=f=120,volume=0.9" -ac 1 $(header "$text" encode) \
			-map_metadata -1 -fflags +bitexact -flags:a +bitexact "$tmp/new.${file##*.}"
		cmp -s "$tmp/new.${file##*.}" "$file" || cp "$tmp/new.${file##*.}" "$file"
	fi
	length=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$file")
	printf '%-28s %8.3f s %8d bytes\n' "$(basename "$file")" "$length" "$(stat -c %s "$file")"
	awk -v got="$length" -v want="$(header "$text" seconds)" 'BEGIN { d = got - want; exit !(d > -0.2 && d < 0.2) }' ||
		{ echo "demo-audio: $(basename "$file") is $length s, its text says $(header "$text" seconds)" >&2; exit 1; }
done
