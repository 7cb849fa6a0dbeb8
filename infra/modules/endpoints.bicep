metadata description = 'Private endpoints of the storage account and the vault, and how their names are resolved.'

import { durableBackend, privateZones, tags as tagsType } from '../types.bicep'

@description('Suffix of the names.')
param suffix string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Name of the storage account.')
param storageName string

@description('Name of the vault.')
param vaultName string

@description('Who runs orchestrations; queues are used only by the Storage backend.')
param backend durableBackend

@description('Resource id of the subnet for the endpoints.')
param subnetId string

@description('Whether private DNS zones are made here.')
param hasOwnZones bool

@description('Resource id of the network that zones made here resolve names for.')
param networkId string

@description('Resource ids of zones that are there already.')
param zoneIds privateZones?

var services = concat(['blob', 'table', 'vault'], backend == 'Storage' ? ['queue'] : [])

var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in services: if (hasOwnZones) {
    name: zoneNames[service]
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, index) in services: if (hasOwnZones) {
    parent: zones[index]
    name: 'rescan'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: networkId
      }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-01-01' = [
  for service in services: {
    name: 'pe-${service}-${suffix}'
    location: location
    tags: tags
    properties: {
      subnet: {
        id: subnetId
      }
      privateLinkServiceConnections: [
        {
          name: service
          properties: {
            groupIds: [service]
            privateLinkServiceId: service == 'vault' ? vault.id : account.id
          }
        }
      ]
    }
  }
]

resource registrations 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-01-01' = [
  for (service, index) in services: if (hasOwnZones || zoneIds != null) {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: service
          properties: {
            privateDnsZoneId: hasOwnZones ? zones[index].id : zoneIds![service]
          }
        }
      ]
    }
    dependsOn: [links[index]]
  }
]
