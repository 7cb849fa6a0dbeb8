#!/bin/sh
# Says how to put the secrets into the vault. azd runs it once the resources are there; the names are outputs of the template.
set -eu
vault=${KEY_VAULT_NAME:?an output of the template}
names=$(printf %s "${VAULT_ENTRIES_TO_SET:?an output of the template}" | tr -d '[]" \\' | tr ',' ' ')

echo "Secrets to set once, and again whenever they change; type the value, then Enter and Ctrl-D:"
for name in $names; do
  echo "  az keyvault secret set --vault-name $vault --name $name --file /dev/stdin --encoding utf-8 --query id"
done
if [ -n "${OUTBOUND_ADDRESS:-}" ]; then
  echo "Let $OUTBOUND_ADDRESS reach port 11005 of the appliances."
fi
echo "Then: docs/operations.md, 'The first rescan'."
