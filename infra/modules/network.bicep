metadata description = 'A network for the app alone, with one fixed public address for what leaves it.'

import { tags as tagsType } from '../types.bicep'

@description('Suffix of the names.')
param suffix string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Address range of the network.')
param addressPrefix string

@description('Range of the subnet inside it.')
param subnetPrefix string

@description('Whether what leaves gets one fixed public address.')
param fixedOutboundAddress bool

@description('Whether storage accounts and vaults let the app\'s subnet in by a rule.')
param serviceEndpoints bool

@description('Range of the subnet for private endpoints; empty: none is made.')
param endpointSubnetPrefix string

@description('Resource id of the workspace that diagnostics go to.')
param workspaceId string

resource address 'Microsoft.Network/publicIPAddresses@2025-01-01' = if (fixedOutboundAddress) {
  name: 'pip-${suffix}'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
    publicIPAddressVersion: 'IPv4'
  }
}

resource gateway 'Microsoft.Network/natGateways@2025-01-01' = if (fixedOutboundAddress) {
  name: 'ng-${suffix}'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: address.id
      }
    ]
  }
}

// Without rules of its own it still keeps the internet out, and policies that ask for one on each subnet are content.
resource rules 'Microsoft.Network/networkSecurityGroups@2025-01-01' = {
  name: 'nsg-${suffix}'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2025-01-01' = {
  name: 'vnet-${suffix}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
  }

  // Not in the network's own list, which names all there may be: whatever else is in the network, such as a gateway's subnet, stays.
  resource functions 'subnets' = {
    name: 'functions'
    properties: {
      addressPrefix: subnetPrefix
      defaultOutboundAccess: !fixedOutboundAddress
      delegations: [
        {
          name: 'functions'
          properties: {
            serviceName: 'Microsoft.App/environments'
          }
        }
      ]
      natGateway: fixedOutboundAddress ? { id: gateway.id } : null
      networkSecurityGroup: {
        id: rules.id
      }
      serviceEndpoints: serviceEndpoints ? [{ service: 'Microsoft.KeyVault' }, { service: 'Microsoft.Storage' }] : []
    }
  }

  resource endpoints 'subnets' = if (!empty(endpointSubnetPrefix)) {
    name: 'endpoints'
    properties: {
      addressPrefix: endpointSubnetPrefix
      defaultOutboundAccess: false
      networkSecurityGroup: {
        id: rules.id
      }
    }
    dependsOn: [functions]
  }
}

// The stable 2016 version of diagnostic settings knows no category groups.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'rescan'
  scope: network
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Resource id of the subnet for the app.')
output subnetId string = network::functions.id

@description('Resource id of the network.')
output networkId string = network.id

@description('Resource id of the subnet for private endpoints; empty when there is none.')
output endpointSubnetId string = empty(endpointSubnetPrefix) ? '' : network::endpoints.id

@description('Public address that appliances see; empty when it is not fixed.')
output outboundAddress string = fixedOutboundAddress ? address!.properties.ipAddress! : ''
