# True when ids have their form, no span came twice, and no span lies outside its call.
[.[].resourceSpans[]
 | (.resource.attributes[] | select(.key == "service.name").value.stringValue) as $service
 | .scopeSpans[].spans[] | .service = $service] as $spans
| ($spans | all((.traceId | test("^[0-9a-f]{32}$")) and (.spanId | test("^[0-9a-f]{16}$"))))
  and ($spans | map(.spanId) | unique | length) == ($spans | length)
  and ($spans | all(.startTimeUnixNano <= .endTimeUnixNano))
  and ([$spans | map(select(.service == "voicebot")) | group_by(.traceId)[]
        | map(select((.parentSpanId // "") == ""))[0] as $call
        | all($call.startTimeUnixNano <= .startTimeUnixNano and .endTimeUnixNano <= $call.endTimeUnixNano)]
       | all)
