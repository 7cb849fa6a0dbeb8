#!/bin/sh
# Says which secrets to put into the vault. azd runs it once the resources are there; the names are outputs of the template.
set -eu
vault=${KEY_VAULT_NAME:?an output of the template}
names=$(printf %s "${VAULT_ENTRIES_TO_SET:?an output of the template}" | tr -d '[]" \\' | tr ',' ' ')

echo "Secrets to set once, and again whenever they change:"
for name in $names; do
  echo "  infra/set-secret.sh $name $vault"
done
if [ -n "${OUTBOUND_ADDRESS:-}" ]; then
  echo "Let $OUTBOUND_ADDRESS reach port 11005 of the appliances."
fi
echo "Then: docs/operations.md, 'The first rescan'."
