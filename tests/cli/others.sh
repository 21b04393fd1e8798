#!/usr/bin/env bash
# The other commands, wrong usage, and that the manual names everything.
. "$(dirname "$0")/support.sh"
key=0123456789abcdef0123456789abcdef

# -- privacy

cat >patter.yaml <<E1
service: {name: front-desk}
resource_detectors: [process]
privacy:
  allowed_keys: [app.retry_count, {key: app.queue, class: choice, choices: [sales, support]},
    {key: getpatter.tool.name, class: choice, choices: [lookup_order, book]}]
  hashed_keys: [app.caller.ref]
  hash_key: $key
exporters: {stdout: }
E1
patter privacy
[[ $out != *$key* ]] || fail "privacy: the key is shown: $out"
out=$(sed -n '/^What may/,/^of the process/p' <<<"$out")
expect 'privacy' 0 <<'E1'
What may leave, under ./patter.yaml:

attributes that are documented
  getpatter.call.id                       identifier
  getpatter.call.direction                choice: inbound, outbound
  getpatter.call.provider_mode            name
  getpatter.stt.text_len                  count
  getpatter.stt.confidence                ratio
  getpatter.endpoint.silence_ms           duration_ms
  getpatter.llm.iteration                 count
  getpatter.llm.history_size              count
  getpatter.llm.ttft_ms                   duration_ms
  getpatter.tts.text_len                  count
  getpatter.tool.name                     choice: lookup_order, book
                                          (./patter.yaml:5)
  getpatter.tool.transport                name
  getpatter.bargein.cancelled_text_len    count
  error.type                              name
  exception.type                          name

attributes that were allowed
  app.retry_count                         any (./patter.yaml:4)
  app.queue                               choice: sales, support
                                          (./patter.yaml:4)
  app.caller.ref                          hashed (./patter.yaml:6)

of the process (resource)
E1
patter privacy --json
out=$(jq -c '(.attributes[] | select(.key == ("app.queue", "getpatter.tool.name", "getpatter.stt.confidence"))), (.resource | keys),
    (.shut | length > 5)' <<<"$out")
expect 'privacy --json' 0 <<'E1'
{"key":"getpatter.stt.confidence","class":"ratio","documented":true}
{"key":"getpatter.tool.name","class":"choice","documented":true,"choices":["lookup_order","book"],"source":"./patter.yaml","line":5}
{"key":"app.queue","class":"choice","documented":false,"choices":["sales","support"],"source":"./patter.yaml","line":4}
["process.executable.name","process.pid","service.instance.id","service.name","telemetry.sdk.language","telemetry.sdk.name","telemetry.sdk.version"]
true
E1

patter check
contains 'a documented key that is narrowed' '
  app.retry_count, app.queue, app.caller.ref may leave;'
contains 'a documented key that is narrowed' 'getpatter.tool.name: choice  ./patter.yaml:5'
patter privacy
for scanner in 'phone number' 'card' 'IBAN' 'date' 'network address' 'e-mail address' 'sentence' 'encoded text'; do
    [[ ${out//$'\n'/ } =~ ${scanner// / +} ]] || fail "privacy does not name the scanner: $scanner"
done

# -- hash: openssl knows better

hash_of() {
    printf 'h-%.32s\n' "$(printf '%s' "$1" | openssl dgst -sha256 -hmac "$key" -r)"
}
for value in 'order 66' x '-leading-dash'; do
    patter hash -- "$value"
    expect "hash $value" 0 <<<"$(hash_of "$value")"
done
for spelling in '+49 30 1234567' '+49 (30) 123-4567' '+49301234567'; do
    patter hash "$spelling"
    expect "hash $spelling" 0 <<<"$(hash_of '+49301234567')"
done
patter hash - <<<'order 66'
expect 'hash -' 0 <<<"$(hash_of 'order 66')"
patter hash x patter.yaml --json
expect 'hash --json' 0 <<<"{\"hash\":\"$(hash_of x)\"}"
echo 'exporters: {stdout: }' >keyless.yaml
patter hash x keyless.yaml
expect 'hash without a key' 1 <<'E1'
patter: there is no `privacy: {hash_key}` in keyless.yaml, so that every process takes a random key and no hash made here could match; set one, as in hash_key: ${env:PATTER_HASH_KEY}, with the output of `openssl rand -hex 32`
E1
patter hash x nowhere.yaml
expect 'hash without a file' 1 <<'E1'
nowhere.yaml: error: the file that was named does not exist; create it or correct the name
E1
patter hash - < <(head -c 5000 /dev/zero)
expect 'hash of too much' 1 <<'E1'
patter: standard input cannot be read, or is longer than 4096 bytes
E1

# -- plugins

mkdir first second
cp "$BUILD/tests/cli/patter-answers.so" first
cp "$BUILD/tests/cli/patter-answers.so" second
echo 'no plugin' >second/patter-text.so
echo "plugin_path: [$here/first]" >path.yaml
patter PATTER_PLUGIN_PATH="$here/second" plugins --config path.yaml
out=$(sed "s|$here|HERE|; 5,\$d" <<<"$out") # the length of a path decides how the rest is wrapped
expect 'plugins' 0 <<'E1'
  answers         2.5       HERE/first/patter-answers.so
                            Answers as it is told.
  answers         2.5       HERE/second/patter-answers.so (not used: an earlier folder has this name)
                            Answers as it is told.
E1
patter PATTER_PLUGIN_PATH="$here/second" plugins --config path.yaml --json
out=$(jq -c '[.[] | select(.path | startswith("'"$here"'")) | [.name, .version, .shadowed, .fault != null]],
    ([.[].name] | contains(["stdout", "otlp-http"]))' <<<"$out")
expect 'plugins --json' 0 <<'E1'
[["answers","2.5",false,false],["answers","2.5",true,false],["text",null,false,true]]
true
E1
patter plugins "$BUILD/tests/cli/patter-answers.so"
expect 'one plugin' 0 <<'E1'
answers 2.5, plugin ABI v1
BUILD/tests/cli/patter-answers.so
Answers as it is told.

options, type, default
  status                        choice      ok
    One of ok, again, too_large, failed. What send() returns.
  rejected                      integer     0
    From 0 to 9. Of an ok.
  reason                        text        not set
    The token.
  detail                        text        not set
    The sentence.
  token                         text        not set, never shown
    A secret.
  headers                       map         not set, never shown
    Secrets.
  url                           text        not set
    Any URL.
  wait                          duration    90s
    From 1ms to 2h. Any time.
  must                          true/false  required
    write true
  and those of every exporter: timeout, retry_on_failure, sending_queue,
  optional, plugin

accepted without effect, with a warning
  loud, shrill
    there is none

accepted without effect, in silence
  quiet
    it is another's

refused
  never
    write must
E1
patter plugins stdout --json
out=$(jq -c '.name, .abi, .options[0]' <<<"$out")
expect 'one plugin --json' 0 <<'E1'
"stdout"
1
{"name":"format","type":"choice","default":"tree","choices":["tree","json","line"],"help":"tree: each call as a waterfall; json: a line of OTLP/JSON for each batch; line: a line for each span."}
E1
patter plugins stdot
[ "$code" = 1 ] || fail "a plugin that is not there: exit code $code"
contains 'a plugin that is not there' 'locate: there is no plugin `stdot`; did you mean `stdout`?'

# -- version and usage

patter version
expect 'version' 0 <<<"patter $(sed -n 's/^project(patter VERSION \([^ ]*\).*/\1/p' "$SOURCE/CMakeLists.txt"), plugin ABI v1"
patter --version
contains '--version' 'plugin ABI v1'
patter version --json
expect 'version --json' 0 <<<"$(jq -c . <<<"$out")"
patter
[ "$code" = 2 ] || fail "no command: exit code $code"
patter chekc
expect 'misspelt command' 2 <<'E1'
patter: `chekc` is no command; did you mean `patter check`?
E1
patter frobnicate
expect 'unknown command' 2 <<'E1'
patter: `frobnicate` is no command; `patter --help` lists them
E1
patter check --conect
expect 'misspelt option' 2 <<'E1'
patter check: `--conect` is no option here; usage: patter check [OPTION...] [FILE] (see --help)
E1
patter version --connect
expect 'option of another command' 2 <<'E1'
patter version: `--connect` is no option here; usage: patter version [OPTION...] (see --help)
E1
patter storage send --timeout
expect 'value missing' 2 <<'E1'
patter storage: `--timeout DURATION` lacks its value; usage: patter storage [OPTION...] [ls|send|purge] (see --help)
E1
patter check --timeout 10m
expect 'option of another command, with its value' 2 <<'E1'
patter check: `--timeout` is no option here; usage: patter check [OPTION...] [FILE] (see --help)
E1
patter check --json=yes
expect 'a value too many' 2 <<'E1'
patter check: `--json` takes no value; usage: patter check [OPTION...] [FILE] (see --help)
E1
patter check -x
expect 'a letter' 2 <<'E1'
patter check: `-x` is no option here; usage: patter check [OPTION...] [FILE] (see --help)
E1
patter hash
expect 'operand missing' 2 <<'E1'
patter hash: an operand is missing; usage: patter hash [OPTION...] VALUE [FILE] (see --help)
E1
patter check a b
expect 'too many operands' 2 <<'E1'
patter check: there are too many operands; usage: patter check [OPTION...] [FILE] (see --help)
E1
"$BUILD/bin/patter" version >/dev/full 2>/dev/null && fail 'a full disk is passed over'
"$BUILD/bin/patter" privacy keyless.yaml >/dev/full 2>/dev/null && fail 'a full disk is passed over'

# -- the manual

manual=$(sed 's/\\-/-/g' "$SOURCE/docs/man/patter.1")
patter --help
names=$(sed -n 's/^  \([a-z]*\) .*/\1/p' <<<"$out")
[ "$(wc -w <<<"$names")" = 6 ] || fail "commands in --help: $names"
for name in $names; do
    grep -q "^\.B $name\$" <<<"$manual" || fail "patter.1 does not name $name"
    patter "$name" --help
    for option in $(grep -o '^  --[a-z]*' <<<"$out"); do
        grep -q -- "^\.BI* $option" <<<"$manual" || fail "patter.1 does not name $option"
    done
    [ "$(wc -L <<<"$out")" -le 80 ] || fail "patter $name --help is wider than 80 columns"
done
keys=$(cat "$SOURCE/docs/man/patter.yaml.5")
patter OTEL_TRACES_EXPORTER=console check --json
for key in $(jq -r '.values[].name' <<<"$out"); do
    key=${key#exporters.stdout.}
    grep -qF "$key" <<<"$keys" || grep -qF "${key##*.}" <<<"$keys" || [[ $key == color || $key == format ]] ||
        fail "patter.yaml.5 does not name $key"
done

# -- every reason for a dropped span is in its page

reasons=$(grep -rhoE '(PATTER_(OK|AGAIN|FAILED|TOO_LARGE), |reason = |reason, |_add\([^"]*, |evict_oldest\([^"]*, |drops_add\([^"]*, )"[a-z_]+"' \
    "$SOURCE"/plugins/*/*.c "$SOURCE"/core/pipeline/*.c | grep -oE '"[a-z_]+"')
reasons+=$'\n'$(sed -nE '/^static const struct (code|fault) \{/,/^};/s/^    \{ "[^"]*", ("[a-z_]+"),.*/\1/p' \
    "$SOURCE/plugins/otlp-grpc/verdict.c")
[ "$(sort -u <<<"$reasons" | wc -l)" -gt 40 ] || fail "reasons in the sources: $reasons"
for reason in $(sort -u <<<"${reasons//\"/}"); do
    [ "$reason" = ok ] || grep -q "\`$reason\`" "$SOURCE/docs/counters.md" || fail "docs/counters.md lacks $reason"
done

finish
