# An MCP server of few means that holds on to life: it ignores signals and the end of its input, and so does its child.
# $1: a number by which both are found in the list of processes.
trap '' TERM INT HUP
sleep "86400.$1" >/dev/null 2>&1 &
result='{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"stubborn","version":"1"}}'
while read -r line; do
  case $line in
    *'"id":'*)
      id=${line#*\"id\":}
      printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "${id%%[,\}]*}" "$result"
      ;;
  esac
done
wait
