#!/usr/bin/env bash
# What `patter check` shows of a configuration with everything in it, for people and for scripts.
. "$(dirname "$0")/support.sh"

cat >patter.yaml <<'E1'
service: {name: front-desk}
resource: {deployment.environment.name: staging}
privacy:
  allowed_keys: [app.retry_count, {key: app.queue, class: choice, choices: [sales, support]}]
  hash_key: ${env:HASH_KEY}
exporters:
  answers:
    plugin: BUILD/tests/cli/patter-answers.so
    must: true
    token: opensesame
    headers: {authorization: "Bearer ${env:TOKEN}"}
    url: https://user:opensesame@host.example/path?key=opensesame
    wait: 5m
    timeout: 3s
    loud: 1
  stdout: {format: line}
E1
sed -i "s|BUILD|$BUILD|" patter.yaml
words=(PATTER_OTEL_ENABLED=yes HASH_KEY=opensesame-opensesame TOKEN=opensesame
    OTEL_BSP_SCHEDULE_DELAY=250 OTEL_EXPORTER_OTLP_ENDPOINT=http://elsewhere:4318)

patter "${words[@]}" check
[[ $out != *opensesame* ]] || fail "a secret is shown: $out"
contains 'defaults' '  by default: status=ok rejected=0 '
out=$(sed '/^  by default:/,/^$/{/^$/!d}' <<<"$out") # they grow with the product
expect 'for people' 0 <<'E1'
switch     PATTER_OTEL_ENABLED=yes: tracing is on
file       ./patter.yaml: read
           /etc/patter/patter.yaml: passed over: an earlier one was read

exporters
  answers -> Answers as it is told.
    answers 2.5, BUILD/tests/cli/patter-answers.so
  stdout -> standard output (line)
    stdout 0.1.0, BUILD/lib/patter/exporters-v1/patter-stdout.so

values
  service.name                          front-desk         ./patter.yaml:1
  batch.schedule_delay                  250ms              environment variable OTEL_BSP_SCHEDULE_DELAY
  resource.deployment.environment.name  staging            ./patter.yaml:2
  privacy.hash_key                      ********           ./patter.yaml:5
  privacy.allowed_keys                  app.retry_count: number, flag or identifier  ./patter.yaml:4
  privacy.allowed_keys                  app.queue: choice  ./patter.yaml:4

values of answers
  token    ********                 ./patter.yaml:10
  headers  authorization: ********  ./patter.yaml:11
  url      https://********@host.example/path?********  ./patter.yaml:12
  wait     5m                       ./patter.yaml:13
  must     true                     ./patter.yaml:9
  timeout  3s                       ./patter.yaml:14
  plugin   BUILD/tests/cli/patter-answers.so  ./patter.yaml:8

values of stdout
  format  line  ./patter.yaml:16

attributes of your own
  app.retry_count, app.queue may leave; any other is dropped where it is set,
  until privacy.allowed_keys names it (`patter privacy` shows all that may
  leave)

problems and notes
  environment variable OTEL_EXPORTER_OTLP_ENDPOINT: note: it is passed over: the
    exporters are those of ./patter.yaml, line 7
  ./patter.yaml:15:5: warning: `loud` has no effect: there is none

1 warning: tracing would start
E1

patter "${words[@]}" check --json
[[ $out != *opensesame* ]] || fail "a secret is shown: $out"
out=$(jq -c '.switch, .file, .files, .good, .exporters[], (.values[] | select(.name == ("limits.events",
    "batch.schedule_delay", "exporters.answers.headers", "exporters.answers.timeout"))), .problems[1]' <<<"$out")
expect 'for scripts' 0 <<'E1'
{"variable":"PATTER_OTEL_ENABLED","value":"yes","on":true}
"./patter.yaml"
[{"path":"./patter.yaml","verdict":"read"},{"path":"/etc/patter/patter.yaml","verdict":"passed over: an earlier one was read"}]
true
{"name":"answers","plugin":"answers","version":"2.5","path":"BUILD/tests/cli/patter-answers.so","destination":"Answers as it is told.","optional":false}
{"name":"stdout","plugin":"stdout","version":"0.1.0","path":"BUILD/lib/patter/exporters-v1/patter-stdout.so","destination":"standard output (line)","optional":false}
{"name":"limits.events","value":"32","source":"default"}
{"name":"batch.schedule_delay","value":"250ms","source":"environment variable OTEL_BSP_SCHEDULE_DELAY"}
{"name":"exporters.answers.headers","value":"authorization: ********","source":"./patter.yaml","line":11,"column":14}
{"name":"exporters.answers.timeout","value":"3s","source":"./patter.yaml","line":14,"column":14}
{"source":"./patter.yaml","line":15,"column":5,"level":"warning","text":"`loud` has no effect: there is none"}
E1

# A secret in the wrong place is not shown either, where the exporter could not start.
sed -i -e 's/opensesame@//; s/key=opensesame/q=1/; s/token: opensesame/rejected: "${env:TOKEN}"/' patter.yaml
patter "${words[@]}" check
[ "$code" = 1 ] || fail "wrong type: exit code $code"
contains 'wrong type' '1 error, 1 warning: tracing would not start'
[[ $out != *opensesame* ]] || fail "a secret is shown: $out"

# Nor is one where a mistake puts it: each of these is refused.
while read -r name exporter; do
    [ "$name" ] || continue
    echo "exporters: {$exporter}" >wrong.yaml
    patter check wrong.yaml
    [ "$code" = 1 ] || fail "$name: exit code $code"
    [[ $out != *unter2* && $out != *x7* ]] || fail "$name: a secret is shown: $out"
    [[ $out == *' error: '* ]] || fail "$name: no error: $out"
done <<'E1'
slash otlp-http: {endpoint: "http://alice:hunter2/x7@host"}
slash-after-port otlp-http: {endpoint: "http://alice:1234/x7@host"}
no-scheme otlp-http: {endpoint: "alice:hunter2x7@host:4318"}
slash-without-scheme otlp-http: {endpoint: "alice:1234/x7@host:4318"}
hash otlp-http: {endpoint: "http://alice:hunter2#x7@host"}
question otlp-http: {endpoint: "http://alice:hunter2?x7@host"}
question-after-port otlp-http: {endpoint: "http://alice:1234?x7@host"}
no-host otlp-http: {endpoint: "http://alice:hunter2"}
two-ats otlp-http: {endpoint: "http://alice:hunter2@x7@host"}
blank otlp-http: {endpoint: "http://alice:hunter2 x7@host"}
odd-scheme otlp-http: {endpoint: "alice:hunter2://x7@host"}
query-without-scheme otlp-http: {endpoint: "host:4318?key=hunter2"}
whole otlp-http: {traces_endpoint: "http://alice:hunter2/x7@host/v1/traces"}
grpc otlp-grpc: {endpoint: "http://alice:hunter2/x7@host:4317"}
grpc-user otlp-grpc: {endpoint: "alice:hunter2@host:4317"}
grpc-dns otlp-grpc: {endpoint: "dns://alice:hunter2@host:4317"}
grpc-server otlp-grpc: {endpoint: "dns://alice:hunter2@server/host"}
header-name otlp-http: {endpoint: "http://elsewhere.example:4318", headers: {"authorization: Bearer hunter2": x}}
grpc-header-name otlp-grpc: {endpoint: "elsewhere.example:4317", headers: {"authorization: Bearer hunter2": x}}
header-twice otlp-grpc: {headers: {"authorization: Bearer hunter2": x, "Authorization: Bearer hunter2": y}}
key-twice otlp-http: {headers: {"authorization: Bearer hunter2": x, "authorization: Bearer hunter2": y}}
header-map otlp-http: {headers: {"authorization: Bearer hunter2": [x]}}
no-map otlp-http: "http://alice:hunter2@host"
key otlp-http: {"http://alice:hunter2@host": }
key-below otlp-http: {tls: {"http://alice:hunter2@host": x}}
exporter "http://alice:hunter2@host": {}
list otlp-http: {endpoint: ["http://alice:hunter2@host"]}
number otlp-http: {timeout: "http://alice:hunter2@host"}
number-below otlp-http: {sending_queue: {num_consumers: "alice:hunter2@host"}}
E1
patter OTEL_EXPORTER_OTLP_ENDPOINT=http://alice:hunter2/x7@host check
[[ $code = 1 && $out != *unter2* && $out != *x7* ]] || fail "a variable's secret is shown: $out"

# What is right is shown but for its secrets, what is wrong as far as it holds none.
cat >shown.yaml <<'E1'
exporters:
  otlp-http: {endpoint: "http://alice:hunter2@host:4318/a?b=c"}
  otlp-http/ipv6: {endpoint: "http://[::1]:4318"}
  otlp-http/wrong: {endpoint: "http//collector:4318"}
  otlp-http/user: {endpoint: "alice:hunter2x7@host:4318"}
  otlp-http/slash: {endpoint: "http://alice:hunter2/x7@host"}
  otlp-http/hash: {endpoint: "http://alice:hunter2#x7@host"}
  otlp-http/name: {headers: {"authorization: Bearer hunter2": x, x-key: y}}
  otlp-grpc: {endpoint: "unix:/run/a@b.sock"}
  otlp-grpc/path: {tls: {ca_file: /a@b.pem}}
E1
patter check shown.yaml --json
out=$(jq -r '.values[] | select(.name | test("endpoint|headers|ca_file")) | select(.source != "default") | .value' <<<"$out")
expect 'what is shown of an endpoint' 1 <<'E1'
http://********@host:4318/a?********
http://[::1]:4318
http//collector:4318
********@host:4318
http://********@host
http://********
...: ********, x-key: ********
********@b.sock
/a@b.pem
E1

# What would go in the clear, and beyond this machine.
cat >clear.yaml <<'E1'
exporters:
  otlp-http: {endpoint: "http://collector.example:4318", headers: {authorization: "Bearer abcdefgh"}}
  otlp-http/here: {endpoint: "http://localhost:4318", headers: {authorization: "Bearer abcdefgh"}}
  otlp-http/user: {endpoint: "http://me:opensesame@collector.example:4318"}
  otlp-http/tls: {endpoint: "https://collector.example:4318", headers: {authorization: "Bearer abcdefgh"}}
  otlp-grpc: {endpoint: "collector.example:4317", tls: {insecure: true}, headers: {x-token: abcdefgh}}
  otlp-grpc/here: {endpoint: "http://127.0.0.1:4317", headers: {x-token: abcdefgh}}
  otlp-grpc/unix: {endpoint: "unix:/run/otel.sock", tls: {insecure: true}, headers: {x-token: abcdefgh}}
E1
patter check clear.yaml --json
out=$(jq -r '.problems[] | select(.level == "warning") | "\(.line):\(.column) \(.text)"' <<<"$out")
expect 'secrets in the clear' 0 <<'E1'
2:67 otlp-http: headers: `authorization` goes to http://collector.example:4318/v1/traces in the clear, for everyone on the way to read; write https:// for TLS
4:30 otlp-http/user: endpoint: its password or query goes to http://collector.example:4318/v1/traces in the clear, for everyone on the way to read; write https:// for TLS
6:83 otlp-grpc: headers: `x-token` goes to http://collector.example:4317 in the clear, for everyone on the way to read; write https:// for TLS
E1

# A storage directory that a start could not use; nothing is made.
check_storage() { # DIRECTORY
    printf 'storage: {directory: %s}\nexporters: {stdout: }\n' "$1" >stored.yaml
    patter PATTER_OTEL_ENABLED=1 check stored.yaml --json
    out=$(jq -r '.problems[] | select(.level == "error" or .level == "warning") | "\(.level) \(.line):\(.column) \(.text)"' <<<"$out")
    out=${out//$here/HERE}
}
mkdir -m 755 open && ln -s open link
check_storage "$here/new"
expect 'a directory to be made' 0 </dev/null
[ ! -e new ] || fail 'a check made the directory'
mkdir -m 700 own
check_storage "$here/own"
expect 'a directory of its own' 0 </dev/null
[ -z "$(ls -A own)" ] || fail "a check left something: $(ls -A own)"
check_storage /proc/x
expect 'a directory where none can be' 1 <<'E1'
error 1:22 storage.directory /proc/x: No such file or directory; nothing can be made in the folder that it is in; name one on a disk
E1
check_storage relative
[ ! -e relative ] || fail 'a check made a directory that is refused'
check_storage "$here/no/where"
expect 'a directory in none' 1 <<'E1'
error 1:22 storage.directory HERE/no/where: No such file or directory; the folder that it is in does not exist; make that first
E1
check_storage "$here/open"
[[ $out == "error 1:22 others than its owner may enter storage.directory HERE/open"* && $code = 1 ]] || fail "open to all: $out"
check_storage "$here/link"
[[ $out == "error 1:22 storage.directory HERE/link: Not a directory; it must be a directory"* && $code = 1 ]] || fail "a link: $out"
check_storage /
[[ $(id -u) = 0 || $out == "warning 1:22 storage.directory / belongs to user 0, and this check runs as user $(id -u)"* ]] ||
    fail "another's: $out"

# Another file, and none.
mkdir other && echo 'exporters: {stdout: }' >other/a.yaml
patter check other/a.yaml --json
out=$(jq -c '.file, [.files[].verdict], [.exporters[].name]' <<<"$out")
expect 'a file named' 0 <<'E1'
"other/a.yaml"
["read","passed over: an earlier one was read","passed over: an earlier one was read"]
["stdout"]
E1
patter PATTER_CONFIG=other/a.yaml OTEL_SDK_DISABLED=true PATTER_OTEL_ENABLED=1 check
contains 'disabled' 'switch     PATTER_OTEL_ENABLED=1: tracing is off (OTEL_SDK_DISABLED is true)'
contains 'disabled' $'\ntracing is off'
patter check nowhere.yaml --json
out=$(jq -r '.problems[0] | "\(.source): \(.text)"' <<<"$out")
expect 'a file that is not there' 1 <<'E1'
nowhere.yaml: the file that was named does not exist; create it or correct the name
E1
rm patter.yaml
patter OTEL_TRACES_EXPORTER=none check
contains 'no exporter' 'there is no exporter, so nothing is sent;'
[ "$code" = 0 ] || fail "no exporter: exit code $code"

finish
