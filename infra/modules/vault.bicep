metadata description = 'Key Vault for the passwords of appliances and the secrets of webhooks. Nothing is put in by the template.'

import { reach as reachType, tags as tagsType } from '../types.bicep'
import { roleIds } from '../roles.bicep'

@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Name of the app\'s identity; known before anything is deployed, so the names of role assignments are too.')
param identityName string

@description('Principal id of the app\'s identity, which may read secrets.')
param principalId string

@description('Object id of the person, group or service that sets secrets; empty: nobody is given that right here.')
param officerId string

@description('What the secrets officer is.')
param officerType 'User' | 'Group' | 'ServicePrincipal'

@description('Public addresses and ranges from which it is reached besides.')
param officerAddresses string[]

@description('From where it is reached.')
param reach reachType

@description('Resource id of the subnet that it is reached from.')
param subnetId string

@description('Resource id of the workspace that diagnostics go to.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    networkAcls: {
      bypass: 'None'
      defaultAction: reach == 'internet' ? 'Allow' : 'Deny'
      ipRules: map(reach == 'internet' ? [] : officerAddresses, address => { value: address })
      virtualNetworkRules: reach == 'subnet' ? [{ id: subnetId }] : []
    }
    publicNetworkAccess: reach == 'privateEndpoints' && empty(officerAddresses) ? 'Disabled' : 'Enabled'
  }
}

resource secretsUser 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identityName, roleIds.keyVaultSecretsUser)
  scope: vault
  properties: {
    description: 'Rescan: reads the passwords of appliances and the secrets of webhooks'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.keyVaultSecretsUser)
  }
}

resource secretsOfficer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(officerId)) {
  name: guid(vault.id, officerId, roleIds.keyVaultSecretsOfficer)
  scope: vault
  properties: {
    description: 'Rescan: sets and rotates secrets'
    principalId: officerId
    principalType: officerType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.keyVaultSecretsOfficer)
  }
}

// The stable 2016 version of diagnostic settings knows no category groups.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'rescan'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Name of the vault.')
output name string = vault.name

@description('Address of the vault.')
output uri string = vault.properties.vaultUri
