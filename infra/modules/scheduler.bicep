metadata description = 'Durable Task Scheduler with one task hub, for apps built with DurableBackend=Scheduler.'

import { tags as tagsType } from '../types.bicep'
import { roleIds } from '../roles.bicep'

@description('Name of the scheduler.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Name of the app\'s identity; known before anything is deployed, so the names of role assignments are too.')
param identityName string

@description('Principal id of the app\'s identity, which runs orchestrations.')
param principalId string

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // Flex Consumption has no fixed address of its own; an empty list would shut everybody out. Entra decides who gets in.
    ipAllowlist: ['0.0.0.0/0']
    sku: {
      name: 'Consumption'
    }
  }

  resource hub 'taskHubs' = {
    name: 'rescan'
  }
}

resource contributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scheduler::hub.id, identityName, roleIds.durableTaskDataContributor)
  scope: scheduler::hub
  properties: {
    description: 'Rescan: runs orchestrations'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.durableTaskDataContributor
    )
  }
}

@description('Address of the scheduler.')
output endpoint string = scheduler.properties.endpoint

@description('Name of the task hub.')
output hubName string = scheduler::hub.name
