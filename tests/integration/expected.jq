# From what the bot says it ended: the spans that a backend must hold, a trace for each call.
def typed($key):
  if type == "string" then {type: "stringValue", value: .}
  elif $key == "getpatter.stt.confidence" then {type: "doubleValue", value: .}
  else {type: "intValue", value: .} end;

def span($service; $name; $kind; $parent; $attributes; $call_id):
  {service: $service, name: $name, kind: $kind, parent: $parent,
   status: (if $attributes["error.type"] then 2 else 0 end),
   attributes: ($attributes + {"getpatter.call.id": $call_id}
     | with_entries(.key as $key | .value |= typed($key)))};

# The order desk, where it is another process, opens two spans under each tool's.
def desk($tool; $call_id):
  ($tool.attributes | with_entries(select(.key == "error.type"))) as $fault
  | span("order-desk"; "getpatter.call"; 2; "getpatter.tool"; {}; $call_id),
    span("order-desk"; "orders.find"; 1; "getpatter.call"; $fault; $call_id);

(.desk_spans > 0) as $has_desk
| [.calls[] | .call_id as $call_id
   | {trace_id, call_ids: [$call_id],
      spans: ([.spans[]
               | span("voicebot"; .name; 1; (if .name == "getpatter.call" then null else "getpatter.call" end);
                      .attributes; $call_id)
               | if .name == "getpatter.llm" then
                   .attributes["getpatter.llm.ttft_ms"] = {type: "doubleValue", value: "measured"}
                 else . end]
              + [.spans[] | select($has_desk and .name == "getpatter.tool") | desk(.; $call_id)]
              | sort)}]
| sort_by(.trace_id)
