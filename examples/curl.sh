#!/bin/sh
# Prints what is in an image as JSON, then what is in a video as CSV: sh curl.sh dog.jpg walk.mp4
set -eu
server=${LIVESYTE_URL:-http://127.0.0.1:8000}

curl -sS --fail-with-body --data-binary "@$1" -H "Content-Type: image/jpeg" "$server/pipelines/yolo_only/run"
echo

job=$(curl -sS --fail-with-body -F "file=@$2" "$server/video/submit?pipeline_id=yolo_only")
id=$(echo "$job" | cut -d '"' -f 4)
while state=$(curl -sS --fail-with-body "$server/video/status/$id"); do
  case $state in
    *'"status":"completed"'*) break ;;
    *'"status":"failed"'* | *'"status":"cancelled"'*) echo "$state" >&2 && exit 1 ;;
  esac
  sleep 1
done
curl -sS --fail-with-body "$server/video/results/$id?format=csv"
