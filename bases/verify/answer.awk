# What a reply says as JSON-RPC: "result STATE", "error CODE", or "none" where it is no answer to the request `id`. A real
# reader, because an agent's words may hold anything; and never the status: kagent's Go runtime answers 200 to errors.
function bite() {
  sub(/^[ \t\r\n]+/, "", text)
  if (match(text, /^"([^"\\]|\\.)*"/) || match(text, /^-?[0-9][0-9.eE+-]*/) || match(text, /^(true|false|null)/) || match(text, /^[][{},:]/)) {
    piece = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
  } else { piece = ""; bad = 1 }
}
function plain(quoted) { return substr(quoted, 2, length(quoted) - 2) }
function value(path,    key, close_with) {
  if (bad || ++depth > 100) { bad = 1; return }
  bite()
  if (piece == "{" || piece == "[") {
    close_with = piece == "{" ? "}" : "]"
    found[path] = piece
    sub(/^[ \t\r\n]+/, "", text)
    if (substr(text, 1, 1) == close_with) bite()
    else do {
      key = "[]"
      if (close_with == "}") { bite(); key = plain(piece); if (piece !~ /^"/) bad = 1; bite(); if (piece != ":") bad = 1 }
      value(path "." key)
      if (!bad) bite()
    } while (!bad && piece == ",")
    if (piece != close_with) bad = 1
  } else if (piece ~ /^"/) found[path] = plain(piece)
  else if (piece ~ /^[-0-9tfn]/) found[path] = piece
  else bad = 1
  depth--
}
{ text = text $0 "\n" }
END {
  value("")
  if (bad || text !~ /^[ \t\r\n]*$/ || found[".jsonrpc"] != "2.0" || found[".id"] != id) print "none"
  else if ((".error" in found) && found[".error"] != "null") print "error " found[".error.code"]
  else if (found[".result"] == "{") print "result " (found[".result.status.state"] != "" ? found[".result.status.state"] : found[".result.kind"])
  else print "none"
}
