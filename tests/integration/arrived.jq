# From the lines of a collector's file: what expected.jq makes of the bot's own book.
def plain:
  to_entries[0]
  | {type: .key, value: (if .key == "intValue" then (.value | tonumber) else .value end)};

def attributes:
  [.attributes[]? | {key, value: (.value | plain)}
   | if .key == "getpatter.llm.ttft_ms" and .value.value >= 0 then .value.value = "measured" else . end]
  | from_entries;

[.[].resourceSpans[]
 | (.resource.attributes[] | select(.key == "service.name").value.stringValue) as $service
 | .scopeSpans[].spans[] | .service = $service] as $spans
| ($spans | map({key: .spanId, value: .name}) | from_entries) as $names
| [$spans | group_by(.traceId)[]
   | {trace_id: .[0].traceId,
      call_ids: ([.[].attributes[] | select(.key == "getpatter.call.id").value.stringValue] | unique),
      spans: ([.[] | {service, name, kind, status: (.status.code // 0), attributes: attributes,
                      parent: (if (.parentSpanId // "") == "" then null
                               else $names[.parentSpanId] // "unknown" end)}]
              | sort)}]
| sort_by(.trace_id)
