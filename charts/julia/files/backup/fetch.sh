#!/bin/sh
# Fetches the backup $BACKUP of $TARGET/$KIND, or the `latest`, into $WORK, under its own name.
set -eu
folder=$TARGET/$KIND
name=$BACKUP
if [ "$name" = latest ]; then
  name=$(rclone lsf --files-only "$folder" | grep '^[0-9]' | sort | tail -n 1)
fi
if [ -z "$name" ] || [ -z "$(rclone lsf --files-only "$folder/$name")" ]; then
  echo "there is no backup '$BACKUP' in $folder; it has: $(rclone lsf --files-only "$folder" | tr '\n' ' ')" >&2
  exit 1
fi
rclone copy "$folder/$name" "$WORK"
echo "fetched $folder/$name"
