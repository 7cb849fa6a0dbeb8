#!/bin/sh
# Puts a secret into the vault: infra/set-secret.sh NAME [VAULT]. Without VAULT, the one that azd made.
# The value is typed unseen or piped in, so it stands in no history and no process list. A line break at its end is no part of it.
set -eu
name=${1:?Usage: infra/set-secret.sh NAME [VAULT]}
vault=${2:-${KEY_VAULT_NAME:-$(azd env get-value KEY_VAULT_NAME)}}

if [ -t 0 ]; then
  trap 'stty echo' EXIT
  trap 'exit 130' INT TERM
  stty -echo
  printf 'Value of %s, which is not shown: ' "$name" >&2
  IFS= read -r value
  echo >&2
else
  value=$(cat)
fi
value=${value%"$(printf '\r')"}

case $value in
  '') echo "The value is empty; nothing was set." >&2; exit 1 ;;
  *'
'*) echo "The value has several lines; nothing was set." >&2; exit 1 ;;
esac
printf %s "$value" | az keyvault secret set --vault-name "$vault" --name "$name" --file /dev/stdin --encoding utf-8 --query id --output tsv
