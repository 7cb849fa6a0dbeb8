metadata description = 'Storage account of the Functions host, of the task hub and of outcomes. Keys are off: only Entra identities get in.'

import { durableBackend, reach as reachType, tags as tagsType } from '../types.bicep'
import { roleIds } from '../roles.bicep'

@description('Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Redundancy.')
param sku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS'

@description('Who runs orchestrations; queues are used only by the Storage backend.')
param backend durableBackend

@description('From where it is reached.')
param reach reachType

@description('Resource id of the subnet that it is reached from.')
param subnetId string

@description('Name of the app\'s identity; known before anything is deployed, so the names of role assignments are too.')
param identityName string

@description('Principal id of the app\'s identity.')
param principalId string

@description('Resource id of the workspace that diagnostics go to.')
param workspaceId string

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    // Written out in each case, as what is left out keeps what was there before.
    networkAcls: {
      bypass: 'None'
      defaultAction: reach == 'internet' ? 'Allow' : 'Deny'
      ipRules: []
      virtualNetworkRules: reach == 'subnet' ? [{ id: subnetId }] : []
    }
    publicNetworkAccess: reach == 'privateEndpoints' ? 'Disabled' : 'Enabled'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      containerDeleteRetentionPolicy: {
        enabled: true
        days: 7
      }
    }

    resource packages 'containers' = {
      name: 'packages'
      properties: {
        publicAccess: 'None'
      }
    }
  }

  resource queues 'queueServices' = {
    name: 'default'
  }

  resource tables 'tableServices' = {
    name: 'default'
  }
}

resource blobOwner 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, identityName, roleIds.storageBlobDataOwner)
  scope: account
  properties: {
    description: 'Rescan: packages, function keys, timer locks and large durable messages'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageBlobDataOwner)
  }
}

resource tableContributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, identityName, roleIds.storageTableDataContributor)
  scope: account
  properties: {
    description: 'Rescan: outcomes, and the history of orchestrations'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.storageTableDataContributor
    )
  }
}

resource queueContributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (backend == 'Storage') {
  name: guid(account.id, identityName, roleIds.storageQueueDataContributor)
  scope: account
  properties: {
    description: 'Rescan: messages of orchestrations'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.storageQueueDataContributor
    )
  }
}

// The stable 2016 version of diagnostic settings knows neither category groups nor the services of a storage account.
resource accountDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'rescan'
  scope: account
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

// Reads and writes of a task hub are many and say little; deletions are few, and are what an audit asks about.
resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'rescan'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'rescan'
  scope: account::tables
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

// A queue message is deleted whenever it has been handled, so queues report transactions only.
resource queueDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'rescan'
  scope: account::queues
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

@description('Name of the account.')
output name string = account.name

@description('Address of the container that deployments go to.')
output packagesUri string = '${account.properties.primaryEndpoints.blob}${account::blobs::packages.name}'

@description('Address of the table service, where outcomes are kept.')
output tableUri string = account.properties.primaryEndpoints.table
