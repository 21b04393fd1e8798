# A line for each span in a collector's file, as steady-ledger writes it: ids, name, attributes by name.
def plain: to_entries[0] | if .key == "intValue" then .value | tonumber else .value end;

.resourceSpans[].scopeSpans[].spans[]
| [.traceId, .spanId, (if (.parentSpanId // "") == "" then "-" else .parentSpanId end), .name]
  + ([.attributes[] | (.key | sub("^getpatter"; "")) + "=" + (.value | plain | tostring)] | sort)
| join(" ")
