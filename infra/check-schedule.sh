#!/bin/sh
# Waits until the timer of the schedules has looked for due runs since a time, and shows when the next ones are due:
# infra/check-schedule.sh SINCE, in UTC as 2026-05-04T06:00:00Z, such as the beginning of a deployment. Timers of a Flex Consumption app are
# known to stop after some deployments, which nothing else would tell before a run is missed.
set -eu
since=${1:?Usage: infra/check-schedule.sh SINCE}
tries=${TRIES:-40}
if [ -n "${SIGN_IN_CLIENT_ID:-}" ]; then
  echo "Callers of the app sign in, so no key opens it: see by the status page that the timer looks, and when the next run is due."
  exit 0
fi
key=$(az functionapp keys list --resource-group "${AZURE_RESOURCE_GROUP:?an output of the template}" \
  --name "${FUNCTION_APP_NAME:?an output of the template}" --query functionKeys.default --output tsv)

while :; do
  # By stdin, since a command line can be seen by others.
  if schedule=$(printf 'header = "x-functions-key: %s"\n' "$key" |
    curl --config - --fail --silent --show-error --max-time 60 "${API_URL:?an output of the template}/schedule"); then
    if [ "$(printf %s "$schedule" | jq -r .isEnabled)" = false ]; then
      echo "The timer is switched off, so no run begins by itself."
      exit 0
    fi
    # Times of one form compare as texts do.
    if printf %s "$schedule" | jq -e --arg since "$since" '.tickedAt != null and .tickedAt[0:19] >= $since[0:19]' > /dev/null; then
      printf %s "$schedule" | jq -r '.schedules[]
        | "\(.name): next run \(.nextDueAt // "never") UTC (\(.cron), \(.timeZone))"
          + (if .paused then ", paused until \(.paused.until)" else "" end)'
      exit 0
    fi
  fi
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then
    echo "The timer has not looked for due runs since $since: restart the app, az functionapp restart --resource-group $AZURE_RESOURCE_GROUP --name $FUNCTION_APP_NAME, and look at GET /api/schedule." >&2
    exit 1
  fi
  sleep "${PAUSE:-15}"
done
